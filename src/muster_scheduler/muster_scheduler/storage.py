"""The scheduler's log on disk: where it is, and how the state is built from it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from muster_core.errors import LogError
from muster_core.events import Record, decode_event, encode_event
from muster_core.log import EventLog, LogEntry
from muster_core.scheduler.ledger import Ledger

LOG_NAME = "scheduler.log"


def log_path(data_dir: str, fleet: str) -> Path:
    """The log's file below ``data_dir``; when that is empty, below the fleet's state directory.

    :raises LogError: when the directory cannot be made.
    """
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    directory = Path(data_dir or f"{state}/muster{fleet}").expanduser()
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LogError(f"data_dir {str(directory)!r} cannot be made: {error.strerror}") from error
    return directory / LOG_NAME


def fold(log: EventLog, *, orders_remembered_max: int) -> Ledger:
    """The state after every event of the log (I6).

    :raises LogError: naming the first event that cannot be taken in.
    """
    ledger = Ledger(orders_remembered_max=orders_remembered_max)
    for entry in log.entries():
        ledger.apply(to_record(entry))
    return ledger


def to_record(entry: LogEntry) -> Record:
    """The record in a log entry.

    :raises LogError: when it is not an event of this version.
    """
    try:
        event = decode_event(entry.body)
    except msgspec.MsgspecError as error:
        raise LogError(
            f"event {entry.seq} is not one that this version of Muster knows: {error}"
        ) from error
    return Record(entry.seq, entry.wall_ns, entry.epoch, event)


def to_entries(records: Sequence[Record]) -> list[LogEntry]:
    """The records as log entries."""
    return [
        LogEntry(record.seq, record.wall_ns, record.epoch, encode_event(record.event))
        for record in records
    ]
