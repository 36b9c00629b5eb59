"""What came of a run with real nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from muster_core.clock import NS_PER_S
from muster_twin.streams.order_stream import TimedOrder

ENDS = ("order_completed", "order_failed", "order_cancelled")


class LiveRecord:
    """Filled while it runs. Times are simulated unless they say otherwise.

    :ivar bumps: a sentence for each robot that bumped into another (I8).
    :ivar took_s: real s; ``held_s`` of them time stood, for the fleet did not keep up.
    :ivar cpu_s: CPU s by program.
    """

    def __init__(self) -> None:
        self.ends: Counter[str] = Counter()
        self.refusals: dict[str, str] = {}
        self.bumps: list[str] = []
        self.cpu_s: dict[str, float] = {}
        self.simulated_s = self.took_s = self.held_s = 0.0
        self._orders: dict[str, TimedOrder] = {}
        self._began_ns = 0
        self._assigned_ns: dict[str, int] = {}
        self._ended_ns: dict[str, int] = {}

    @property
    def ended(self) -> int:
        """How many orders have come to an end."""
        return len(self._ended_ns)

    @property
    def is_done(self) -> bool:
        """Whether all orders have ended, or were refused."""
        return self.ended + len(self.refusals) >= len(self._orders)

    @property
    def unfinished(self) -> int:
        """Orders that have not ended."""
        return len(self._orders) - self.ended - len(self.refusals)

    @property
    def speed(self) -> float:
        """Simulated seconds in a second."""
        return self.simulated_s / self.took_s if self.took_s else 0.0

    @property
    def service_s(self) -> list[float]:
        """Of each order that ended, from asked for to ended, ascending."""
        return self._since_asked(self._ended_ns)

    @property
    def assignment_s(self) -> list[float]:
        """Of each order that a robot was found for, from asked for to that, ascending."""
        return self._since_asked(self._assigned_ns)

    def begin(self, orders: Sequence[TimedOrder], now_ns: int) -> None:
        """The orders' times count from now."""
        self._orders = {timed.order.order_id: timed for timed in orders}
        self._began_ns = now_ns

    def refuse(self, order_id: str, sentence: str) -> None:
        """An order was not accepted."""
        self.refusals[order_id] = sentence

    def take(self, event_type: str, order_id: str, at_ns: int) -> None:
        """An event of the log."""
        if order_id not in self._orders:
            return
        if event_type == "task_assigned":
            self._assigned_ns.setdefault(order_id, at_ns)
        elif event_type in ENDS and order_id not in self._ended_ns:
            self._ended_ns[order_id] = at_ns
            self.ends[event_type] += 1

    def _since_asked(self, at_ns: dict[str, int]) -> list[float]:
        return sorted(
            (when_ns - self._began_ns) / NS_PER_S - self._orders[order_id].release_s
            for order_id, when_ns in at_ns.items()
        )
