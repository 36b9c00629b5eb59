"""A driver without a robot: steps take the time they are told to, or end when a test says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from muster_core.clock import NS_PER_S, Instant
from muster_core.config import Config
from muster_core.driver.protocol import DRIVER_API_VERSION, DriverReport, StepState
from muster_core.ids import RobotId
from muster_core.site import Site
from muster_core.task import Step

FAKE_VERBS = ("go", "pick", "place", "scan", "wait", "charge")


class FakeSettings(Config, frozen=True, kw_only=True):
    """How the fake behaves."""

    # How long every step takes, s.
    step_s: float = 1.0
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


class FakeDriver:
    """A :class:`Driver` that stays where it is and records what it was told.

    :param settings: how long things take.
    """

    api_version: ClassVar[int] = DRIVER_API_VERSION
    name: ClassVar[str] = "fake"
    version: ClassVar[str] = "1"
    settings_type: ClassVar[type[Config]] = FakeSettings

    def __init__(self, settings: FakeSettings | None = None, *, vertex: str = "") -> None:
        self.settings = settings or FakeSettings()
        self.started: list[Step] = []
        self.stops = 0
        self.is_closed = False
        self._doing: _Doing | None = None
        self._still = DriverReport(0.0, 0.0, 0.0, vertex, self.settings.battery, StepState.NONE)

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

    def stop(self, now: Instant) -> None:
        """See :class:`Driver`."""
        self.stops += 1
        doing = self._doing
        if doing is None or doing.ends_ns <= now.steady_ns or doing.end is StepState.STOPPED:
            return
        if doing.step.verb not in ("pick", "place"):
            doing.end = StepState.STOPPED
            doing.ends_ns = min(doing.ends_ns, now.later(self.settings.stop_s).steady_ns)

    def poll(self, now: Instant) -> DriverReport:
        """See :class:`Driver`."""
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

    def fail(self, message: str) -> None:
        """End the step under way as failed."""
        self._stand(StepState.FAILED, message)

    def forget(self) -> None:
        """Know of no step any more, as a robot does that was switched off and on."""
        self._stand(StepState.NONE)

    def set_battery(self, battery: float) -> None:
        """Set the charge, 0 to 1."""
        self._still = replace(self._still, battery=battery)

    def set_fault(self, fault: str) -> None:
        """Have it need a person; empty = it does no longer."""
        self._still = replace(self._still, fault=fault)

    def _stand(self, state: StepState, message: str = "") -> None:
        self._doing = None
        progress = 1.0 if state is StepState.FINISHED else 0.0
        self._still = replace(self._still, step_state=state, message=message, progress=progress)
