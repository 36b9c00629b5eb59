"""Where the processes' lines go: all to log files, and what a person should see to a printer."""

from __future__ import annotations

import json
import queue
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from muster_bringup.topology import SUPERVISOR

Print = Callable[[str], None]

PRINTED_WAITING_MAX = 1000
LOG_BYTES_MAX = 50_000_000
"""Of one process in one run; what comes after is dropped, and the file says so."""

_ROS_LINE = re.compile(r"\[(DEBUG|INFO|WARN|ERROR|FATAL)\] \[[\d.]+\] \[")


def parse_record(line: str) -> dict[str, Any] | None:
    """The line as a record of ``muster_ros.logs``; None when it is something else."""
    if not line.startswith("{"):
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and "event" in record else None


def text_for_person(process: str, line: str) -> str | None:
    """The line as a person should see it, or None.

    That is what the supervisor says, and of the others the warnings. A warning of theirs comes
    twice, as a record and as a ROS line; the ROS line is taken, for ROS itself writes such lines
    too. What is neither, as a traceback, is shown.
    """
    record = parse_record(line)
    is_supervisor = process == SUPERVISOR
    if record is not None:
        return f"{process}: {record['event']}" if is_supervisor else None
    ros = _ROS_LINE.match(line)
    if ros is None:
        return f"{process}: {line}" if line.strip() else None
    return f"{process}: {line}" if ros[1] not in ("DEBUG", "INFO") and not is_supervisor else None


class Printer:
    """Prints from a thread of its own, so that a terminal that stands still does not stop a fleet.

    Lines beyond ``PRINTED_WAITING_MAX`` are dropped; how many is printed later.
    """

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out
        self._waiting: queue.Queue[str | None] = queue.Queue(PRINTED_WAITING_MAX)
        self._dropped = 0
        self._thread = threading.Thread(target=self._run, name="printer", daemon=True)
        self._thread.start()

    def __call__(self, text: str) -> None:
        """Print ``text`` soon."""
        try:
            self._waiting.put_nowait(text)
        except queue.Full:
            self._dropped += 1

    def close(self, timeout_s: float = 1.0) -> None:
        """Print what waits, as far as there is time."""
        try:
            self._waiting.put(None, timeout=timeout_s)
        except queue.Full:
            return
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while (text := self._waiting.get()) is not None:
            dropped, self._dropped = self._dropped, 0
            if dropped:
                text = f"({dropped} lines not shown)\n{text}"
            try:
                print(text, file=self._out or sys.stdout, flush=True)
            except (OSError, ValueError):
                return  # nobody looks on any more


class LogFile:
    """A process's log file of this run; the one of the run before is kept as ``.1``."""

    def __init__(self, path: Path) -> None:
        if path.exists():
            path.replace(path.with_name(path.name + ".1"))
        self._file = path.open("w", encoding="utf-8", buffering=1)
        self._room = LOG_BYTES_MAX

    def write(self, line: str) -> None:
        """Add a line, while there is room."""
        if self._room <= 0:
            return
        self._room -= len(line) + 1
        if self._room <= 0:
            line = f"(the log ends here: it has {LOG_BYTES_MAX} bytes, which is the bound)"
        self._file.write(line + "\n")

    def close(self) -> None:
        """Close the file. Closing twice is fine."""
        self._file.close()
