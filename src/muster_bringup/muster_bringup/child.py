"""One child process that is kept running: started, read, started again when it ends, stopped.

The kernel kills the child when the thread that started it ends, so nothing stays behind even when
this process is killed. Each child therefore has a thread that starts, reads and outlives it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from muster_bringup import dying_with_parent

RESTART_S_MIN = 0.5
RESTART_S_MAX = 10.0
STEADY_S = 10.0
"""A child that ran for so long was well, and its next restart is quick again."""


@dataclass(frozen=True, slots=True)
class Command:
    """What to run, as whom the output is known, and with which environment."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]


class Child:
    """Keeps a command running from ``start`` until ``stop_restarting`` and its end.

    :param on_line: called from the child's thread with each line of its output.
    :param on_end: called from the child's thread with a sentence when it ended by itself.
    """

    def __init__(
        self,
        command: Command,
        *,
        on_line: Callable[[str, str], None],
        on_end: Callable[[str, str], None],
    ) -> None:
        self.name = command.name
        self.restarts = 0
        self._command = command
        self._on_line = on_line
        self._on_end = on_end
        self._process: subprocess.Popen[str] | None = None
        self._changed = threading.Condition()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name=f"child-{command.name}", daemon=True)

    @property
    def pid(self) -> int | None:
        """The process's id; None while there is none."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    def start(self) -> None:
        """Begin to keep it running."""
        self._thread.start()

    def stop_restarting(self) -> None:
        """Let it end when it ends."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to its process group, if there still is one."""
        with self._changed:
            process = self._process
            if process is None or process.returncode is not None:
                return
            try:
                os.killpg(process.pid, number)
            except ProcessLookupError:
                return

    def join(self, timeout_s: float) -> bool:
        """Wait for its end after ``stop_restarting``; whether it came."""
        if self._thread.ident is not None:
            self._thread.join(max(0.0, timeout_s))
        return not self._thread.is_alive()

    def _run(self) -> None:
        pause_s = RESTART_S_MIN
        while True:
            began_s = time.monotonic()
            ending = self._run_once()
            if time.monotonic() - began_s >= STEADY_S:
                pause_s = RESTART_S_MIN
            with self._changed:
                if self._is_stopping:
                    return
                self.restarts += 1
            text = f"{ending}; starting it again in {pause_s:g} s (restart {self.restarts})"
            self._on_end(self.name, text)
            with self._changed:
                if self._changed.wait_for(lambda: self._is_stopping, pause_s):
                    return
            pause_s = min(2 * pause_s, RESTART_S_MAX)

    def _run_once(self) -> str:
        """Run it to its end; returns how it ended, in words."""
        with self._changed:
            if self._is_stopping:
                return "not started"
            try:
                self._process = self._spawn()
            except OSError as error:
                return f"cannot be started: {error}"
        process = self._process
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self._on_line(self.name, line.rstrip("\n"))
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        with self._changed:
            # Before the process is reaped its id, and so its group's, cannot belong to another.
            os.killpg(process.pid, signal.SIGKILL)
            code = process.wait()
        return (
            f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        )

    def _spawn(self) -> subprocess.Popen[str]:
        shim = [sys.executable, "-I", "-S", dying_with_parent.__file__, str(os.getpid())]
        return subprocess.Popen(
            [*shim, *self._command.arguments],
            env=dict(self._command.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
