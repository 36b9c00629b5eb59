"""What an agent's core is told."""

from __future__ import annotations

from dataclasses import dataclass

from muster_core.driver.protocol import DriverReport
from muster_core.ids import AttemptId, OrderId, TaskId
from muster_core.task import Step
from muster_core.traffic.effects import Release


@dataclass(frozen=True, slots=True)
class Grant:
    """The right to go on with an attempt.

    :param heard_report: the agent's own report that the scheduler had heard last. The lease runs
        from when that was made; a number of another incarnation grants nothing.
    :param steps_permitted: the first step that may not begin yet.
    """

    attempt_id: AttemptId
    heard_report: int
    steps_permitted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOffered:
    """A scheduler wants a task done. May come more than once, and late.

    :param lease_s: how long the robot may work on it, s; later grants extend it.
    :param heard_report: see :class:`Grant`. An offer whose lease is over is not taken up.
    :param steps_permitted: see :class:`Grant`.
    """

    epoch: int
    attempt_id: AttemptId
    task_id: TaskId
    order_id: OrderId
    lease_s: float
    heard_report: int
    steps_permitted: int
    steps: tuple[Step, ...]
    traceparent: str = ""

    @property
    def grant(self) -> Grant:
        """The grant that the offer is."""
        return Grant(self.attempt_id, self.heard_report, self.steps_permitted)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasesReceived:
    """A scheduler granted, revoked and acknowledged attempts; those of this robot only.

    :param duration_s: how long each grant is good for from the report it names, s.
    """

    epoch: int
    duration_s: float
    granted: tuple[Grant, ...] = ()
    revoked: tuple[AttemptId, ...] = ()
    acknowledged: tuple[AttemptId, ...] = ()


@dataclass(frozen=True, slots=True)
class DriverReported:
    """The driver was asked, after the effects handed out last were performed."""

    report: DriverReport


@dataclass(frozen=True, slots=True)
class StopRequested:
    """Somebody at the robot's own interface wants an attempt stopped."""

    attempt_id: AttemptId


@dataclass(frozen=True, slots=True)
class ReleaseReceived:
    """Traffic released a stretch. May be another robot's, and come more than once, and late."""

    release: Release


@dataclass(frozen=True, slots=True)
class RollCalled:
    """A traffic of that epoch asks what the robot holds, and that no older one be obeyed."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time has passed."""


Input = (
    TaskOffered
    | LeasesReceived
    | DriverReported
    | StopRequested
    | ReleaseReceived
    | RollCalled
    | Ticked
)
