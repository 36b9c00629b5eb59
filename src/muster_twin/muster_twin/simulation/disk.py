"""A disk that keeps what was synced, tears what was being written, and gets full."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from random import Random

from muster_core.errors import LogError
from muster_core.log import LogEntry, MemoryLog

OnDurable = Callable[[Sequence[LogEntry]], None]


class Pause(Enum):
    """Where a process may be killed: right before it does this, or after the last of these."""

    WRITE = "write"  # to its disk
    SYNCED = "synced"  # its disk has it, and nobody knows yet
    STEP = "step"  # a body is told to begin or to stop
    REPLY = "reply"
    SEND = "send"
    KAFKA = "kafka"


OnPause = Callable[[Pause], None]


class CrashedError(BaseException):
    """The process was killed here. No ``except Exception`` of production code may catch it."""


class Disk:
    """One log's storage: it outlives the processes that write it.

    :param owner: whose it is, for people.
    :param on_durable: is told of entries in the moment in which they become durable.
    """

    def __init__(self, owner: str, chance: Random, on_durable: OnDurable) -> None:
        self.owner = owner
        self.entries: list[LogEntry] = []
        self.checkpoint = b""
        self.is_full = False
        self.is_tearing = False
        self.on_durable = on_durable
        self._chance = chance
        self._torn: list[LogEntry] = []

    def open(self, pause: OnPause) -> DiskLog:
        """A handle for a process that starts now.

        :param pause: called where the process may crash.
        """
        return DiskLog(self, pause)

    def recover(self) -> int:
        """Drop what a crash left half written, as the adapter does when it opens a log; how much.

        An append is all or nothing, for what marks it as whole is written last.
        """
        dropped, self._torn = len(self._torn), []
        return dropped

    def tear(self, entries: Sequence[LogEntry]) -> None:
        """The writer was killed before its sync: some of the write may have reached the disk."""
        if self.is_tearing:
            self._torn = list(entries[: self._chance.randint(0, len(entries))])


class DiskLog(MemoryLog):
    """A process's handle of a log on a :class:`Disk`; an :class:`~muster_core.log.EventLog`."""

    def __init__(self, disk: Disk, pause: OnPause) -> None:
        super().__init__(disk.entries)
        self._disk = disk
        self._pause = pause

    def append(self, entries: Sequence[LogEntry]) -> None:
        """See :class:`EventLog`. The process may be killed before the sync, or right after it."""
        disk = self._disk
        try:
            self._pause(Pause.WRITE)
        except CrashedError:
            disk.tear(entries)
            raise
        if disk.is_full:
            raise LogError(f"events from {self.last_seq + 1} on could not be written: disk full")
        super().append(entries)
        disk.on_durable(entries)
        self._pause(Pause.SYNCED)
