"""Between the scheduler's records and the entries of its log, and from a log to the state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from muster_core.errors import LogError, MusterError
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


def replay(entries: Iterable[LogEntry], ledger: Ledger) -> None:
    """Let ``ledger`` take in ``entries``, which go on where it is.

    :raises LogError: naming the first that cannot be taken in; the ledger is then of no use.
    """
    apply = ledger.apply
    for entry in entries:
        record = to_record(entry)
        try:
            apply(record)
        except (MusterError, AssertionError, LookupError) as error:
            raise LogError(
                f"event {entry.seq} does not follow from those before it: {error}"
            ) from error


def fold(log: EventLog, *, orders_remembered_max: int) -> Ledger:
    """The state after every event of the log (I6).

    :raises LogError: naming the first event that cannot be taken in.
    """
    ledger = Ledger(orders_remembered_max=orders_remembered_max)
    replay(log.entries(), ledger)
    return ledger
