"""The event log's port: an append-only sequence of records that survives what it has acknowledged.

The scheduler's log and every agent's journal are such logs; the bytes are theirs. One contract
suite (``test/log/test_contract.py``) runs on every adapter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from muster_core.errors import LogError

READ_PAGE_MAX = 2000


class LogEntry(msgspec.Struct, frozen=True):
    """One record as the log keeps it.

    :param seq: from 1, without gaps.
    :param wall_ns: when it was recorded, UTC, ns.
    :param epoch: of the one who recorded it.
    :param body: the event, as JSON.
    """

    seq: int
    wall_ns: int
    epoch: int
    body: bytes


class EventLog(Protocol):
    """Append-only, ordered, durable. One writer; a reader never sees half an append."""

    @property
    def last_seq(self) -> int:
        """The newest durable sequence number; 0 when the log is empty."""

    def append(self, entries: Sequence[LogEntry]) -> None:
        """Make ``entries`` durable, all or none. They must continue the sequence without a gap.

        :raises LogError: when they do not, or when the storage fails; then nothing was appended.
        """

    def read(self, from_seq: int, limit: int = READ_PAGE_MAX) -> Sequence[LogEntry]:
        """At most ``limit`` entries from ``from_seq`` on, in order.

        :raises LogError: when an entry is damaged; the message names its sequence number.
        """

    def entries(self, from_seq: int = 1) -> Iterator[LogEntry]:
        """All entries from ``from_seq`` on, in order, a page at a time.

        :raises LogError: as ``read``.
        """

    def close(self) -> None:
        """Release the storage. Closing twice is fine."""


def check_continues(last_seq: int, entries: Sequence[LogEntry]) -> None:
    """Check that ``entries`` continue a log that ends at ``last_seq``.

    :raises LogError: when there is a gap or a repetition.
    """
    for expected, entry in enumerate(entries, last_seq + 1):
        if entry.seq != expected:
            raise LogError(f"event {entry.seq} cannot follow event {expected - 1}")
