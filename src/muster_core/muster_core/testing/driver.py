"""A driver without a robot: steps take the time they are told to, or end when a test says so.

Steps leave it where it is, as if every place were there; only ways take it elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from muster_core.clock import NS_PER_S, Instant
from muster_core.config import Config
from muster_core.driver.protocol import DRIVER_API_VERSION, DriverReport, StepState, Way
from muster_core.ids import RobotId
from muster_core.site import Site
from muster_core.task import Step

FAKE_VERBS = ("go", "pick", "place", "scan", "wait", "charge")


class FakeSettings(Config, frozen=True, kw_only=True):
    """How the fake behaves."""

    # How long every step takes, s.
    step_s: float = 1.0
    # How long every edge of a way takes, s.
    edge_s: float = 1.0
    # How long it takes to stop, s.
    stop_s: float = 0.2
    # Charge, 0 to 1; a finished charge step makes it 1.
    battery: float = 1.0


@dataclass(slots=True)
class _Doing:
    step: Step
    began_ns: int
    ends_ns: int
    end: StepState = StepState.FINISHED


@dataclass(slots=True)
class _Driving:
    """A drive; ``way`` is what is left of it after a stop or with what was added to it."""

    way: Way
    began_ns: int
    edge_ns: int
    end: StepState = StepState.FINISHED

    @property
    def ends_ns(self) -> int:
        """When the end of the way is reached."""
        return self.began_ns + (len(self.way.vertices) - 1) * self.edge_ns

    def next_index(self, now_ns: int) -> int:
        """The index of the first vertex that is reached now or later."""
        return min(-(-(now_ns - self.began_ns) // self.edge_ns), len(self.way.vertices) - 1)


class FakeDriver:
    """A :class:`WayDriver` that records what it was told.

    :param settings: how long things take.
    :param positions_m: (x, y) of vertices; of others it says that they are at the origin.
    """

    api_version: ClassVar[int] = DRIVER_API_VERSION
    name: ClassVar[str] = "fake"
    version: ClassVar[str] = "1"
    settings_type: ClassVar[type[Config]] = FakeSettings

    def __init__(
        self,
        settings: FakeSettings | None = None,
        *,
        vertex: str = "",
        positions_m: Mapping[str, tuple[float, float]] | None = None,
    ) -> None:
        self.settings = settings or FakeSettings()
        self._positions_m = positions_m or {}
        self.started: list[Step] = []
        self.ways: list[Way] = []
        self.stops = 0
        self.is_closed = False
        self._doing: _Doing | None = None
        self._driving: _Driving | None = None
        x, y = self._position_m(vertex)
        self._still = DriverReport(x, y, 0.0, vertex, self.settings.battery, StepState.NONE)

    @classmethod
    def create(
        cls, robot_id: RobotId, site: Site, settings: FakeSettings, now: Instant
    ) -> FakeDriver:
        """See :class:`Driver`."""
        return cls(settings, vertex=site.vertices[0].name)

    @property
    def verbs(self) -> tuple[str, ...]:
        """See :class:`Driver`."""
        return FAKE_VERBS

    @property
    def capabilities(self) -> tuple[str, ...]:
        """See :class:`Driver`."""
        return ()

    @property
    def speed_mps_max(self) -> float:
        """See :class:`Driver`."""
        return 1.0

    def estimate_s(self, steps: Sequence[Step], vertex: str) -> float:
        """See :class:`Driver`."""
        return self.settings.step_s * len(steps)

    def start(self, step: Step, now: Instant) -> None:
        """See :class:`Driver`."""
        self.started.append(step)
        if step.verb not in FAKE_VERBS:
            self._stand(StepState.FAILED, f"cannot {step.verb!r}")
            return
        ends_ns = now.later(max(self.settings.step_s, step.duration_s)).steady_ns
        self._doing = _Doing(step, now.steady_ns, ends_ns)

    def drive(self, way: Way, now: Instant) -> None:
        """See :class:`WayDriver`. It can drive from anywhere to anywhere."""
        self.ways.append(way)
        driving, edge_ns = self._driving, max(1, int(self.settings.edge_s * NS_PER_S))
        if driving is None:
            self._driving = _Driving(way, now.steady_ns, edge_ns)
            return
        passed = driving.way.vertices[: driving.next_index(now.steady_ns) + 1]
        after = max(0, driving.way.first + len(passed) - way.first)
        driving.way = Way(driving.way.first, (*passed, *way.vertices[after:]))
        driving.end = StepState.FINISHED

    def stop(self, now: Instant) -> None:
        """See :class:`Driver`."""
        self.stops += 1
        driving = self._driving
        if driving is not None and now.steady_ns < driving.ends_ns:
            count = driving.next_index(now.steady_ns) + 1
            if count < len(driving.way.vertices):
                driving.way = Way(driving.way.first, driving.way.vertices[:count])
                driving.end = StepState.STOPPED
        doing = self._doing
        if doing is None or doing.ends_ns <= now.steady_ns or doing.end is StepState.STOPPED:
            return
        if doing.step.verb not in ("pick", "place"):
            doing.end = StepState.STOPPED
            doing.ends_ns = min(doing.ends_ns, now.later(self.settings.stop_s).steady_ns)

    def poll(self, now: Instant) -> DriverReport:
        """See :class:`Driver`."""
        if self._driving is not None:
            return self._on_the_way(self._driving, now)
        doing = self._doing
        if doing is None:
            return self._still
        if now.steady_ns < doing.ends_ns:
            done_ns, whole_ns = now.steady_ns - doing.began_ns, doing.ends_ns - doing.began_ns
            return replace(
                self._still,
                step_state=StepState.RUNNING,
                progress=done_ns / whole_ns,
                remaining_s=(doing.ends_ns - now.steady_ns) / NS_PER_S,
                message="",
            )
        if doing.step.verb == "charge" and doing.end is StepState.FINISHED:
            self.set_battery(1.0)
        self._stand(doing.end)
        return self._still

    def close(self) -> None:
        """See :class:`Driver`."""
        self.is_closed = True

    def _on_the_way(self, driving: _Driving, now: Instant) -> DriverReport:
        way, passed_ns = driving.way, now.steady_ns - driving.began_ns
        index = min(passed_ns // driving.edge_ns, len(way.vertices) - 1)
        vertex, reached = way.vertices[index], way.first + index
        x, y = self._position_m(vertex)
        self._still = replace(self._still, x=x, y=y, vertex=vertex, reached=reached, next_vertex="")
        if now.steady_ns >= driving.ends_ns:
            self._stand(driving.end)
            return self._still
        next_vertex, share = way.vertices[index + 1], passed_ns % driving.edge_ns / driving.edge_ns
        to_x, to_y = self._position_m(next_vertex)
        return replace(
            self._still,
            x=x + share * (to_x - x),
            y=y + share * (to_y - y),
            step_state=StepState.RUNNING,
            next_vertex=next_vertex if share else "",
            message="",
        )

    def _position_m(self, vertex: str) -> tuple[float, float]:
        return self._positions_m.get(vertex, (0.0, 0.0))

    def is_in_step(self, now: Instant) -> bool:
        """Whether a step is under way, and not a drive."""
        return self.poll(now).step_state is StepState.RUNNING and self._driving is None

    def fail(self, message: str) -> None:
        """End the step under way as failed."""
        self._stand(StepState.FAILED, message)

    def forget(self) -> None:
        """Know of no step any more, as a robot does that was switched off and on."""
        self._stand(StepState.NONE)

    def break_down(self, now: Instant) -> None:
        """Stand where it is, between two vertices perhaps, and know of no step any more."""
        report = self.poll(now)
        self._still = replace(self._still, x=report.x, y=report.y, next_vertex=report.next_vertex)
        self._stand(StepState.NONE)

    def set_battery(self, battery: float) -> None:
        """Set the charge, 0 to 1."""
        self._still = replace(self._still, battery=battery)

    def set_fault(self, fault: str) -> None:
        """Have it need a person; empty = it does no longer."""
        self._still = replace(self._still, fault=fault)

    def _stand(self, state: StepState, message: str = "") -> None:
        self._doing = self._driving = None
        progress = 1.0 if state is StepState.FINISHED else 0.0
        self._still = replace(self._still, step_state=state, message=message, progress=progress)
