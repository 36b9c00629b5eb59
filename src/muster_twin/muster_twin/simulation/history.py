"""What happened in a simulation, in order: kept cheaply, told in words only when somebody asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from muster_core.clock import NS_PER_S
from muster_twin.simulation.timeline import Timeline


class Source(Enum):
    """Where something happened."""

    LOG = "log"  # an event became durable
    FLOOR = "floor"  # a robot or an item moved
    TALK = "talk"  # a question was answered
    FAULT = "fault"  # something went wrong, or was mended
    MESSAGE = "message"  # a message was lost or came late; told in a full trace only


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened.

    :param about: the ids of orders, robots and processes that it concerns.
    :param words: a text with ``{}``, and what to put there.
    """

    time_ns: int
    source: Source
    about: tuple[str, ...]
    words: tuple[object, ...]

    def __str__(self) -> str:
        text, *values = self.words
        told = str(text).format(*values) if values else str(text)
        return f"{self.time_ns / NS_PER_S:7.2f}  {told}"


class History:
    """All that happened, oldest first."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self.happenings: list[Happening] = []

    def note(self, source: Source, about: tuple[str, ...], *words: object) -> None:
        """Keep that something happened now."""
        self.happenings.append(Happening(self._timeline.now_ns, source, about, words))

    def since(self, index: int, sources: Iterable[Source]) -> Iterator[Happening]:
        """What happened from the ``index``-th happening on, of these sources."""
        wanted = frozenset(sources)
        return (h for h in self.happenings[index:] if h.source in wanted)
