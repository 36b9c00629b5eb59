"""What a twin's warehouse is like: its robots, how they work, and how they fail."""

from __future__ import annotations

from enum import Enum

from muster_core.config import Config
from muster_twin.warehouse.spans import Span

ROBOTS_MAX = 1000


class TrafficKind(str, Enum):
    """Who gives robots the right of way."""

    FULL = "full"
    """Production's traffic, message by message."""
    QUICK = "quick"
    """A stand-in that costs a fraction of it: see ``quick_traffic.py``."""


class BodySettings(Config, frozen=True, kw_only=True):
    """What simulated robots are like; the comments say meaning, unit and relation."""

    # Draws everything that chance decides. The same seed and settings are the same run.
    seed: int = 1
    # The robots' speed, m/s; 0 = the site's reference speed. An edge may allow less.
    speed_mps: float = 0.0
    # How fast a robot turns on the spot before it drives on, degrees a second; 0 = at once.
    turn_deg_per_s: float = 180.0
    # How long the verbs take.
    pick: Span = Span(8.0, 3.0)
    place: Span = Span(6.0, 2.0)
    scan: Span = Span(3.0, 1.0)

    # Charge at the start: drawn evenly from here to full. Drained and filled as `SimSettings` say,
    # where the site has chargers; elsewhere batteries stay as they are.
    battery_start_min: float = 0.5
    # Hours of operation between two breakdowns of a robot, on average; 0 = none ever. A robot that
    # breaks down stands where it is until it is repaired, and then goes on.
    breakdown_every_h: float = 0.0
    repair: Span = Span(300.0, 120.0)

    def validate(self) -> None:
        """See :class:`Config`."""
        require = self.require
        require(0 <= self.speed_mps <= 100, "speed_mps", "0 to 100 m/s")
        require(0 <= self.turn_deg_per_s <= 3600, "turn_deg_per_s", "0 to 3600 degrees/s")
        require(0 < self.battery_start_min <= 1, "battery_start_min", "above 0 and at most 1")
        require(0 <= self.breakdown_every_h <= 1e6, "breakdown_every_h", "0 to 1e6 h")


class WarehouseSettings(BodySettings, frozen=True, kw_only=True):
    """Settings of a :class:`Warehouse`; the comments say meaning, unit and relation."""

    robots: int = 8
    # A policy's name, registered under the entry points `muster.policies`.
    policy: str = "batch"
    # How long the policy may compute for one decision, s of real time.
    decide_budget_s: float = 0.05

    traffic: TrafficKind = TrafficKind.FULL

    # When the run is given up, s of simulated time.
    duration_s_max: float = 24 * 3600.0

    def validate(self) -> None:
        """See :class:`Config`."""
        BodySettings.validate(self)
        require = self.require
        require(1 <= self.robots <= ROBOTS_MAX, "robots", f"1 to {ROBOTS_MAX}")
        require(bool(self.policy), "policy", "the name of a policy, as in 'batch'")
        require(0 < self.decide_budget_s <= 10, "decide_budget_s", "above 0 and at most 10 s")
        require(0 < self.duration_s_max <= 1e7, "duration_s_max", "above 0 and at most 1e7 s")
