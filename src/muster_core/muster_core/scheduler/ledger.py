"""The scheduler's durable state: a fold over its log, and nothing else (I6).

Rules for editors: only ``apply`` changes a ledger, and only by an event. Anything that cannot be
rebuilt from the log (heartbeats, requests under way, leases) lives elsewhere.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from muster_core import events as ev
from muster_core.errors import ErrorCode
from muster_core.ids import AttemptId, OrderId, RobotId, TaskId
from muster_core.order import PRIORITY_MAX, Order
from muster_core.robot import RobotDescription
from muster_core.states import (
    ATTEMPT_TABLE,
    ORDER_TABLE,
    ROBOT_TABLE,
    TASK_TABLE,
    AttemptState,
    OrderState,
    RobotStanding,
    TaskState,
    transition,
)
from muster_core.task import OutcomeResult, Task


class Attempt(msgspec.Struct):
    """One try of a task by one robot, as far as the log knows it."""

    attempt_id: AttemptId
    robot_id: RobotId
    state: AttemptState = AttemptState.OFFERED
    steps_finished: int = 0


class TaskRecord(msgspec.Struct):
    """A task and how far it is. ``attempt`` is the newest one, open or ended."""

    task: Task
    state: TaskState = TaskState.WAITING
    attempt: Attempt | None = None
    attempts: int = 0
    failures: int = 0
    retry_not_before_ns: int = 0

    @property
    def open_attempt(self) -> Attempt | None:
        """The attempt that a robot holds now (I3: at most one)."""
        is_open = self.state in (TaskState.ASSIGNED, TaskState.RUNNING)
        return self.attempt if is_open else None


class OrderRecord(msgspec.Struct):
    """An order and how far it is. Times UTC, ns."""

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

    @property
    def current_task(self) -> TaskRecord | None:
        """The first task that has not ended: tasks of an order are done one after the other."""
        return next((task for task in self.tasks if not task.state.is_final), None)


class RobotRecord(msgspec.Struct):
    """A robot as far as the log knows it."""

    description: RobotDescription
    standing: RobotStanding = RobotStanding.FREE
    attempt_id: AttemptId = AttemptId("")
    task_id: TaskId = TaskId("")
    order_id: OrderId = OrderId("")


class Ledger:
    """Orders and robots after the events that were applied.

    :param orders_remembered_max: ended orders that are kept; the oldest is forgotten beyond it.
    """

    def __init__(self, *, orders_remembered_max: int) -> None:
        self.epoch = 0
        self.seq = 0
        self.orders: dict[OrderId, OrderRecord] = {}
        self.robots: dict[RobotId, RobotRecord] = {}
        self.counts = dict.fromkeys(OrderState, 0)
        # Indexes, derived from the above: orders to plan, in order of acceptance; tasks that a
        # robot could be given, by id; waiting orders per priority.
        self.unplanned: dict[OrderId, OrderRecord] = {}
        self.ready: dict[TaskId, OrderRecord] = {}
        self.waiting_by_priority = [0] * (PRIORITY_MAX + 1)
        self._ended: deque[OrderId] = deque()
        self._orders_remembered_max = orders_remembered_max
        self._handlers: dict[type, Callable[[Any, ev.Record], None]] = {
            ev.EpochStarted: self._on_epoch_started,
            ev.OrderAccepted: self._on_order_accepted,
            ev.OrderPlanned: self._on_order_planned,
            ev.TaskAssigned: self._on_task_assigned,
            ev.AttemptStarted: self._on_attempt_started,
            ev.StepFinished: self._on_step_finished,
            ev.AttemptEnded: self._on_attempt_ended,
            ev.OrderCancelRequested: self._on_order_cancel_requested,
            ev.OrderCompleted: self._on_order_completed,
            ev.OrderFailed: self._on_order_failed,
            ev.OrderCancelled: self._on_order_cancelled,
            ev.RobotDescribed: self._on_robot_described,
            ev.RobotSilent: self._on_robot_silent,
            ev.RobotReturned: self._on_robot_returned,
        }

    @property
    def orders_open(self) -> int:
        """Orders that have not ended."""
        return sum(count for state, count in self.counts.items() if not state.is_final)

    def apply(self, record: ev.Record) -> None:
        """Take in one event.

        :raises IllegalTransitionError: when it does not fit the state; then nothing was changed.
        """
        assert record.seq == self.seq + 1, f"event {record.seq} after event {self.seq}"
        self._handlers[type(record.event)](record.event, record)
        self.seq = record.seq

    def state_hash(self) -> str:
        """A digest of everything that matters, equal for equal histories on any machine (I6)."""
        content = {
            "epoch": self.epoch,
            "seq": self.seq,
            "orders": list(self.orders.values()),
            "robots": [self.robots[robot_id] for robot_id in sorted(self.robots)],
            "ended": list(self._ended),
        }
        return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()

    def places(self) -> dict[str, OrderId]:
        """The places that open orders still need, each with one of those orders."""
        return {
            step.place: order.order.order_id
            for order in self.orders.values()
            if not order.state.is_final
            for task in order.tasks
            for step in task.task.steps
            if step.place
        }

    def robot_of(self, attempt_id: AttemptId) -> RobotId | None:
        """The robot that holds the attempt now."""
        task = self.task_of_attempt(attempt_id)
        attempt = task.open_attempt if task else None
        return attempt.robot_id if attempt and attempt.attempt_id == attempt_id else None

    def task_of_attempt(self, attempt_id: AttemptId) -> TaskRecord | None:
        """The task that the attempt was a try of; None when it is not known (any more)."""
        return self.task(TaskId(attempt_id.rpartition("#")[0]))

    def task(self, task_id: TaskId) -> TaskRecord | None:
        """The task; None when it is not known (any more)."""
        order_id, _, index = task_id.rpartition("/")
        order = self.orders.get(OrderId(order_id))
        if order is None or not index.isdecimal() or int(index) >= len(order.tasks):
            return None
        return order.tasks[int(index)]

    def _on_epoch_started(self, event: ev.EpochStarted, _: ev.Record) -> None:
        self.epoch = event.epoch

    def _on_order_accepted(self, event: ev.OrderAccepted, record: ev.Record) -> None:
        assert event.order_id not in self.orders, f"order {event.order_id} accepted twice"
        order = OrderRecord(
            event.order, event.digest, event.traceparent, record.seq, record.wall_ns
        )
        self.orders[event.order_id] = order
        self.counts[OrderState.ACCEPTED] += 1
        self.unplanned[event.order_id] = order
        self.waiting_by_priority[order.order.priority] += 1

    def _on_order_planned(self, event: ev.OrderPlanned, _: ev.Record) -> None:
        order = self.orders[event.order_id]
        self._move(order, "order_planned")
        order.tasks = [TaskRecord(task) for task in event.tasks]
        del self.unplanned[event.order_id]
        self._index_current_task(order)

    def _on_task_assigned(self, event: ev.TaskAssigned, _: ev.Record) -> None:
        order, robot = self.orders[event.order_id], self.robots[event.robot_id]
        task = self._task(event.task_id)
        after = transition(TASK_TABLE, "task", event.task_id, task.state, "task_assigned")
        standing = self._standing(event.robot_id, "task_assigned")
        was_active = order.state is OrderState.ACTIVE
        self._move(order, "task_assigned")
        task.state, robot.standing = after, standing
        task.attempt = Attempt(event.attempt_id, event.robot_id)
        task.attempts += 1
        robot.attempt_id, robot.task_id = event.attempt_id, event.task_id
        robot.order_id = event.order_id
        del self.ready[event.task_id]
        if not was_active:
            self.waiting_by_priority[order.order.priority] -= 1

    def _on_attempt_started(self, event: ev.AttemptStarted, _: ev.Record) -> None:
        task = self._task(event.task_id)
        assert task.attempt is not None
        after = transition(TASK_TABLE, "task", event.task_id, task.state, "attempt_started")
        task.attempt.state = transition(
            ATTEMPT_TABLE, "attempt", event.attempt_id, task.attempt.state, "started"
        )
        task.state = after

    def _on_step_finished(self, event: ev.StepFinished, _: ev.Record) -> None:
        attempt = self._task(event.task_id).attempt
        assert attempt is not None and attempt.steps_finished == event.step_index
        attempt.steps_finished += 1

    def _on_attempt_ended(self, event: ev.AttemptEnded, _: ev.Record) -> None:
        order, robot = self.orders[event.order_id], self.robots[event.robot_id]
        task = self._task(event.task_id)
        assert task.attempt is not None and task.attempt.attempt_id == event.attempt_id
        has_succeeded = event.result is OutcomeResult.SUCCEEDED
        happened = "attempt_succeeded" if has_succeeded else "attempt_ended"
        after = transition(TASK_TABLE, "task", event.task_id, task.state, happened)
        standing = self._standing(event.robot_id, "attempt_ended")
        task.attempt.state = transition(
            ATTEMPT_TABLE, "attempt", event.attempt_id, task.attempt.state, event.result.value
        )
        task.attempt.steps_finished = max(task.attempt.steps_finished, event.steps_finished)
        task.state, robot.standing = after, standing
        task.retry_not_before_ns = event.retry_not_before_ns
        if event.result in (OutcomeResult.FAILED, OutcomeResult.LOST):
            task.failures += 1
        robot.attempt_id, robot.task_id = AttemptId(""), TaskId("")
        robot.order_id = OrderId("")
        self._index_current_task(order)

    def _on_order_cancel_requested(self, event: ev.OrderCancelRequested, _: ev.Record) -> None:
        order = self.orders[event.order_id]
        order.cancel_requested = True
        order.cancel_reason = event.reason

    def _on_order_completed(self, event: ev.OrderCompleted, record: ev.Record) -> None:
        order = self.orders[event.order_id]
        assert all(task.state is TaskState.COMPLETED for task in order.tasks)
        self._end(order, "order_completed", record)

    def _on_order_failed(self, event: ev.OrderFailed, record: ev.Record) -> None:
        order = self.orders[event.order_id]
        self._end(order, "order_failed", record)
        order.message, order.error_code = event.reason, event.error_code

    def _on_order_cancelled(self, event: ev.OrderCancelled, record: ev.Record) -> None:
        order = self.orders[event.order_id]
        self._end(order, "order_cancelled", record)
        order.message = event.reason

    def _on_robot_described(self, event: ev.RobotDescribed, _: ev.Record) -> None:
        robot = self.robots.get(event.robot_id)
        if robot is None:
            self.robots[event.robot_id] = RobotRecord(event.description)
        else:
            robot.description = event.description

    def _on_robot_silent(self, event: ev.RobotSilent, _: ev.Record) -> None:
        self.robots[event.robot_id].standing = self._standing(event.robot_id, "robot_silent")

    def _on_robot_returned(self, event: ev.RobotReturned, _: ev.Record) -> None:
        self.robots[event.robot_id].standing = self._standing(event.robot_id, "robot_returned")

    def _task(self, task_id: TaskId) -> TaskRecord:
        task = self.task(task_id)
        assert task is not None, f"task {task_id} is not in the log"
        return task

    def _standing(self, robot_id: RobotId, event: str) -> RobotStanding:
        return transition(ROBOT_TABLE, "robot", robot_id, self.robots[robot_id].standing, event)

    def _move(self, order: OrderRecord, event: str) -> None:
        after = transition(ORDER_TABLE, "order", order.order.order_id, order.state, event)
        self.counts[order.state] -= 1
        self.counts[after] += 1
        order.state = after

    def _end(self, order: OrderRecord, event: str, record: ev.Record) -> None:
        was_waiting = order.state in (OrderState.ACCEPTED, OrderState.PLANNED)
        assert all(task.open_attempt is None for task in order.tasks), "a robot still holds it"
        self._move(order, event)
        for task in order.tasks:
            if not task.state.is_final:
                identity = task.task.task_id
                task.state = transition(TASK_TABLE, "task", identity, task.state, event)
                self.ready.pop(identity, None)
        order.ended_ns = record.wall_ns
        if was_waiting:
            self.waiting_by_priority[order.order.priority] -= 1
        self.unplanned.pop(order.order.order_id, None)
        self._ended.append(order.order.order_id)
        if len(self._ended) > self._orders_remembered_max:
            del self.orders[self._ended.popleft()]

    def _index_current_task(self, order: OrderRecord) -> None:
        task = order.current_task
        if task is not None and task.state is TaskState.WAITING:
            self.ready[task.task.task_id] = order
