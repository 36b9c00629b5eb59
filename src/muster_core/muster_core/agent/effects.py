"""What an agent's core asks its shell to do, once the records handed out with it are on disk."""

from __future__ import annotations

from dataclasses import dataclass

from muster_core.driver.protocol import Way
from muster_core.ids import AttemptId
from muster_core.robot import RobotReport
from muster_core.task import Outcome, Step
from muster_core.traffic.inputs import TrafficReport


@dataclass(frozen=True, slots=True)
class StartStep:
    """Give the driver a step."""

    step: Step


@dataclass(frozen=True, slots=True)
class Drive:
    """Have the driver drive along vertices that the robot holds. In fleets with traffic only."""

    way: Way


@dataclass(frozen=True, slots=True)
class StopDriver:
    """Have the driver stop at its next safe point."""


@dataclass(frozen=True, slots=True)
class PublishState:
    """Tell everybody what is true of the robot."""

    report: RobotReport


@dataclass(frozen=True, slots=True)
class TellProgress:
    """Tell those who follow the attempt how far its step is, 0 to 1."""

    attempt_id: AttemptId
    step_index: int
    progress: float


@dataclass(frozen=True, slots=True)
class FinishGoal:
    """Tell those who follow the attempt how it ended."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class ReportTraffic:
    """Tell traffic what the robot holds and wants. In fleets with traffic only."""

    report: TrafficReport


Effect = StartStep | Drive | StopDriver | PublishState | TellProgress | FinishGoal | ReportTraffic
