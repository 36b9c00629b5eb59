"""What the scheduler's core asks its shell to do, and what it hands out in one go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from muster_core.errors import Refusal
from muster_core.events import Record
from muster_core.ids import AttemptId, RobotId
from muster_core.order import Order
from muster_core.policy.protocol import Snapshot
from muster_core.scheduler.view import OrderView
from muster_core.task import Task


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer a request: refused, or accepted with the order's state.

    :param is_duplicate: the same order had been accepted before.
    """

    reply_to: Any
    refusal: Refusal | None
    view: OrderView | None
    is_duplicate: bool = False


@dataclass(frozen=True, slots=True)
class SendTask:
    """Send an attempt to its robot's agent. Sending it again is harmless.

    :param heard_report: see :class:`GrantedHold`; so is ``steps_permitted``.
    """

    robot_id: RobotId
    epoch: int
    attempt_id: AttemptId
    task: Task
    lease_s: float
    heard_report: int
    steps_permitted: int
    traceparent: str


@dataclass(frozen=True, slots=True)
class GrantedHold:
    """A robot's right to go on with its attempt.

    :param heard_report: the number of the robot's newest report; its lease runs from that.
    :param steps_permitted: the first step that may not begin yet.
    """

    robot_id: RobotId
    attempt_id: AttemptId
    heard_report: int
    steps_permitted: int


@dataclass(frozen=True, slots=True)
class PublishLeases:
    """Tell all agents what they may go on with, must stop, and may forget."""

    epoch: int
    duration_s: float
    grants: tuple[GrantedHold, ...]
    revocations: tuple[tuple[RobotId, AttemptId], ...]
    acknowledgements: tuple[tuple[RobotId, AttemptId], ...]


@dataclass(frozen=True, slots=True)
class RequestPlans:
    """Ask the policy what the orders mean as tasks."""

    request_id: int
    orders: tuple[Order, ...]
    budget_s: float


@dataclass(frozen=True, slots=True)
class RequestDecision:
    """Ask the policy who should do what."""

    request_id: int
    snapshot: Snapshot
    budget_s: float


Query = RequestPlans | RequestDecision
Effect = Reply | SendTask | PublishLeases


@dataclass(frozen=True, slots=True)
class Ready:
    """What came of the inputs since the last time.

    :param queries: questions to the policy. They change nothing, so they may leave at once.
    :param records: to be made durable, in this order.
    :param effects: to be performed, in this order, only once ``records`` are durable.
    """

    queries: tuple[Query, ...]
    records: tuple[Record, ...]
    effects: tuple[Effect, ...]
