"""Child processes of a command: started with a log file each, and ended whatever happens."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from muster_core.errors import MusterError

GRACE_S = 25.0
"""How long a process may take to end by itself; then it and what it started is killed."""
KILL_DEADLINE_S = 2.0
TAIL_LINES = 12
TAIL_BYTES = 16_384
LOGS_SHOWN_MAX = 6
_PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None, use_errno=True).prctl


class ChildError(MusterError):
    """A child process did not do what it was started for."""


class Child:
    """A process in a session of its own, so that Ctrl-C in the terminal reaches only its parent.

    :param name: for people, and of its log file.
    """

    def __init__(
        self, name: str, command: Sequence[str], *, log: Path, environment: Mapping[str, str]
    ) -> None:
        self.name = name
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 (one system call, takes no lock)
            )

    @property
    def pid(self) -> int:
        """Its id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def check(self) -> None:
        """Nothing, while it runs.

        :raises ChildError: when it has ended.
        """
        status = self._process.poll()
        if status is not None:
            raise ChildError(f"{self.name} has ended by itself, with status {status}")

    def wait_for_line(self, beginning: str, deadline_s: float) -> str:
        """The rest of the first line that begins so.

        :raises ChildError: when the process ends or the deadline passes before that.
        """
        deadline = time.monotonic() + deadline_s
        while time.monotonic() < deadline:
            for line in self.log.read_text(errors="replace").splitlines(keepends=True):
                if line.startswith(beginning) and line.endswith("\n"):
                    return line.removeprefix(beginning).strip()
            self.check()
            time.sleep(0.05)  # a file tells nobody that it grows
        raise ChildError(f"{self.name} has not said {beginning!r} within {deadline_s:g} s")

    def stop(self) -> None:
        """End it and what it started; returns when it is gone."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE_S)
        self._kill_session()
        self._process.wait()

    def _kill_session(self) -> None:
        deadline = time.monotonic() + KILL_DEADLINE_S
        with suppress(ProcessLookupError):  # all of them are gone, as they should be
            while time.monotonic() < deadline:
                os.killpg(self._process.pid, signal.SIGKILL)
                time.sleep(0.01)  # the kernel tells a parent only of its own children


def _end_with_parent() -> None:
    """Let the kernel end the child should its parent be killed. The main thread starts children."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def log_tails(directory: Path) -> str:
    """The last lines of the logs below ``directory``, those written last at the end."""
    logs = sorted(
        (path for path in directory.rglob("*.log") if path.is_file() and path.stat().st_size),
        key=lambda path: path.stat().st_mtime,
    )
    parts = []
    for path in logs[-LOGS_SHOWN_MAX:]:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()[-TAIL_LINES:]
        parts.append("\n".join([f"--- {path}", *lines]))
    return "\n".join(parts)
