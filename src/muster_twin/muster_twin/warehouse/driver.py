"""The driver of a body: what production's agent worker calls."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import ClassVar

from muster_core.clock import NS_PER_S, Instant
from muster_core.config import Config
from muster_core.driver.protocol import DRIVER_API_VERSION, DriverReport, StepState
from muster_core.errors import SiteError
from muster_core.ids import RobotId
from muster_core.site import Site
from muster_core.task import Step
from muster_twin.simulation.timeline import Timeline
from muster_twin.warehouse.body import Body
from muster_twin.warehouse.ground import Ground
from muster_twin.warehouse.settings import WarehouseSettings
from muster_twin.warehouse.spans import Span

_ALWAYS = ("go", "pick", "place", "scan", "wait")
CAPABILITIES = ("fetch",)
_UNKNOWN_SPAN = Span(0.0)


class BodyDriver:
    """Has a body do one step at a time; see :class:`muster_core.driver.protocol.Driver`.

    :param chance: draws how long each step takes.
    """

    api_version: ClassVar[int] = DRIVER_API_VERSION
    name: ClassVar[str] = "twin"
    version: ClassVar[str] = "1"
    settings_type: ClassVar[type[Config]] = WarehouseSettings

    def __init__(
        self,
        body: Body,
        ground: Ground,
        settings: WarehouseSettings,
        *,
        timeline: Timeline,
        chance: Random,
    ) -> None:
        self._body = body
        self._ground = ground
        self._speed_mps = settings.speed_mps or ground.site.speed_mps
        self._timeline = timeline
        self._chance = chance
        self._spans = {
            "pick": settings.pick, "place": settings.place, "scan": settings.scan
        }  # fmt: skip
        self._problem = ""

    @classmethod
    def create(
        cls, robot_id: RobotId, site: Site, settings: WarehouseSettings, now: Instant
    ) -> BodyDriver:
        """See :class:`Driver`; bodies are made by their warehouse."""
        raise NotImplementedError("a simulated body comes with its warehouse")

    @property
    def verbs(self) -> tuple[str, ...]:
        """See :class:`Driver`. Robots charge where the site has chargers."""
        return (*_ALWAYS, "charge") if self._ground.charger_vertices else _ALWAYS

    @property
    def capabilities(self) -> tuple[str, ...]:
        """See :class:`Driver`."""
        return CAPABILITIES

    @property
    def speed_mps_max(self) -> float:
        """See :class:`Driver`."""
        return self._speed_mps

    def estimate_s(self, steps: Sequence[Step], vertex: str) -> float:
        """See :class:`Driver`."""
        ground, total_s = self._ground, 0.0
        for step in steps:
            expected_s = self._spans.get(step.verb, _UNKNOWN_SPAN).mean_s
            if step.verb == "go" and ground.site.has_place(step.place):
                goal = ground.vertex_of(step.place)
                slower = ground.site.speed_mps / self._speed_mps
                travel_s = ground.routes.travel_time_s(vertex, goal) * slower
                if travel_s != float("inf"):
                    vertex, expected_s = goal, travel_s
            total_s += max(expected_s, step.duration_s)
        return total_s

    def start(self, step: Step, now: Instant) -> None:
        """See :class:`Driver`."""
        self._problem = ""
        try:
            vertex = self._ground.vertex_of(step.place) if step.place else self._body.vertex
        except SiteError as error:
            self._problem = str(error)
            return
        span_s = self._spans.get(step.verb, _UNKNOWN_SPAN).draw(self._chance)
        self._body.begin(step, vertex, max(span_s, step.duration_s))

    def stop(self, now: Instant) -> None:
        """See :class:`Driver`."""
        self._body.stop()

    def poll(self, now: Instant) -> DriverReport:
        """See :class:`Driver`."""
        body = self._body
        x, y = self._ground.positions_m[body.vertex]
        state = StepState.FAILED if self._problem else body.state
        return DriverReport(
            x,
            y,
            body.heading,
            body.vertex,
            body.charge,
            state,
            remaining_s=self._remaining_s(),
            message=self._problem,
            fault=body.fault,
        )

    def close(self) -> None:
        """See :class:`Driver`."""

    def _remaining_s(self) -> float:
        doing = self._body.doing
        if doing is None:
            return 0.0
        if doing.has_begun:
            return max(0, doing.ends_ns - self._timeline.now_ns) / NS_PER_S
        travel_s = self._ground.routes.travel_time_s(self._body.vertex, doing.vertex)
        return travel_s * self._ground.site.speed_mps / self._speed_mps + doing.span_s
