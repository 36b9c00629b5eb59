"""What a process takes for the time: clocks drift within a bound, wall clocks jump."""

from __future__ import annotations

from muster_core.clock import NS_PER_S, Instant
from muster_twin.simulation.timeline import Timeline

DRIFT_PPM_MAX = 10_000
"""How far a steady clock's rate may be off, parts per million: the bound that leases are good for.

With the agent's share of a lease (``lease_safety`` 0.9) an agent whose clock is this much too slow
and a scheduler whose clock is this much too fast still agree that the agent's lease is over first.
Real clocks are a hundred times better.
"""

WALL_START_NS = 1_900_000_000 * NS_PER_S


class Clock:
    """The two clocks of one machine.

    :param drift_ppm: how much faster than true its steady clock runs, within ``DRIFT_PPM_MAX``.
    :param boot_ns: what its steady clock showed when the simulation began.
    """

    def __init__(self, timeline: Timeline, *, drift_ppm: int = 0, boot_ns: int = NS_PER_S) -> None:
        self._timeline = timeline
        self._base_ns = boot_ns
        self._since_ns = timeline.now_ns
        self._per_million = 1_000_000
        self.wall_offset_ns = 0
        self.set_drift(drift_ppm)

    def now(self) -> Instant:
        """This moment as the machine sees it."""
        true_ns = self._timeline.now_ns
        passed_ns = (true_ns - self._since_ns) * self._per_million // 1_000_000
        wall_ns = max(0, WALL_START_NS + true_ns + self.wall_offset_ns)
        return Instant(wall_ns, self._base_ns + passed_ns)

    def true_duration_ns(self, steady_ns: int) -> int:
        """How long it truly is until the steady clock has gone on by ``steady_ns``, rounded up."""
        return -(-steady_ns * 1_000_000 // self._per_million)

    def reboot(self, boot_ns: int) -> None:
        """Have the steady clock begin anew at ``boot_ns``."""
        self._base_ns, self._since_ns = boot_ns, self._timeline.now_ns

    def set_drift(self, drift_ppm: int) -> None:
        """Have the steady clock run at another rate from now on."""
        assert abs(drift_ppm) <= DRIFT_PPM_MAX
        self._base_ns, self._since_ns = self.now().steady_ns, self._timeline.now_ns
        self._per_million = 1_000_000 + drift_ppm
