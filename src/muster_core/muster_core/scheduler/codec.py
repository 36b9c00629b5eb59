"""Between the scheduler's records and the entries of its log, and from a log to the state."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from muster_core.errors import LogError
from muster_core.events import Record, decode_event, encode_event
from muster_core.log import EventLog, LogEntry
from muster_core.scheduler.ledger import Ledger


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


def fold(log: EventLog, *, orders_remembered_max: int) -> Ledger:
    """The state after every event of the log (I6).

    :raises LogError: naming the first event that cannot be taken in.
    """
    ledger = Ledger(orders_remembered_max=orders_remembered_max)
    for entry in log.entries():
        ledger.apply(to_record(entry))
    return ledger
