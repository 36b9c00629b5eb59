"""The one way in which the scheduler's durable state changes: an event is applied and kept."""

from __future__ import annotations

from muster_core.clock import Instant
from muster_core.events import EpochStarted, Event, Record
from muster_core.scheduler.ledger import Ledger


class Recorder:
    """Applies events to the ledger and keeps their records until they are taken to the log."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._records: list[Record] = []

    def emit(self, event: Event, now: Instant) -> None:
        """Let ``event`` have happened now.

        :raises IllegalTransitionError: when it does not fit the state; then nothing was changed.
        """
        epoch = event.epoch if isinstance(event, EpochStarted) else self.ledger.epoch
        record = Record(self.ledger.seq + 1, now.wall_ns, epoch, event)
        self.ledger.apply(record)
        self._records.append(record)

    def take(self) -> tuple[Record, ...]:
        """The records since the last time, in order."""
        records, self._records = tuple(self._records), []
        return records
