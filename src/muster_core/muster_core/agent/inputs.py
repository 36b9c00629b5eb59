"""What an agent's core is told."""

from __future__ import annotations

from dataclasses import dataclass

from muster_core.driver.protocol import DriverReport
from muster_core.ids import AttemptId, OrderId, TaskId
from muster_core.task import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOffered:
    """A scheduler wants a task done. May come more than once, and late.

    :param lease_s: how long the robot may work on it from now, s; later grants extend it.
    """

    epoch: int
    attempt_id: AttemptId
    task_id: TaskId
    order_id: OrderId
    lease_s: float
    steps: tuple[Step, ...]
    traceparent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasesReceived:
    """A scheduler granted, revoked and acknowledged attempts; those of this robot only.

    :param duration_s: how long each grant is good for from now, s.
    """

    epoch: int
    duration_s: float
    granted: tuple[AttemptId, ...] = ()
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
class Ticked:
    """Time has passed."""


Input = TaskOffered | LeasesReceived | DriverReported | StopRequested | Ticked
