"""The driver ``twin``: a body of the twin under a real agent.

Its time is the agent's. Between two polls nothing happens; with each, all that would have happened
until then does, in order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from muster_core.clock import NS_PER_S, Instant
from muster_core.config import Config
from muster_core.driver.protocol import DRIVER_API_VERSION, DriverReport, StepState, Way
from muster_core.errors import SiteError
from muster_core.ids import RobotId
from muster_core.site import Site
from muster_core.task import Step
from muster_twin.battery import Battery
from muster_twin.live.floor import Floor, floor_of
from muster_twin.live.settings import TwinSettings
from muster_twin.sim_settings import SimSettings
from muster_twin.simulation.timeline import Timeline
from muster_twin.warehouse.chassis import EMPTY, Chassis, Leg, Surroundings
from muster_twin.warehouse.spans import Span

VERBS = ("go", "pick", "place", "scan", "wait")
CAPABILITIES = ("fetch",)
BROKEN = "broken down; it will be repaired"
BUMPED = "bumped into"
"""How the fault begins that tells of a collision; it stays."""

_UNKNOWN_SPAN = Span(0.0)
_UNSTOPPABLE = ("pick", "place", "scan")


@dataclass(slots=True)
class _Handling:
    """What the robot does where it stands.

    :param takes_ns: how long it still takes; less after an interruption.
    """

    step: Step
    began_ns: int
    takes_ns: int

    @property
    def ends_ns(self) -> int:
        return self.began_ns + self.takes_ns


class TwinDriver:
    """One body; see :class:`muster_core.driver.protocol.WayDriver`. For fleets with traffic."""

    api_version: ClassVar[int] = DRIVER_API_VERSION
    name: ClassVar[str] = "twin"
    version: ClassVar[str] = "1"
    settings_type: ClassVar[type[Config]] = TwinSettings

    def __init__(
        self, robot_id: RobotId, floor: Floor, settings: TwinSettings, *, vertex: str, now: Instant
    ) -> None:
        self._robot_id = robot_id
        self._floor = floor
        self._ground = ground = floor.ground
        self._settings = settings
        self._chance = chance = Random(f"{settings.seed}/driver/{robot_id}")
        self._spans = {"pick": settings.pick, "place": settings.place, "scan": settings.scan}
        self._timeline = Timeline()
        self._timeline.now_ns = now.steady_ns
        self._chassis = Chassis(
            robot_id,
            Surroundings(ground, settings, self._timeline, floor.referee),
            vertex,
            battery=Battery(chance.uniform(settings.battery_start_min, 1.0), SimSettings()),
            on_arrive=self._on_arrive,
        )
        self._way: Way | None = None
        self._reached = 0
        self._handling: _Handling | None = None
        self._is_stopping = False
        self._state = StepState.NONE
        self._message = ""
        if settings.breakdown_every_h:
            self._break_down_later()

    @classmethod
    def create(
        cls, robot_id: RobotId, site: Site, settings: TwinSettings, now: Instant
    ) -> TwinDriver:
        """The robot at its start place.

        :raises SiteError: when there is no such place, or no place is left for it.
        """
        floor = floor_of(site, settings.seed)
        vertex = _start_vertex(robot_id, floor, settings)
        return cls(robot_id, floor, settings, vertex=vertex, now=now)

    @property
    def verbs(self) -> tuple[str, ...]:
        """See :class:`Driver`. Robots charge where the site has chargers."""
        return (*VERBS, "charge") if self._ground.charger_vertices else VERBS

    @property
    def capabilities(self) -> tuple[str, ...]:
        """See :class:`Driver`."""
        return CAPABILITIES

    @property
    def speed_mps_max(self) -> float:
        """See :class:`Driver`."""
        return self._settings.speed_mps or self._ground.site.speed_mps

    def estimate_s(self, steps: Sequence[Step], vertex: str) -> float:
        """See :class:`Driver`."""
        ground, total_s = self._ground, 0.0
        slower = ground.site.speed_mps / self.speed_mps_max
        for step in steps:
            expected_s = self._spans.get(step.verb, _UNKNOWN_SPAN).mean_s
            if step.verb == "go" and ground.site.has_place(step.place):
                goal = ground.vertex_of(step.place)
                travel_s = ground.routes.travel_time_s(vertex, goal) * slower
                if travel_s != float("inf"):
                    vertex, expected_s = goal, travel_s
            total_s += max(expected_s, step.duration_s)
        return total_s

    def start(self, step: Step, now: Instant) -> None:
        """See :class:`Driver`."""
        self._advance(now)
        self._is_stopping = False
        try:
            takes_s = self._check(step)
        except SiteError as error:
            self._handling = None
            self._end(StepState.FAILED, str(error))
            return
        self._state, self._message = StepState.RUNNING, ""
        self._chassis.use_battery()
        self._chassis.is_charging = step.verb == "charge"
        self._handle(_Handling(step, self._timeline.now_ns, int(takes_s * NS_PER_S)))

    def drive(self, way: Way, now: Instant) -> None:
        """See :class:`WayDriver`."""
        self._advance(now)
        if self._way is None:
            self._reached = way.first
        number = self._reached - way.first
        if not (0 <= number < len(way.vertices) and way.vertices[number] == self._chassis.vertex):
            self._end(
                StepState.FAILED,
                f"the robot stands at {self._chassis.vertex!r}, which is not where the way is",
            )
            return
        self._way, self._is_stopping = way, False
        self._state, self._message = StepState.RUNNING, ""
        self._go_on()

    def stop(self, now: Instant) -> None:
        """See :class:`Driver`."""
        self._advance(now)
        handling = self._handling
        if self._state is not StepState.RUNNING or (
            handling is not None and handling.step.verb in _UNSTOPPABLE
        ):
            return
        self._is_stopping = True
        if handling is not None:
            self._handling = None
            self._end(StepState.STOPPED)
        else:
            self._go_on()

    def poll(self, now: Instant) -> DriverReport:
        """See :class:`Driver`."""
        self._advance(now)
        chassis = self._chassis
        x, y, heading = chassis.pose
        return DriverReport(
            x,
            y,
            heading,
            chassis.vertex,
            chassis.charge,
            self._state,
            progress=1.0 if self._state is StepState.FINISHED else 0.0,
            remaining_s=self._remaining_s(),
            message=self._message,
            fault=self._fault(),
            next_vertex=chassis.leg.end if chassis.leg is not None else "",
            reached=self._reached,
        )

    def close(self) -> None:
        """See :class:`Driver`."""
        self._floor.referee.remove(self._robot_id)

    # Time

    def _advance(self, now: Instant) -> None:
        self._timeline.run(now.steady_ns, lambda: False)

    def _remaining_s(self) -> float:
        leg, handling = self._chassis.leg, self._handling
        ends_ns = handling.ends_ns if handling is not None else leg.ends_ns if leg else 0
        return max(0, ends_ns - self._timeline.now_ns) / NS_PER_S

    # Steps

    def _check(self, step: Step) -> float:
        """How long the step takes here and now, s.

        :raises SiteError: when it cannot be done.
        """
        chassis, ground = self._chassis, self._ground
        if step.verb == "go" or step.verb not in self.verbs:
            wanted = "be driven without traffic" if step.verb == "go" else f"do {step.verb!r}"
            raise SiteError(
                f"a robot of the twin cannot {wanted}; it drives where traffic leads it, and can "
                f"{', '.join(self.verbs)}"
            )
        if step.place and (vertex := ground.vertex_of(step.place)) != chassis.vertex:
            raise SiteError(
                f"the robot stands at {chassis.vertex!r}, not at {step.place!r} ({vertex!r})"
            )
        if step.verb == "charge":
            if chassis.vertex not in ground.charger_vertices:
                raise SiteError(
                    f"there is no charger at {chassis.vertex!r}, where the robot stands"
                )
            return max(chassis.full_after_s, step.duration_s)
        if chassis.is_empty:
            raise SiteError(EMPTY)
        return max(self._spans.get(step.verb, _UNKNOWN_SPAN).draw(self._chance), step.duration_s)

    def _handle(self, handling: _Handling) -> None:
        self._handling = handling
        self._timeline.at(handling.ends_ns, lambda: self._finish(handling))

    def _finish(self, handling: _Handling) -> None:
        if self._handling is handling and not self._chassis.is_broken:
            self._handling = None
            self._end(StepState.FINISHED)

    def _end(self, state: StepState, message: str = "") -> None:
        self._chassis.use_battery()
        self._chassis.is_charging = False
        self._state, self._message = state, message

    # Driving

    def _go_on(self) -> None:
        """Set off for the next vertex of the way, or stand."""
        chassis, way = self._chassis, self._way
        if way is None or self._state is not StepState.RUNNING or chassis.leg or self._handling:
            return
        if self._is_stopping:
            self._end(StepState.STOPPED)
        elif self._reached >= way.last:
            self._end(StepState.FINISHED)
        elif not (chassis.is_broken or chassis.is_empty):
            chassis.set_off(way.vertices[self._reached + 1 - way.first])

    def _on_arrive(self, leg: Leg, length_m: float) -> None:
        self._reached += 1
        self._go_on()

    # Breakdowns

    def _fault(self) -> str:
        if bump := self._floor.referee.bumps.get(self._robot_id):
            return f"{BUMPED} {bump}"
        chassis = self._chassis
        if chassis.is_empty and chassis.vertex not in self._ground.charger_vertices:
            return EMPTY
        return BROKEN if chassis.is_broken else ""

    def _break_down_later(self) -> None:
        hours = self._chance.expovariate(1 / self._settings.breakdown_every_h)
        self._timeline.after(hours * 3600.0, self._break_down)

    def _break_down(self) -> None:
        self._chassis.is_broken = True
        if handling := self._handling:
            handling.takes_ns = max(0, handling.ends_ns - self._timeline.now_ns)
            handling.began_ns = self._timeline.now_ns
        self._timeline.after(self._settings.repair.draw(self._chance), self._repair)

    def _repair(self) -> None:
        self._chassis.is_broken = False
        if handling := self._handling:
            self._handle(_Handling(handling.step, self._timeline.now_ns, handling.takes_ns))
        self._go_on()
        self._break_down_later()


def _start_vertex(robot_id: RobotId, floor: Floor, settings: TwinSettings) -> str:
    site = floor.ground.site
    if settings.start_place:
        return site.place(settings.start_place).vertex
    digits = re.search(r"([0-9]{1,9})$", robot_id)
    number = int(digits[1]) if digits else 1
    if not 1 <= number <= len(floor.starts):
        raise SiteError(
            f"site {site.name!r} has no vertex to put {robot_id} at; it has {len(floor.starts)}, "
            f"counted by the number at the end of the robot's name: set start_place"
        )
    return floor.starts[number - 1]
