"""An event log in memory, for tests and simulation: it lives as long as its entries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from muster_core.errors import LogError, LogFencedError
from muster_core.log.port import READ_PAGE_MAX, LogEntry, check_continues


class MemoryLog:
    """One handle on a list of entries. ``fail_next_append`` makes its next append fail so.

    :param kept: the entries, shared by all handles of the same log; a new log when absent.
    """

    def __init__(self, kept: list[LogEntry] | None = None) -> None:
        self.kept: list[LogEntry] = [] if kept is None else kept
        self.fail_next_append = ""
        self._last_seq = len(self.kept)
        self._last = self.kept[-1] if self.kept else None

    def reopen(self) -> MemoryLog:
        """Another handle on the same log, as a process that starts now would get it."""
        return MemoryLog(self.kept)

    @property
    def last_seq(self) -> int:
        """See :class:`EventLog`."""
        return self._last_seq

    def append(self, entries: Sequence[LogEntry]) -> None:
        """See :class:`EventLog`."""
        if self.fail_next_append:
            reason, self.fail_next_append = self.fail_next_append, ""
            raise LogError(f"events from {self._last_seq + 1} on could not be written: {reason}")
        check_continues(self._last_seq, entries)
        if not entries:
            return
        if len(self.kept) < self._last_seq:
            raise self._missing()
        if not self._is_known_last_there():
            raise LogFencedError("the log", self._last_seq)
        if len(self.kept) > self._last_seq:
            raise LogFencedError("the log", self._last_seq + 1)
        self.kept.extend(entries)
        self._last_seq, self._last = len(self.kept), self.kept[-1]

    def catch_up(self) -> int:
        """See :class:`EventLog`."""
        if not self._is_known_last_there():
            raise self._missing()
        self._last_seq = len(self.kept)
        self._last = self.kept[-1] if self.kept else None
        return self._last_seq

    def _is_known_last_there(self) -> bool:
        return self._last is None or self.kept[self._last_seq - 1 : self._last_seq] == [self._last]

    def _missing(self) -> LogError:
        return LogError(f"event {self._last_seq} of the log was altered or is missing")

    def read(self, from_seq: int, limit: int = READ_PAGE_MAX) -> Sequence[LogEntry]:
        """See :class:`EventLog`."""
        first = max(from_seq, 1) - 1
        return self.kept[first : min(first + limit, self._last_seq)]

    def entries(self, from_seq: int = 1) -> Iterator[LogEntry]:
        """See :class:`EventLog`."""
        yield from self.kept[max(from_seq, 1) - 1 : self._last_seq]

    def close(self) -> None:
        """See :class:`EventLog`."""
