"""What the log holds of an order, a task, an attempt and a robot: the nouns of the ledger.

Rules for editors: these change by ``Ledger.apply`` alone. All of it is in the state's hash (I6).
"""

from __future__ import annotations

import msgspec

from muster_core.errors import ErrorCode
from muster_core.ids import AttemptId, OrderId, RobotId, TaskId
from muster_core.order import Order
from muster_core.robot import RobotDescription
from muster_core.states import AttemptState, OrderState, RobotStanding, TaskState
from muster_core.task import Task

_OPEN_TASK_STATES = frozenset({TaskState.ASSIGNED, TaskState.RUNNING})
_WAITING_ORDER_STATES = frozenset({OrderState.ACCEPTED, OrderState.PLANNED})


class Attempt(msgspec.Struct):
    """One try of a task by one robot, as far as the log knows it.

    :param task: what is tried; the task itself may be revised afterwards.
    :param is_permitted: the robot may have done a step that cannot be repeated.
    :param is_uncertain: the step after ``steps_finished`` may or may not have been done.
    """

    attempt_id: AttemptId
    robot_id: RobotId
    task: Task
    state: AttemptState = AttemptState.OFFERED
    steps_finished: int = 0
    is_permitted: bool = False
    is_uncertain: bool = False


class TaskRecord(msgspec.Struct):
    """A task and how far it is. ``attempt`` is the newest one, open or ended.

    :param task: what is to be done now; differs from ``planned`` once that was revised.
    :param failures: failed or lost attempts since it was planned, or resumed by a person.
    :param tried: the robots of those failures, each once, oldest first.
    :param story: a sentence for each of those failures.
    """

    task: Task
    planned: Task
    state: TaskState = TaskState.WAITING
    attempt: Attempt | None = None
    attempts: int = 0
    failures: int = 0
    retry_not_before_ns: int = 0
    tried: list[RobotId] = []
    story: list[str] = []

    @property
    def open_attempt(self) -> Attempt | None:
        """The attempt that a robot holds now (I3: at most one)."""
        return self.attempt if self.state in _OPEN_TASK_STATES else None

    @property
    def lost_attempt(self) -> Attempt | None:
        """The newest attempt, when its robot was lost and nothing was done since."""
        is_lost = self.attempt is not None and self.attempt.state is AttemptState.LOST
        return self.attempt if is_lost and self.state is TaskState.WAITING else None


class OrderRecord(msgspec.Struct):
    """An order and how far it is. Times UTC, ns.

    :param item_robot_id: of a suspended order, the robot that has the item or may have it.
    :param item_vertex: where that robot was last known to be.
    """

    order: Order
    digest: str
    traceparent: str
    seq: int
    accepted_ns: int
    state: OrderState = OrderState.ACCEPTED
    tasks: list[TaskRecord] = []
    ended_ns: int = 0
    message: str = ""
    error_code: ErrorCode = ErrorCode.NONE
    cancel_requested: bool = False
    cancel_reason: str = ""
    item_robot_id: RobotId = RobotId("")
    item_vertex: str = ""

    @property
    def current_task(self) -> TaskRecord | None:
        """The first task that has not ended: tasks of an order are done one after the other."""
        for task in self.tasks:
            if not task.state.is_final:
                return task
        return None

    @property
    def is_waiting(self) -> bool:
        """Whether no robot has had a task of it yet."""
        return self.state in _WAITING_ORDER_STATES


class RobotRecord(msgspec.Struct):
    """A robot as far as the log knows it.

    :param failures: failed or lost attempts in a row.
    :param bars: how often it was barred in a row; 0 = it is not barred.
    :param probe_not_before_ns: when a barred robot may do its probe task, UTC.
    :param instead_of: the lost robot that this spare stands in for; empty = it was not called.
    """

    description: RobotDescription
    standing: RobotStanding = RobotStanding.FREE
    attempt_id: AttemptId = AttemptId("")
    task_id: TaskId = TaskId("")
    order_id: OrderId = OrderId("")
    failures: int = 0
    bars: int = 0
    probe_not_before_ns: int = 0
    instead_of: RobotId = RobotId("")
