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
    """One handle of an append-only, ordered, durable log; a reader never sees half an append.

    Several handles, of several processes, may be open on one log. Each knows the log up to its own
    ``last_seq``, which only its own appends and ``catch_up`` move, and can append only while that
    is still the end of the log (compare and append). So two schedulers cannot both go on from the
    same event: once a successor has written one, its predecessor writes nothing any more.
    """

    @property
    def last_seq(self) -> int:
        """The newest durable sequence number that this handle knows; 0 when there is none."""

    def append(self, entries: Sequence[LogEntry]) -> None:
        """Make ``entries`` durable, all or none. They must continue the sequence without a gap.

        :raises LogFencedError: when the log does not end any more where this handle knows it to;
            nothing was appended.
        :raises LogError: when there is a gap, or the storage fails; nothing was appended, and the
            same may be tried again.
        """

    def catch_up(self) -> int:
        """Take note of what other handles have appended; the new ``last_seq``.

        :raises LogError: when what this handle knew is not in the log any more, or it is damaged.
        """

    def read(self, from_seq: int, limit: int = READ_PAGE_MAX) -> Sequence[LogEntry]:
        """At most ``limit`` entries from ``from_seq`` to ``last_seq``, in order.

        :raises LogError: when an entry is damaged; the message names its sequence number.
        """

    def entries(self, from_seq: int = 1) -> Iterator[LogEntry]:
        """All entries from ``from_seq`` to ``last_seq``, in order, a page at a time.

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
