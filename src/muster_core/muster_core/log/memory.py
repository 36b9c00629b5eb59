"""An event log in memory, for tests and simulation: it lives as long as its object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from muster_core.errors import LogError
from muster_core.log.port import READ_PAGE_MAX, LogEntry, check_continues


class MemoryLog:
    """Keeps entries in a list. ``fail_next_append`` makes the next append fail like a full disk."""

    def __init__(self) -> None:
        self._entries: list[LogEntry] = []
        self.fail_next_append = ""

    @property
    def last_seq(self) -> int:
        """See :class:`EventLog`."""
        return len(self._entries)

    def append(self, entries: Sequence[LogEntry]) -> None:
        """See :class:`EventLog`."""
        if self.fail_next_append:
            reason, self.fail_next_append = self.fail_next_append, ""
            raise LogError(f"events from {self.last_seq + 1} on could not be written: {reason}")
        check_continues(self.last_seq, entries)
        self._entries.extend(entries)

    def read(self, from_seq: int, limit: int = READ_PAGE_MAX) -> Sequence[LogEntry]:
        """See :class:`EventLog`."""
        first = max(from_seq, 1) - 1
        return self._entries[first : first + limit]

    def entries(self, from_seq: int = 1) -> Iterator[LogEntry]:
        """See :class:`EventLog`."""
        yield from self._entries[max(from_seq, 1) - 1 :]

    def close(self) -> None:
        """See :class:`EventLog`."""
