"""The simulated time that is true: what happens next, and when."""

from __future__ import annotations

import heapq
from collections.abc import Callable

from muster_core.clock import NS_PER_S

Action = Callable[[], None]


class Timeline:
    """A queue of actions on a virtual clock; at one moment, first asked is first done."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.events = 0
        self._queue: list[tuple[int, int, Action]] = []
        self._asked = 0

    @property
    def now_s(self) -> float:
        """Seconds since the simulation began."""
        return self.now_ns / NS_PER_S

    def at(self, time_ns: int, action: Action) -> None:
        """Have ``action`` happen then; at once when that is past."""
        self._asked += 1
        heapq.heappush(self._queue, (max(time_ns, self.now_ns), self._asked, action))

    def after(self, delay_s: float, action: Action) -> None:
        """Have ``action`` happen after ``delay_s`` seconds."""
        self.at(self.now_ns + int(delay_s * NS_PER_S), action)

    def run(self, until_ns: int, has_to_stop: Callable[[], bool]) -> None:
        """Let everything happen up to ``until_ns``, or until ``has_to_stop`` after some event."""
        queue = self._queue
        while queue and queue[0][0] <= until_ns:
            self.now_ns, _, action = heapq.heappop(queue)
            self.events += 1
            action()
            if has_to_stop():
                return
        self.now_ns = max(self.now_ns, until_ns)
