"""Has a checkpoint of the log made now and then, by a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

MODULE = "muster_core.scheduler.checkpoint"
STOP_TIMEOUT_S = 2.0


class CheckpointMaker:
    """At most one process at a time; the loop that calls ``look`` never waits for it.

    :param log_path: the scheduler's log.
    :param every_events: a checkpoint is due when so many events came since the one before.
    :param seq: the newest event now.
    """

    def __init__(
        self, log_path: Path, *, every_events: int, orders_remembered_max: int, seq: int, logs: Any
    ) -> None:
        self._command = [
            sys.executable,
            "-m",
            MODULE,
            str(log_path),
            f"--orders-remembered-max={orders_remembered_max}",
        ]
        self._every_events = every_events
        self._begun_seq = seq
        self._process: subprocess.Popen[str] | None = None
        self._logs = logs
        self.made = 0
        self.failed = 0

    def look(self, seq: int) -> None:
        """See how the making goes, and begin when one is due at event ``seq``."""
        if self._process is not None:
            self._look_for_end(self._process)
        elif seq - self._begun_seq >= self._every_events:
            self._begin(seq)

    def _begin(self, seq: int) -> None:
        self._begun_seq = seq
        try:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        except OSError as error:
            self._on_failed(f"{self._command[0]} cannot be started: {error.strerror}")

    def _look_for_end(self, process: subprocess.Popen[str]) -> None:
        if process.poll() is None:
            return
        self._process = None
        # A sentence at the most, so it has not waited for a reader.
        _, words = process.communicate()
        if process.returncode == 0:
            self.made += 1
        else:
            self._on_failed(words.strip() or f"exit code {process.returncode}")

    def _on_failed(self, reason: str) -> None:
        # The next one is tried when it is due; without one, a start only takes longer.
        self.failed += 1
        self._logs.warning("checkpoint not made", reason=reason)

    def stop(self) -> None:
        """End the process, if there is one. What it has not finished, the next one removes."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate(timeout=STOP_TIMEOUT_S)
