"""The facts that the scheduler's log holds, past tense; the log of them is the truth.

Rules for editors: an event is never changed once released, only added to (new fields get defaults);
its tag is its name on the wire, in `muster events` and in Kafka. What is needed to explain a
decision is in the event, for nothing else survives.
"""

from __future__ import annotations

import msgspec

from muster_core.errors import ErrorCode
from muster_core.ids import AttemptId, OrderId, RobotId, TaskId
from muster_core.order import Order
from muster_core.robot import RobotDescription
from muster_core.task import OutcomeResult, Resolution, Task


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    pass


class EpochStarted(_Event, frozen=True, kw_only=True, tag="epoch_started"):
    """A scheduler took the lead. Every later event of this epoch is its own."""

    epoch: int
    scheduler: str
    version: str
    site: str
    site_digest: str


class OrderAccepted(_Event, frozen=True, kw_only=True, tag="order_accepted"):
    """An order is now Muster's to see through (I1, I2). ``digest`` tells retries from changes."""

    order_id: OrderId
    order: Order
    digest: str
    traceparent: str


class OrderPlanned(_Event, frozen=True, kw_only=True, tag="order_planned"):
    """A policy turned the order into tasks, done one after the other."""

    order_id: OrderId
    tasks: tuple[Task, ...]
    policy: str
    policy_version: str
    fallback: bool = False
    traceparent: str = ""


class TaskAssigned(_Event, frozen=True, kw_only=True, tag="task_assigned"):
    """A task was given to a robot: an attempt exists, and the robot is held.

    :param cost: the policy's own measure (built-in policies: seconds until the pick-up).
    :param runner_up: the best robot that was not chosen, and its cost; empty when there was none.
    """

    order_id: OrderId
    task_id: TaskId
    attempt_id: AttemptId
    robot_id: RobotId
    epoch: int
    policy: str
    policy_version: str
    fallback: bool = False
    cost: float = 0.0
    runner_up: str = ""
    runner_up_cost: float = 0.0
    traceparent: str = ""


class AttemptStarted(_Event, frozen=True, kw_only=True, tag="attempt_started"):
    """The robot reported that it works on the attempt."""

    order_id: OrderId
    task_id: TaskId
    attempt_id: AttemptId
    robot_id: RobotId
    traceparent: str = ""


class StepFinished(_Event, frozen=True, kw_only=True, tag="step_finished"):
    """The robot finished a step. What was picked, and where, follows from these."""

    order_id: OrderId
    task_id: TaskId
    attempt_id: AttemptId
    robot_id: RobotId
    step_index: int
    verb: str
    place: str = ""
    traceparent: str = ""


class PickPermitted(_Event, frozen=True, kw_only=True, tag="pick_permitted"):
    """The robot may do the step at ``step_index``, which cannot be repeated, and those after it.

    Before this event nobody can have done it; after it nobody else may, whatever becomes of the
    robot (I11).
    """

    order_id: OrderId
    task_id: TaskId
    attempt_id: AttemptId
    robot_id: RobotId
    step_index: int
    traceparent: str = ""


class AttemptEnded(_Event, frozen=True, kw_only=True, tag="attempt_ended"):
    """A try ended. Unless it succeeded, its task waits until ``retry_not_before_ns`` (UTC).

    :param uncertain: the step after ``steps_finished`` may or may not have been done.
    """

    order_id: OrderId
    task_id: TaskId
    attempt_id: AttemptId
    robot_id: RobotId
    result: OutcomeResult
    steps_finished: int = 0
    error_code: ErrorCode = ErrorCode.NONE
    message: str = ""
    retry_not_before_ns: int = 0
    uncertain: bool = False
    traceparent: str = ""


class OutcomeArrivedLate(_Event, frozen=True, kw_only=True, tag="outcome_arrived_late"):
    """A robot that had been lost told how the attempt really ended."""

    order_id: OrderId
    task_id: TaskId
    attempt_id: AttemptId
    robot_id: RobotId
    result: OutcomeResult
    steps_finished: int = 0
    error_code: ErrorCode = ErrorCode.NONE
    message: str = ""
    uncertain: bool = False
    traceparent: str = ""


class TaskRevised(_Event, frozen=True, kw_only=True, tag="task_revised"):
    """What is left of a task is another thing than was planned: its purpose says what for."""

    order_id: OrderId
    task_id: TaskId
    task: Task
    reason: str
    traceparent: str = ""


class OrderSuspended(_Event, frozen=True, kw_only=True, tag="order_suspended"):
    """A person is asked what became of the item; nothing more is done until then.

    :param robot_id: the robot that has it, or may have it.
    :param vertex: where that robot was last known to be; empty when unknown.
    """

    order_id: OrderId
    reason: str
    robot_id: RobotId
    vertex: str = ""
    traceparent: str = ""


class OrderResolved(_Event, frozen=True, kw_only=True, tag="order_resolved"):
    """A person answered; what follows from it is in the next events."""

    order_id: OrderId
    resolution: Resolution
    requester: str = ""
    reason: str = ""
    traceparent: str = ""


class OrderResumed(_Event, frozen=True, kw_only=True, tag="order_resumed"):
    """A suspended order goes on, and why."""

    order_id: OrderId
    reason: str
    traceparent: str = ""


class OrderCancelRequested(_Event, frozen=True, kw_only=True, tag="order_cancel_requested"):
    """Somebody asked that the order should end; its robot may still have to stop."""

    order_id: OrderId
    requester: str = ""
    reason: str = ""
    traceparent: str = ""


class OrderCompleted(_Event, frozen=True, kw_only=True, tag="order_completed"):
    """All tasks of the order are done, or a person says that the item is where it should be."""

    order_id: OrderId
    reason: str = ""
    traceparent: str = ""


class OrderFailed(_Event, frozen=True, kw_only=True, tag="order_failed"):
    """The order was given up, and why."""

    order_id: OrderId
    error_code: ErrorCode
    reason: str
    traceparent: str = ""


class OrderCancelled(_Event, frozen=True, kw_only=True, tag="order_cancelled"):
    """The order ended on request; no robot works on it any more."""

    order_id: OrderId
    reason: str = ""
    traceparent: str = ""


class RobotDescribed(_Event, frozen=True, kw_only=True, tag="robot_described"):
    """A robot joined the fleet, or is not what it was."""

    robot_id: RobotId
    description: RobotDescription


class RobotSilent(_Event, frozen=True, kw_only=True, tag="robot_silent"):
    """A robot's heartbeat has been missing for longer than its lease; it holds nothing any more."""

    robot_id: RobotId
    silent_s: float


class RobotReturned(_Event, frozen=True, kw_only=True, tag="robot_returned"):
    """A silent robot was heard again."""

    robot_id: RobotId


class RobotBarred(_Event, frozen=True, kw_only=True, tag="robot_barred"):
    """A robot failed repeatedly; it is given no work until it has done a probe task.

    :param failures: failed attempts in a row.
    :param probe_not_before_ns: when the probe may be tried, UTC.
    """

    robot_id: RobotId
    failures: int
    reason: str
    probe_not_before_ns: int


class RobotCleared(_Event, frozen=True, kw_only=True, tag="robot_cleared"):
    """A barred robot did its probe task; it is given work again."""

    robot_id: RobotId
    order_id: OrderId


class SpareCalled(_Event, frozen=True, kw_only=True, tag="spare_called"):
    """A spare robot stands in for one that was lost."""

    robot_id: RobotId
    instead_of: RobotId


class SpareReleased(_Event, frozen=True, kw_only=True, tag="spare_released"):
    """The robot that a spare stood in for is back."""

    robot_id: RobotId
    instead_of: RobotId


Event = (
    EpochStarted
    | OrderAccepted
    | OrderPlanned
    | TaskAssigned
    | AttemptStarted
    | StepFinished
    | PickPermitted
    | AttemptEnded
    | OutcomeArrivedLate
    | TaskRevised
    | OrderSuspended
    | OrderResolved
    | OrderResumed
    | OrderCancelRequested
    | OrderCompleted
    | OrderFailed
    | OrderCancelled
    | RobotDescribed
    | RobotSilent
    | RobotReturned
    | RobotBarred
    | RobotCleared
    | SpareCalled
    | SpareReleased
)


class Record(msgspec.Struct, frozen=True):
    """An event at its place in the log.

    :param seq: from 1, without gaps.
    :param wall_ns: when it was recorded, UTC, ns.
    :param epoch: of the scheduler that recorded it.
    """

    seq: int
    wall_ns: int
    epoch: int
    event: Event


def event_type(event: Event) -> str:
    """The event's name on the wire, as in ``order_accepted``."""
    return str(event.__struct_config__.tag)


_ENCODER = msgspec.json.Encoder()
_EVENT_DECODER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def encode_event(event: Event) -> bytes:
    """The event as JSON, tag first."""
    return _ENCODER.encode(event)


def decode_event(body: bytes) -> Event:
    """The event in ``body``.

    :raises msgspec.MsgspecError: when it is not an event of this version.
    """
    return _EVENT_DECODER.decode(body)
