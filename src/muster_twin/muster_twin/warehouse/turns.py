"""When a shell's loop runs: soon after a message, and at least now and then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from muster_core.clock import NS_PER_S
from muster_twin.simulation.timeline import Timeline


class Turns:
    """An inbox, and one turn for all that came within ``delay_s`` of the first message.

    :param handle: given what has come, which may be nothing.
    :param delay_s: on the way and in the loop: from a message to the turn that takes it in, s.
    :param tick_s: the longest time between two turns, s.
    :param phase_s: when the first turn is, s from now, so that not all take theirs at once.
    """

    def __init__(
        self,
        timeline: Timeline,
        handle: Callable[[list[Any]], None],
        *,
        delay_s: float,
        tick_s: float,
        phase_s: float = 0.0,
    ) -> None:
        self._timeline = timeline
        self._handle = handle
        self._delay_ns = int(delay_s * NS_PER_S)
        self._tick_ns = int(tick_s * NS_PER_S)
        self._inbox: list[Any] = []
        self._due_ns = 0
        self._plan(timeline.now_ns + int(phase_s * NS_PER_S))

    def put(self, message: Any) -> None:
        """Have the message taken in by the next turn."""
        self._inbox.append(message)
        self.soon()

    def soon(self) -> None:
        """Have a turn soon, whether or not there is a message."""
        due_ns = self._timeline.now_ns + self._delay_ns
        if due_ns < self._due_ns:
            self._plan(due_ns)

    def _plan(self, due_ns: int) -> None:
        self._due_ns = due_ns
        self._timeline.at(due_ns, lambda: self._turn(due_ns))

    def _turn(self, due_ns: int) -> None:
        if due_ns != self._due_ns:
            return  # another turn was planned instead
        self._due_ns = due_ns + self._tick_ns
        batch, self._inbox = self._inbox, []
        self._handle(batch)
        if self._due_ns == due_ns + self._tick_ns:
            self._plan(self._due_ns)
