"""Child processes of a benchmark: started, listened to, measured and ended by their id."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path

PEERS = Path(__file__).parent / "peers"
REPORT_MARK = "@"
LINES_KEPT_MAX = 40
END_TIMEOUT_S = 5.0


class ChildEndedError(Exception):
    """A child ended, or said nothing, when it was needed."""


class Child:
    """A process that tells what it measured on stdout, in lines that begin with ``@``.

    A context manager: the process has ended after it.
    """

    def __init__(
        self, name: str, command: Sequence[str], *, end_timeout_s: float = END_TIMEOUT_S
    ) -> None:
        self.name = name
        self._end_timeout_s = end_timeout_s
        self._reports: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._last_lines: deque[str] = deque(maxlen=LINES_KEPT_MAX)
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, name=f"read-{name}", daemon=True)
        self._reader.start()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_error: object) -> None:
        self.end()

    def report(self, timeout_s: float) -> list[str]:
        """The words of the next report.

        :raises ChildEndedError: when there is none in time, with what the process said last.
        """
        try:
            line = self._reports.get(timeout=timeout_s)
        except queue.Empty:
            line = None
        if line is None:
            said = "\n  ".join(self._last_lines) or "(nothing)"
            raise ChildEndedError(
                f"process {self.name} (exit code {self._process.poll()}) reported nothing within "
                f"{timeout_s} s; it said last:\n  {said}"
            )
        return line.split()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def cpu_s(self) -> float:
        """The CPU time that the process has used so far, in user and kernel mode, s."""
        return cpu_s(self._process.pid)

    def end(self) -> None:
        """Ask it to end, and end it when it does not."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(self._end_timeout_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._reader.join(END_TIMEOUT_S)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                if line.startswith(REPORT_MARK):
                    self._reports.put(line[len(REPORT_MARK) :].strip())
                else:
                    self._last_lines.append(line.rstrip())
        self._reports.put(None)


def start_peer(name: str, *arguments: str) -> Child:
    """Start the program ``peers/<name>.py``."""
    return Child(name, [sys.executable, str(PEERS / f"{name}.py"), *arguments])


def cpu_s(pid: int) -> float:
    """The CPU time of all threads of the process so far, s; see proc(5)."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    fields = stat.rpartition(")")[2].split()
    utime, stime = int(fields[11]), int(fields[12])
    return (utime + stime) / os.sysconf("SC_CLK_TCK")
