"""In which order waiting orders are served: by priority, which grows while an order waits.

An order counts as one priority level higher for every ``aging_s`` seconds it has waited, so that a
steady stream of urgent orders cannot starve the others. Of two orders the one that is ahead stays
ahead, for both grow alike: the order's rank is a constant.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable

from muster_core.clock import NS_PER_S
from muster_core.order import PRIORITY_MAX
from muster_core.scheduler.records import OrderRecord

Rank = tuple[int, int]
"""When an order would have to be accepted at priority 0 to be served then, UTC ns; and its seq."""


class WaitingLine:
    """The orders that no robot has had yet, in the order of their rank."""

    def __init__(self) -> None:
        self._aging_ns = NS_PER_S
        self._ranks: list[Rank] = []

    def age(self, aging_s: float, orders: Iterable[OrderRecord]) -> None:
        """Rank by another pace.

        :param aging_s: how long an order waits for each level of priority that it gains, s.
        :param orders: all that there are; those that wait are in the line already.
        """
        self._aging_ns = int(aging_s * NS_PER_S)
        self._ranks = sorted(self.rank(order) for order in orders if order.is_waiting)

    def __len__(self) -> int:
        return len(self._ranks)

    def rank(self, order: OrderRecord) -> Rank:
        """The smaller is served first."""
        return order.accepted_ns - order.order.priority * self._aging_ns, order.seq

    def aged_priority(self, order: OrderRecord, wall_ns: int) -> int:
        """The order's priority now, 0 to 255."""
        waited_ns = max(0, wall_ns - order.accepted_ns)
        return min(PRIORITY_MAX, order.order.priority + waited_ns // self._aging_ns)

    def join(self, order: OrderRecord) -> None:
        """Add an order. It must not be in the line."""
        bisect.insort(self._ranks, self.rank(order))

    def leave(self, order: OrderRecord) -> None:
        """Take an order out. It must be in the line."""
        rank = self.rank(order)
        index = bisect.bisect_left(self._ranks, rank)
        assert self._ranks[index] == rank
        del self._ranks[index]

    def position(self, order: OrderRecord) -> int:
        """The order's place, 1 = next; 0 when it does not wait."""
        rank = self.rank(order)
        index = bisect.bisect_left(self._ranks, rank)
        is_there = index < len(self._ranks) and self._ranks[index] == rank
        return index + 1 if is_there else 0
