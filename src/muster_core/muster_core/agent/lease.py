"""An agent's hold on its attempt: good until a time, unless granted again (I11)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from muster_core.clock import NS_PER_S, Instant


@dataclass(slots=True)
class Lease:
    """One lease on the steady clock.

    :param safety: share of each grant that is used, 0 to 1.
    :param duration_s_max: the longest grant that is believed, s.
    """

    safety: float
    duration_s_max: float
    is_granted: bool = False
    ends_ns: int = 0

    def believed_s(self, duration_s: float) -> float:
        """``duration_s`` within its bounds; 0 when it is no number."""
        return 0.0 if math.isnan(duration_s) else min(max(duration_s, 0.0), self.duration_s_max)

    def end_ns(self, from_ns: int, duration_s: float) -> int:
        """When a lease of ``duration_s`` that runs from ``from_ns`` ends."""
        return from_ns + int(self.believed_s(duration_s) * self.safety * NS_PER_S)

    def hold_until(self, ends_ns: int) -> None:
        """Hold until then at the least; a lease that holds longer is not shortened."""
        self.ends_ns = max(ends_ns, self.ends_ns) if self.is_granted else ends_ns
        self.is_granted = True

    def await_grant(self, duration_s: float, now: Instant) -> None:
        """Wait for a grant for so long; nothing may be done before it comes."""
        self.ends_ns = self.end_ns(now.steady_ns, duration_s)
        self.is_granted = False

    def is_over(self, now: Instant) -> bool:
        """Whether the time is up."""
        return now.steady_ns >= self.ends_ns
