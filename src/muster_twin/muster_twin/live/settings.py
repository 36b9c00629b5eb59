"""What can be set of a twin behind ``/clock``, and of the bodies in it."""

from __future__ import annotations

from muster_core.config import Config
from muster_twin.warehouse.settings import BodySettings

ROBOTS_MAX = 100
RATE_MAX = 100.0


class TwinSettings(BodySettings, frozen=True, kw_only=True):
    """Settings of the driver ``twin``: the agent's parameters ``driver_settings.*``."""

    # The place where it starts; empty = robot n starts at the site's n-th parking place or charger,
    # and those for which there is none at a vertex without a place.
    start_place: str = ""


class LiveSettings(Config, frozen=True, kw_only=True):
    """Settings of a :class:`LiveTwin`; the comments say meaning, unit and relation."""

    # The fleet's namespace.
    fleet: str = "/twin"
    # Robots, all in one process, so that bodies notice when they bump into each other.
    robots: int = 8
    policy: str = "batch"
    # Simulated seconds in a second; less if the computer is too slow for it.
    rate: float = 5.0
    bodies: TwinSettings = TwinSettings()
    # When the run is given up, s of simulated time.
    duration_s_max: float = 4 * 3600.0

    def validate(self) -> None:
        """See :class:`Config`."""
        self.require(1 <= self.robots <= ROBOTS_MAX, "robots", f"1 to {ROBOTS_MAX}")
        self.require(bool(self.policy), "policy", "the name of a policy, as in 'batch'")
        self.require(0 < self.rate <= RATE_MAX, "rate", f"above 0 and at most {RATE_MAX:g}")
        self.require(0 < self.duration_s_max <= 1e6, "duration_s_max", "above 0 and at most 1e6 s")
