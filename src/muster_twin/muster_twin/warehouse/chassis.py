"""What drives: a chassis turns on the spot, drives one edge at a time, uses a battery, breaks down.

Where it may drive is not its business. Driven by events on the timeline alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from muster_core.clock import NS_PER_S
from muster_core.ids import RobotId
from muster_twin.battery import Battery
from muster_twin.simulation.timeline import Timeline
from muster_twin.warehouse.ground import Ground
from muster_twin.warehouse.referee import Referee
from muster_twin.warehouse.settings import BodySettings

EMPTY = "the battery is empty; bring the robot to a charger"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all bodies of a warehouse share."""

    ground: Ground
    settings: BodySettings
    timeline: Timeline
    referee: Referee


@dataclass(frozen=True, slots=True)
class Leg:
    """One edge as it is driven: turning first, then driving.

    :param start_heading: before the turn, rad.
    """

    start: str
    end: str
    start_heading: float
    began_ns: int
    turned_ns: int
    ends_ns: int


class Chassis:
    """One robot's wheels and battery.

    :param on_arrive: told of the edge that was driven, and its length, m.
    """

    def __init__(
        self,
        robot_id: RobotId,
        world: Surroundings,
        vertex: str,
        *,
        battery: Battery,
        on_arrive: Callable[[Leg, float], None],
    ) -> None:
        self.robot_id = robot_id
        self.vertex = vertex
        self.heading = 0.0
        self.leg: Leg | None = None
        self.is_broken = False
        self.is_charging = False
        self._ground = world.ground
        self._settings = world.settings
        self._speed_mps = world.settings.speed_mps or world.ground.site.speed_mps
        self._timeline = world.timeline
        self._referee = world.referee
        self._on_arrive = on_arrive
        self._battery = battery
        self._battery_ns = world.timeline.now_ns
        self._drains = bool(world.ground.charger_vertices)
        self._referee.stand(robot_id, vertex, world.timeline.now_s)

    @property
    def charge(self) -> float:
        """What is left in the battery, 0 to 1."""
        self.use_battery()
        return self._battery.charge

    @property
    def full_after_s(self) -> float:
        """How long it has to charge from now on until it is full, s."""
        self.use_battery()
        return self._battery.full_after_s

    @property
    def is_empty(self) -> bool:
        """Whether it cannot drive for want of charge."""
        return self._drains and self._battery.charge <= 0

    @property
    def pose(self) -> tuple[float, float, float]:
        """Where it is and where it looks: x, y in m, heading in rad, in the site's frame."""
        leg, now_ns, positions_m = self.leg, self._timeline.now_ns, self._ground.positions_m
        if leg is None:
            return (*positions_m[self.vertex], self.heading)
        turn_ns, drive_ns = leg.turned_ns - leg.began_ns, leg.ends_ns - leg.turned_ns
        turned = min(1.0, (now_ns - leg.began_ns) / turn_ns) if turn_ns else 1.0
        driven = max(0.0, (now_ns - leg.turned_ns) / drive_ns) if drive_ns else 1.0
        (x, y), (end_x, end_y) = positions_m[leg.start], positions_m[leg.end]
        turn = math.remainder(self.heading - leg.start_heading, math.tau)
        heading = math.remainder(leg.start_heading + turned * turn, math.tau)
        return (x + driven * (end_x - x), y + driven * (end_y - y), heading)

    def set_off(self, end: str) -> None:
        """Turn, and drive the edge from here to ``end``. Only from a stand."""
        assert self.leg is None, "a robot drives one edge at a time"
        ground, start, settings = self._ground, self.vertex, self._settings
        edge = ground.edges[start, end]
        heading, turn_s = edge.heading, 0.0
        if heading != self.heading and settings.turn_deg_per_s:
            turn = abs(math.remainder(heading - self.heading, math.tau))
            turn_s = math.degrees(turn) / settings.turn_deg_per_s
        drive_s = edge.length_m / min(self._speed_mps, edge.speed_mps_max)
        began_ns = self._timeline.now_ns
        turned_ns = began_ns + int(turn_s * NS_PER_S)
        ends_ns = began_ns + int((turn_s + drive_s) * NS_PER_S)
        self.leg = Leg(start, end, self.heading, began_ns, turned_ns, ends_ns)
        self.heading = heading
        self._referee.depart(self.robot_id, end, self._timeline.now_s)
        self._timeline.at(ends_ns, self._arrive)

    def use_battery(self, driven_m: float = 0.0) -> None:
        """Take from the battery, or give to it, what the time since the last look did."""
        now_ns = self._timeline.now_ns
        elapsed_s = (now_ns - self._battery_ns) / NS_PER_S
        self._battery_ns = now_ns
        if not self._drains:
            return
        if self.is_charging:
            self._battery = self._battery.charged(elapsed_s)
        else:
            self._battery = self._battery.after(elapsed_s, distance_m=driven_m)

    def _arrive(self) -> None:
        leg = self.leg
        assert leg is not None
        length_m = self._ground.edges[leg.start, leg.end].length_m
        self.leg, self.vertex = None, leg.end
        self._referee.arrive(self.robot_id, leg.start)
        self.use_battery(length_m)
        self._on_arrive(leg, length_m)
