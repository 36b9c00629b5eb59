"""The driver of a simulated body: what production's agent worker calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from muster_core.clock import NS_PER_S, Instant
from muster_core.config import Config
from muster_core.driver.protocol import DRIVER_API_VERSION, DriverReport, StepState, Way
from muster_core.ids import RobotId
from muster_core.site import Site
from muster_core.task import Step
from muster_twin.simulation.body import EDGE_S, Body, duration_s
from muster_twin.simulation.disk import OnPause, Pause
from muster_twin.simulation.floor import Work, floor_site

VERBS = ("go", "pick", "place", "scan", "wait")
CAPABILITIES = ("fetch",)


class BodySettings(Config, frozen=True, kw_only=True):
    """A body has no settings."""


class BodyDriver:
    """Holds a body for one run of an agent. A body that moves is told to stop first.

    :param work: what the agent works on, asked when a step begins.
    """

    api_version: ClassVar[int] = DRIVER_API_VERSION
    name: ClassVar[str] = "body"
    version: ClassVar[str] = "1"
    settings_type: ClassVar[type[Config]] = BodySettings

    def __init__(self, body: Body, work: Callable[[], Work | None], pause: OnPause) -> None:
        self._body = body
        self._work = work
        self._pause = pause
        self._has_started = False
        body.stop()

    @classmethod
    def create(
        cls, robot_id: RobotId, site: Site, settings: BodySettings, now: Instant
    ) -> BodyDriver:
        """See :class:`Driver`; bodies are made by their world."""
        raise NotImplementedError("a simulated body comes with its world")

    @property
    def verbs(self) -> tuple[str, ...]:
        """See :class:`Driver`."""
        return VERBS

    @property
    def capabilities(self) -> tuple[str, ...]:
        """See :class:`Driver`."""
        return CAPABILITIES

    @property
    def speed_mps_max(self) -> float:
        """See :class:`Driver`."""
        return 1.0

    def estimate_s(self, steps: Sequence[Step], vertex: str) -> float:
        """See :class:`Driver`."""
        return sum(EDGE_S * 3 if step.verb == "go" else duration_s(step.verb) for step in steps)

    def start(self, step: Step, now: Instant) -> None:
        """See :class:`Driver`."""
        self._pause(Pause.STEP)
        self._has_started = True
        self._body.begin(step, self._work())

    def drive(self, way: Way, now: Instant) -> None:
        """See :class:`WayDriver`."""
        self._pause(Pause.STEP)
        self._has_started = True
        self._body.drive(way)

    def stop(self, now: Instant) -> None:
        """See :class:`Driver`."""
        self._pause(Pause.STEP)
        self._body.stop()

    def poll(self, now: Instant) -> DriverReport:
        """See :class:`Driver`."""
        body = self._body
        true_ns, doing = body.look(), body.doing
        state = body.state if self._has_started or doing is not None else StepState.NONE
        vertex = floor_site().vertex(body.vertex)
        return DriverReport(
            vertex.x,
            vertex.y,
            0.0,
            body.vertex,
            1.0,
            state,
            remaining_s=max(0, doing.ends_ns - true_ns) / NS_PER_S if doing else 0.0,
            message=body.message,
            fault=body.fault,
            next_vertex=body.next_vertex,
            reached=body.reached,
        )

    def close(self) -> None:
        """See :class:`Driver`."""
