"""How fast simulated time may go: as asked, and never away from the fleet that lives in it."""

from __future__ import annotations

from muster_core.clock import NS_PER_S

STEP_S_MAX = 0.25
"""The most that time goes on at once, simulated s: ticks of the nodes would pass unseen."""


class Pacer:
    """Simulated time.

    Every member of the fleet is heard now and then. While one of them has not been heard for
    ``silence_s_max`` of simulated time, time stands: a computer that is too slow for the rate makes
    the run slower, not different.

    :param rate: simulated seconds in a second.
    :param begins_ns: the first moment.
    :ivar held_s: how long it has stood in all, real s; ``standing_s`` now.
    """

    def __init__(self, rate: float, *, silence_s_max: float, begins_ns: int) -> None:
        self.rate = rate
        self.now_ns = begins_ns
        self.held_s = 0.0
        self.standing_s = 0.0
        self._silence_ns_max = silence_s_max * NS_PER_S
        self._heard_ns: dict[str, int] = {}

    @property
    def oldest(self) -> str:
        """The member that has not been heard for longest."""
        return min(self._heard_ns, key=self._heard_ns.__getitem__, default="the fleet")

    @property
    def is_held(self) -> bool:
        """Whether time stands, for a member has not been heard."""
        oldest_ns = min(self._heard_ns.values(), default=self.now_ns)
        return self.now_ns - oldest_ns >= self._silence_ns_max

    def hear(self, member: str) -> None:
        """A member was heard; it is one from now on."""
        self._heard_ns[member] = self.now_ns

    def go_on(self, real_s: float) -> int:
        """The moment after ``real_s`` seconds, ns."""
        if self.is_held:
            self.held_s += real_s
            self.standing_s += real_s
        else:
            self.standing_s = 0.0
            self.now_ns += int(min(self.rate * real_s, STEP_S_MAX) * NS_PER_S)
        return self.now_ns
