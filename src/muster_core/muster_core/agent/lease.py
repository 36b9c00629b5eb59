"""An agent's hold on its attempt: good until a time, unless granted again (I11)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from muster_core.clock import Instant


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

    def grant(self, duration_s: float, now: Instant) -> None:
        """Hold from now on for ``duration_s``."""
        self.ends_ns = now.later(self.believed_s(duration_s) * self.safety).steady_ns
        self.is_granted = True

    def await_grant(self, duration_s: float, now: Instant) -> None:
        """Wait for a grant for so long; nothing may be done before it comes."""
        self.grant(duration_s, now)
        self.is_granted = False

    def is_over(self, now: Instant) -> bool:
        """Whether the time is up."""
        return now.steady_ns >= self.ends_ns
