"""What can be set of a simulated robot: the agent's parameters ``driver_settings.*``."""

from __future__ import annotations

from muster_core.config import Config

SPEED_FACTOR_MAX = 1000.0


class SimSettings(Config, frozen=True, kw_only=True):
    """A simulated robot's settings. Times and speeds are those of the simulated world."""

    # How much faster than the clock the simulated world runs: moves, handling and battery alike.
    speed_factor: float = 1.0
    # The robot's speed, m/s; 0 = the site's reference speed. An edge may allow less.
    speed_mps: float = 0.0
    # How long the verbs take, s; a step's own duration_s counts when it is longer.
    pick_s: float = 5.0
    place_s: float = 5.0
    scan_s: float = 3.0
    wait_s: float = 0.0
    # Charge at the start, 0 to 1.
    battery_start: float = 1.0
    # Charge used by every metre driven and by every second, and gained by every second at a charger
    # (1 = a full battery). As set, it lasts two hours of driving, and fills in one.
    drain_per_m: float = 1.0e-4
    drain_per_s: float = 3.5e-5
    charge_per_s: float = 2.8e-4
    # The place where it starts; empty = robot n starts at the site's n-th parking place, further
    # robots at chargers, other places, and anywhere.
    start_place: str = ""
    # Directory in which it is remembered where the robot stands and what its battery holds, so that
    # they outlast the agent; empty = each start of the agent begins at the start place with
    # battery_start. Fleets with traffic need it: a robot that is suddenly elsewhere is astray.
    state_dir: str = ""
    # What orders may require of it beyond its verbs.
    capabilities: tuple[str, ...] = ()

    def validate(self) -> None:
        """See :class:`Config`."""
        is_in_range = 0 < self.speed_factor <= SPEED_FACTOR_MAX
        self.require(is_in_range, "speed_factor", f"above 0 and at most {SPEED_FACTOR_MAX:g}")
        self.require(0 <= self.speed_mps <= 100, "speed_mps", "0 to 100 m/s")
        for key in ("pick_s", "place_s", "scan_s", "wait_s"):
            self.require(0 <= getattr(self, key) <= 3600, key, "0 to 3600 s")
        self.require(0 <= self.battery_start <= 1, "battery_start", "0 to 1")
        for key in ("drain_per_m", "drain_per_s"):
            self.require(0 <= getattr(self, key) <= 1, key, "0 to 1")
        self.require(0 < self.charge_per_s <= 1, "charge_per_s", "above 0 and at most 1")
