"""The driver ``sim``: a robot that exists in the computer only, and keeps to the site's graph.

Everything is a function of the moments it is given; how often it is polled changes nothing. Robots
do not see each other: where traffic leads them they keep apart, and else pass through one another.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from muster_core.clock import NS_PER_S, Instant
from muster_core.config import Config
from muster_core.driver.protocol import DRIVER_API_VERSION, DriverReport, StepState, Way
from muster_core.errors import SiteError
from muster_core.ids import RobotId
from muster_core.site import PlaceKind, Routes, Site, Vertex
from muster_core.site.validation import AT_VERTEX
from muster_core.task import Step
from muster_twin.battery import Battery
from muster_twin.kinematics import Drive, drive_along, edges_by_ends
from muster_twin.sim_memory import Memory, SimMemory
from muster_twin.sim_settings import SimSettings

VERBS = ("go", "pick", "place", "scan", "wait", "charge")
ROUTES_CACHED_MAX = 64
START_KINDS = (PlaceKind.PARKING, PlaceKind.CHARGER)
"""Where robots start first."""
EMPTY = "the battery is empty; bring the robot to a charger"


@dataclass(slots=True)
class _Action:
    """The step or drive under way, in seconds of the simulated world.

    :param way: as far as it is driven; None for steps.
    """

    verb: str
    began_s: float
    ends_s: float
    drive: Drive | None = None
    way: Way | None = None
    end: StepState = StepState.FINISHED


@dataclass(frozen=True, slots=True)
class _Standing:
    """The robot between steps, since ``since_s`` of the simulated world."""

    since_s: float
    vertex: str
    heading: float
    battery: Battery
    state: StepState = StepState.NONE
    message: str = ""


class SimDriver:
    """One simulated robot; see :class:`muster_core.driver.protocol.Driver`."""

    api_version: ClassVar[int] = DRIVER_API_VERSION
    name: ClassVar[str] = "sim"
    version: ClassVar[str] = "0.1.0"
    settings_type: ClassVar[type[Config]] = SimSettings

    def __init__(
        self,
        site: Site,
        settings: SimSettings,
        *,
        vertex: str,
        now: Instant,
        memory: SimMemory | None = None,
    ) -> None:
        self._site = site
        self._memory = memory
        self._settings = settings
        self._routes = Routes(site, cached_max=ROUTES_CACHED_MAX)
        self._edges = edges_by_ends(site)
        self._gone: dict[str, Vertex] = {}
        self._origin_ns = now.steady_ns
        self._reached = 0
        self._action: _Action | None = None
        found = None if memory is None else memory.load(site)
        if found is None:
            found = Memory(vertex, 0.0, settings.battery_start)
        battery = Battery(found.charge, settings)
        self._standing = _Standing(0.0, found.vertex, found.heading, battery)

    @classmethod
    def create(
        cls, robot_id: RobotId, site: Site, settings: SimSettings, now: Instant
    ) -> SimDriver:
        """The robot at its start place, or where it stood when it was remembered last.

        :raises SiteError: when there is no such place.
        :raises ConfigError: when what is remembered cannot be used.
        """
        directory = settings.state_dir
        memory = SimMemory(Path(directory), robot_id) if directory else None
        vertex = start_vertex(robot_id, site, settings)
        return cls(site, settings, vertex=vertex, now=now, memory=memory)

    @property
    def verbs(self) -> tuple[str, ...]:
        """See :class:`Driver`."""
        return VERBS

    @property
    def capabilities(self) -> tuple[str, ...]:
        """See :class:`Driver`."""
        return self._settings.capabilities

    @property
    def speed_mps_max(self) -> float:
        """See :class:`Driver`. In the simulated world."""
        return self._settings.speed_mps or self._site.speed_mps

    def estimate_s(self, steps: Sequence[Step], vertex: str) -> float:
        """See :class:`Driver`."""
        total_s = 0.0
        for step in steps:
            duration_s = 0.0 if step.verb in ("go", "charge") else self._handling_s(step.verb)
            if step.verb == "go" and self._site.has_place(step.place):
                goal = self._site.place(step.place).vertex
                slower = self._site.speed_mps / self.speed_mps_max
                travel_s = self._routes.travel_time_s(vertex, goal)
                if travel_s != float("inf"):
                    vertex, duration_s = goal, travel_s * slower
            total_s += max(duration_s, step.duration_s)
        return total_s / self._settings.speed_factor

    def start(self, step: Step, now: Instant) -> None:
        """See :class:`Driver`."""
        now_s = self._world_s(now)
        self._settle(now_s)
        try:
            self._action = self._begin(step, now_s)
        except SiteError as error:
            self._action = None
            self._stand(now_s, StepState.FAILED, str(error))

    def drive(self, way: Way, now: Instant) -> None:
        """See :class:`WayDriver`."""
        now_s = self._world_s(now)
        self._settle(now_s)
        try:
            self._action = self._drive(way, now_s)
        except SiteError as error:
            self._action = None
            self._stand(now_s, StepState.FAILED, str(error))

    def stop(self, now: Instant) -> None:
        """See :class:`Driver`."""
        now_s = self._world_s(now)
        self._settle(now_s)
        action = self._action
        if action is None or action.end is StepState.STOPPED or action.verb in ("pick", "place"):
            return
        if action.drive is None:
            action.ends_s = now_s
        else:
            halted = action.drive.halted(now_s - action.began_s)
            if len(halted.vertices) == len(action.drive.vertices):
                return  # the next safe point is the goal
            action.drive, action.ends_s = halted, action.began_s + halted.duration_s
            if action.way is not None:
                count = len(halted.vertices)
                action.way = Way(action.way.first, action.way.vertices[:count])
        action.end = StepState.STOPPED

    def poll(self, now: Instant) -> DriverReport:
        """See :class:`Driver`."""
        now_s = self._world_s(now)
        self._settle(now_s)
        is_standing = self._action is None
        report = self._standing_report(now_s) if is_standing else self._moving_report(now_s)
        if self._memory is not None:
            self._memory.keep(Memory(report.vertex, report.heading, report.battery))
        return report

    def use_site(self, site: Site, now: Instant) -> None:
        """See :class:`SiteFollower`. Of what is under way, the rest is driven as it is now."""
        now_s = self._world_s(now)
        self._settle(now_s)
        action = self._action
        held = (self._standing.vertex, *(action.way.vertices if action and action.way else ()))
        self._gone = {name: self._spot(name) for name in held if not site.has_vertex(name)}
        self._site, self._routes = site, Routes(site, cached_max=ROUTES_CACHED_MAX)
        self._edges = edges_by_ends(site)
        if action is not None and action.way is not None and action.end is StepState.FINISHED:
            with suppress(SiteError):  # an edge of it is gone: it drives to its end as it was
                self._action = self._drive(action.way, now_s)

    def close(self) -> None:
        """See :class:`Driver`."""

    def _world_s(self, now: Instant) -> float:
        return (now.steady_ns - self._origin_ns) / NS_PER_S * self._settings.speed_factor

    def _begin(self, step: Step, now_s: float) -> _Action:
        """The action that does ``step``.

        :raises SiteError: when it cannot be done here.
        """
        here = self._stand(now_s, StepState.NONE)
        if step.verb not in VERBS:
            raise SiteError(f"cannot {step.verb!r}; a simulated robot can {', '.join(VERBS)}")
        if here.battery.charge <= 0.0 and step.verb != "charge":
            raise SiteError(EMPTY)
        if step.verb == "go":
            goal = self._site.place(step.place).vertex
            path = self._routes.path(here.vertex, goal)
            drive = self._along(path, heading=here.heading)
            return _Action("go", now_s, now_s + max(drive.duration_s, step.duration_s), drive)
        self._check_place(step, here.vertex)
        duration_s = here.battery.full_after_s if step.verb == "charge" else 0.0
        duration_s = max(duration_s, self._handling_s(step.verb), step.duration_s)
        return _Action(step.verb, now_s, now_s + duration_s)

    def _drive(self, way: Way, now_s: float) -> _Action:
        """The drive along ``way``, from its beginning or from where the robot drives already.

        :raises SiteError: when it cannot be driven from here.
        """
        action, began_s = self._action, now_s
        if action is not None and action.way is not None and action.drive is not None:
            # The next vertex is reached whatever comes; what is behind it was driven as it was.
            began_s = action.began_s
            passed = action.drive.halted(now_s - began_s)
            count = len(passed.vertices)
            names = action.way.vertices[:count]
            after = max(0, action.way.first + count - way.first)
            way = Way(action.way.first, (*names, *way.vertices[after:]))
            rest = self._along(way.vertices[count - 1 :], heading=passed.heading)
            drive = passed.followed_by(rest)
        else:
            here = self._stand(now_s, StepState.NONE)
            if here.battery.charge <= 0.0:
                raise SiteError(EMPTY)
            way = self._from_here(way, here.vertex)
            self._reached = way.first
            drive = self._along(way.vertices, heading=here.heading)
        return _Action("go", began_s, began_s + drive.duration_s, drive, way)

    def _along(self, vertices: Sequence[str], *, heading: float) -> Drive:
        if len(vertices) == 1:
            return Drive((self._spot(vertices[0]),), (0.0,), (0.0,), heading)
        return drive_along(
            vertices, self._site, self._edges, speed_mps=self.speed_mps_max, heading=heading
        )

    def _spot(self, vertex: str) -> Vertex:
        """Where the vertex is, or was when the site still had it."""
        if self._site.has_vertex(vertex):
            return self._site.vertex(vertex)
        return self._gone[vertex]

    def _from_here(self, way: Way, vertex: str) -> Way:
        """``way`` from where the robot stands; whoever gave it may not have heard yet of that.

        :raises SiteError: when the robot does not stand on it.
        """
        passed = self._reached - way.first
        if not 0 <= passed < len(way.vertices) or way.vertices[passed] != vertex:
            passed = 0
        if way.vertices[passed] != vertex:
            raise SiteError(f"the robot stands at {vertex!r}, not at {way.vertices[0]!r}")
        return Way(way.first + passed, way.vertices[passed:])

    def _check_place(self, step: Step, vertex: str) -> None:
        wanted = self._site.place(step.place).vertex if step.place else vertex
        if step.verb == "pick" and step.place[:1] == AT_VERTEX and (vertex, wanted) in self._edges:
            return  # it takes over what the robot next to it has
        if wanted != vertex:
            raise SiteError(f"the robot stands at {vertex!r}, not at {step.place!r} ({wanted!r})")
        chargers = self._site.places_of_kind(PlaceKind.CHARGER)
        if step.verb == "charge" and all(charger.vertex != vertex for charger in chargers):
            raise SiteError(f"there is no charger at {vertex!r}, where the robot stands")

    def _handling_s(self, verb: str) -> float:
        settings = self._settings
        return {
            "pick": settings.pick_s,
            "place": settings.place_s,
            "scan": settings.scan_s,
            "wait": settings.wait_s,
        }.get(verb, 0.0)

    def _settle(self, now_s: float) -> None:
        """End the action whose time has come, at the time it came."""
        action = self._action
        if action is not None and action.ends_s <= now_s:
            if action.way is not None:
                self._reached = action.way.last
            self._standing = self._after(action, action.ends_s, action.end)
            self._action = None

    def _after(self, action: _Action, at_s: float, state: StepState) -> _Standing:
        """What there is of the robot at ``at_s`` of ``action``."""
        before, elapsed_s = self._standing, at_s - action.began_s
        vertex, heading, distance_m = before.vertex, before.heading, 0.0
        if action.drive is not None:
            # At its end it is there, whatever is lost in (began + duration) - began.
            place = action.drive.at(math.inf if at_s >= action.ends_s else elapsed_s)
            vertex, heading, distance_m = place.vertex, place.heading, place.distance_m
        if action.verb == "charge":
            battery = before.battery.charged(elapsed_s)
        else:
            battery = before.battery.after(elapsed_s, distance_m=distance_m)
        return _Standing(at_s, vertex, heading, battery, state)

    def _stand(self, now_s: float, state: StepState, message: str = "") -> _Standing:
        """Stand where it stands, with what is left of the battery."""
        was = self._standing
        battery = was.battery.after(now_s - was.since_s)
        self._standing = _Standing(now_s, was.vertex, was.heading, battery, state, message)
        return self._standing

    def _standing_report(self, now_s: float) -> DriverReport:
        standing = self._standing
        vertex = self._spot(standing.vertex)
        charge = standing.battery.after(now_s - standing.since_s).charge
        is_at_charger = any(
            charger.vertex == vertex.name
            for charger in self._site.places_of_kind(PlaceKind.CHARGER)
        )
        return DriverReport(
            vertex.x,
            vertex.y,
            standing.heading,
            vertex.name,
            charge,
            standing.state,
            progress=1.0 if standing.state is StepState.FINISHED else 0.0,
            message=standing.message,
            reached=self._reached,
            fault="" if charge > 0.0 or is_at_charger else EMPTY,
        )

    def _moving_report(self, now_s: float) -> DriverReport:
        action = self._action
        assert action is not None
        then = self._after(action, now_s, StepState.RUNNING)
        vertex = self._spot(then.vertex)
        x, y, next_vertex, reached = vertex.x, vertex.y, "", self._reached
        if action.drive is not None:
            place = action.drive.at(now_s - action.began_s)
            x, y, next_vertex = place.x, place.y, place.next_vertex
            if action.way is not None:
                reached = action.way.first + place.index
        return DriverReport(
            x,
            y,
            then.heading,
            then.vertex,
            then.battery.charge,
            StepState.RUNNING,
            progress=(now_s - action.began_s) / (action.ends_s - action.began_s),
            remaining_s=(action.ends_s - now_s) / self._settings.speed_factor,
            next_vertex=next_vertex,
            reached=reached,
        )


def start_vertex(robot_id: RobotId, site: Site, settings: SimSettings) -> str:
    """Where the robot starts: at its start place, or robot n at the n-th parking place.

    Where there are more robots than those, the others start at chargers, then at other places,
    then anywhere that is not cut off: one robot at each vertex, as long as there are enough.

    :raises SiteError: when there is no such place.
    """
    if settings.start_place:
        return site.place(settings.start_place).vertex
    routes = Routes(site, cached_max=1)
    first = [place for kind in START_KINDS for place in site.places_of_kind(kind)]
    places = [place.vertex for place in (*first, *site.places.values())]
    ordered = dict.fromkeys([*places, *(vertex.name for vertex in site.vertices)])
    vertices = [vertex for vertex in ordered if routes.is_main(vertex)]
    digits = re.search(r"([0-9]{1,9})$", robot_id)
    index = int(digits[1]) - 1 if digits else zlib.crc32(robot_id.encode())
    return vertices[index % len(vertices)]
