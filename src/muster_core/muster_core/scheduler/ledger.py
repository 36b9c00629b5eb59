"""The scheduler's durable state: a fold over its log, and nothing else (I6).

Rules for editors: only ``apply`` changes a ledger, and only by an event. Anything that cannot be
rebuilt from the log (heartbeats, requests under way, leases) lives elsewhere.
"""

from __future__ import annotations

import hashlib
import sys
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from muster_core import events as ev
from muster_core.ids import AttemptId, OrderId, RobotId, TaskId
from muster_core.scheduler.ledger_state import LedgerState
from muster_core.scheduler.records import Attempt, OrderRecord, RobotRecord, TaskRecord
from muster_core.scheduler.waiting_line import WaitingLine
from muster_core.states import (
    ATTEMPT_TABLE,
    ORDER_TABLE,
    ROBOT_TABLE,
    TASK_TABLE,
    OrderState,
    RobotStanding,
    TaskState,
    transition,
)
from muster_core.task import OutcomeResult, Resolution, TaskPurpose

_NO_ATTEMPT, _NO_TASK, _NO_ORDER = AttemptId(""), TaskId(""), OrderId("")
# Kept at hand: before Python 3.12, finding a member in its class takes longer than a dict does.
_ACCEPTED, _SUSPENDED = OrderState.ACCEPTED, OrderState.SUSPENDED
_WAITING, _DONE = TaskState.WAITING, TaskState.COMPLETED
_SUCCEEDED = OutcomeResult.SUCCEEDED

IDS_REMEMBERED_MAX = 8192
"""Ids that are kept taken apart; a fleet at work asks for those of its open tasks all the time."""


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
        # robot could be given, by id; orders that wait for a person; waiting orders by rank.
        self.unplanned: dict[OrderId, OrderRecord] = {}
        self.ready: dict[TaskId, OrderRecord] = {}
        self.suspended: dict[OrderId, OrderRecord] = {}
        self.line = WaitingLine()
        self._ended: deque[OrderId] = deque()
        self._orders_remembered_max = orders_remembered_max
        self._handlers: dict[type, Callable[[Any, ev.Record], None]] = {
            ev.EpochStarted: self._on_epoch_started,
            ev.OrderAccepted: self._on_order_accepted,
            ev.OrderPlanned: self._on_order_planned,
            ev.TaskAssigned: self._on_task_assigned,
            ev.AttemptStarted: self._on_attempt_started,
            ev.StepFinished: self._on_step_finished,
            ev.PickPermitted: self._on_pick_permitted,
            ev.AttemptEnded: self._on_attempt_ended,
            ev.OutcomeArrivedLate: self._on_outcome_arrived_late,
            ev.TaskRevised: self._on_task_revised,
            ev.OrderSuspended: self._on_order_suspended,
            ev.OrderResolved: self._on_order_resolved,
            ev.OrderResumed: self._on_order_resumed,
            ev.OrderCancelRequested: self._on_order_cancel_requested,
            ev.OrderCompleted: self._on_order_completed,
            ev.OrderFailed: self._on_order_failed,
            ev.OrderCancelled: self._on_order_cancelled,
            ev.RobotDescribed: self._on_robot_described,
            ev.RobotSilent: self._on_robot_silent,
            ev.RobotReturned: self._on_robot_returned,
            ev.RobotBarred: self._on_robot_barred,
            ev.RobotCleared: self._on_robot_cleared,
            ev.SpareCalled: self._on_spare_called,
            ev.SpareReleased: self._on_spare_released,
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
        content = msgspec.json.encode(self.dump(), order="deterministic")
        return hashlib.sha256(content).hexdigest()

    def dump(self) -> LedgerState:
        """All that is not derived. It shares its records with the ledger."""
        return LedgerState(
            epoch=self.epoch,
            seq=self.seq,
            orders=list(self.orders.values()),
            robots=list(self.robots.values()),
            counts=dict(self.counts),
            ended=list(self._ended),
        )

    def restore(self, state: LedgerState) -> None:
        """Become what was dumped. Only for a new ledger; the records become its own."""
        assert not self.seq and not self.orders and not self.robots
        self.epoch, self.seq = state.epoch, state.seq
        self.orders = {order.order.order_id: order for order in state.orders}
        self.robots = {robot.description.robot_id: robot for robot in state.robots}
        self.counts.update(state.counts)
        self._ended = deque(state.ended)
        for order_id, order in self.orders.items():
            if order.state.is_final:
                continue
            if order.state is _ACCEPTED:
                self.unplanned[order_id] = order
            elif order.state is _SUSPENDED:
                self.suspended[order_id] = order
            if order.is_waiting:
                self.line.join(order)
            self._index_current_task(order)

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

    def task_of_attempt(self, attempt_id: AttemptId) -> TaskRecord | None:
        """The task that the attempt was a try of; None when it is not known (any more)."""
        return self.task(_task_id(attempt_id))

    def task(self, task_id: TaskId) -> TaskRecord | None:
        """The task; None when it is not known (any more)."""
        order_id, index = _order_and_index(task_id)
        order = self.orders.get(order_id)
        return order.tasks[index] if order is not None and index < len(order.tasks) else None

    def _on_epoch_started(self, event: ev.EpochStarted, _: ev.Record) -> None:
        self.epoch = event.epoch

    def _on_order_accepted(self, event: ev.OrderAccepted, record: ev.Record) -> None:
        assert event.order_id not in self.orders, f"order {event.order_id} accepted twice"
        order = OrderRecord(
            event.order, event.digest, event.traceparent, record.seq, record.wall_ns
        )
        self.orders[event.order_id] = order
        self.counts[_ACCEPTED] += 1
        self.unplanned[event.order_id] = order
        self.line.join(order)

    def _on_order_planned(self, event: ev.OrderPlanned, _: ev.Record) -> None:
        order = self.orders[event.order_id]
        self._move(order, "order_planned")
        order.tasks = [TaskRecord(task, task) for task in event.tasks]
        del self.unplanned[event.order_id]
        self._index_current_task(order)

    def _on_task_assigned(self, event: ev.TaskAssigned, _: ev.Record) -> None:
        order, robot = self.orders[event.order_id], self.robots[event.robot_id]
        task = self._task(event.order_id, event.task_id)
        after = transition(TASK_TABLE, "task", event.task_id, task.state, "task_assigned")
        standing = self._standing(robot, "task_assigned")
        was_waiting = order.is_waiting
        self._move(order, "task_assigned")
        task.state, robot.standing = after, standing
        task.attempt = Attempt(event.attempt_id, event.robot_id, task.task)
        task.attempts += 1
        robot.attempt_id, robot.task_id = event.attempt_id, event.task_id
        robot.order_id = event.order_id
        del self.ready[event.task_id]
        if was_waiting:
            self.line.leave(order)

    def _on_attempt_started(self, event: ev.AttemptStarted, _: ev.Record) -> None:
        task = self._task(event.order_id, event.task_id)
        assert task.attempt is not None
        after = transition(TASK_TABLE, "task", event.task_id, task.state, "attempt_started")
        task.attempt.state = transition(
            ATTEMPT_TABLE, "attempt", event.attempt_id, task.attempt.state, "started"
        )
        task.state = after

    def _on_step_finished(self, event: ev.StepFinished, _: ev.Record) -> None:
        attempt = self._task(event.order_id, event.task_id).attempt
        assert attempt is not None and attempt.steps_finished == event.step_index
        attempt.steps_finished += 1

    def _on_pick_permitted(self, event: ev.PickPermitted, _: ev.Record) -> None:
        attempt = self._task(event.order_id, event.task_id).open_attempt
        assert attempt is not None and attempt.attempt_id == event.attempt_id
        attempt.is_permitted = True

    def _on_attempt_ended(self, event: ev.AttemptEnded, _: ev.Record) -> None:
        order, robot = self.orders[event.order_id], self.robots[event.robot_id]
        task = self._task(event.order_id, event.task_id)
        assert task.attempt is not None and task.attempt.attempt_id == event.attempt_id
        has_succeeded = event.result is _SUCCEEDED
        happened = "attempt_succeeded" if has_succeeded else "attempt_ended"
        after = transition(TASK_TABLE, "task", event.task_id, task.state, happened)
        standing = self._standing(robot, "attempt_ended")
        task.attempt.state = transition(
            ATTEMPT_TABLE, "attempt", event.attempt_id, task.attempt.state, event.result.value
        )
        task.attempt.steps_finished = max(task.attempt.steps_finished, event.steps_finished)
        task.attempt.is_uncertain = event.uncertain
        task.state, robot.standing = after, standing
        task.retry_not_before_ns = event.retry_not_before_ns
        if has_succeeded:
            robot.failures = 0
        elif event.result in (OutcomeResult.FAILED, OutcomeResult.LOST) or _is_probe(task):
            self._count_failure(task, robot, event)
        else:
            task.refusals += 1
        robot.attempt_id, robot.task_id, robot.order_id = _NO_ATTEMPT, _NO_TASK, _NO_ORDER
        self._index_current_task(order)

    @staticmethod
    def _count_failure(task: TaskRecord, robot: RobotRecord, event: ev.AttemptEnded) -> None:
        task.failures += 1
        robot.failures += 1
        if event.robot_id not in task.tried:
            task.tried = [*task.tried, event.robot_id]
        what = event.message or "no reason given"
        task.story = [*task.story, f"{event.result.value} on {event.robot_id}: {what}"]

    def _on_outcome_arrived_late(self, event: ev.OutcomeArrivedLate, _: ev.Record) -> None:
        task = self._task(event.order_id, event.task_id)
        attempt = task.lost_attempt
        assert attempt is not None and attempt.attempt_id == event.attempt_id
        state = transition(
            ATTEMPT_TABLE, "attempt", event.attempt_id, attempt.state, event.result.value
        )
        if event.result is _SUCCEEDED:
            task.state = transition(
                TASK_TABLE, "task", event.task_id, task.state, "attempt_succeeded"
            )
            self.ready.pop(event.task_id, None)
            self._index_current_task(self.orders[event.order_id])
        attempt.state, attempt.is_uncertain = state, event.uncertain
        attempt.steps_finished = max(attempt.steps_finished, event.steps_finished)
        is_fetch = attempt.task.purpose is TaskPurpose.FETCH
        if is_fetch and not event.uncertain and not attempt.task.has_item(attempt.steps_finished):
            # It took nothing: the robot that it was to fetch from has the item still.
            self._free_hands(self.orders[event.order_id], attempt.robot_id)

    def _on_task_revised(self, event: ev.TaskRevised, _: ev.Record) -> None:
        task = self._task(event.order_id, event.task_id)
        assert task.state is _WAITING, "only a task that no robot holds can be revised"
        task.task = event.task
        order = self.orders[event.order_id]
        self._put_down(order)
        if event.task.purpose is TaskPurpose.FETCH and task.attempt is not None:
            self._hand(order, task.attempt.robot_id)
        elif event.task.is_holding:
            self._hand(order, event.task.robot_id)

    def _on_order_suspended(self, event: ev.OrderSuspended, record: ev.Record) -> None:
        order = self.orders[event.order_id]
        self._move(order, "order_suspended")
        self.suspended[event.order_id] = order
        order.message = event.reason
        task = order.current_task
        if task is None or task.task.purpose is not TaskPurpose.FETCH:
            self._put_down(order)
        # Else the one that was to be relieved of the item may have it still.
        self._hand(order, event.robot_id)
        order.item_vertex, order.question = event.vertex, record.seq
        if (task := order.current_task) is not None:
            self.ready.pop(task.task.task_id, None)

    def _on_order_resolved(self, event: ev.OrderResolved, _: ev.Record) -> None:
        order = self.suspended[event.order_id]
        if event.resolution is Resolution.RETRY and (task := order.current_task) is not None:
            task.attempt = None  # what its robot may still tell of it is overruled

    def _on_order_resumed(self, event: ev.OrderResumed, _: ev.Record) -> None:
        order = self.orders[event.order_id]
        self._move(order, "order_resumed")
        del self.suspended[event.order_id]
        order.message = order.item_vertex = ""
        order.question = 0
        task = order.current_task
        has_item = task is not None and (
            task.task.is_holding or task.task.purpose is TaskPurpose.FETCH
        )
        if not has_item:
            self._put_down(order)
        if task is not None:
            task.failures, task.refusals, task.tried, task.story = 0, 0, [], []
            task.retry_not_before_ns = 0
        self._index_current_task(order)

    def _on_order_cancel_requested(self, event: ev.OrderCancelRequested, _: ev.Record) -> None:
        order = self.orders[event.order_id]
        order.cancel_requested = True
        order.cancel_reason = event.reason

    def _on_order_completed(self, event: ev.OrderCompleted, record: ev.Record) -> None:
        order = self.orders[event.order_id]
        if order.state is not _SUSPENDED:
            for task in order.tasks:
                assert task.state is _DONE, "a task of it is not done"
        self._end(order, "order_completed", record)
        order.message = event.reason

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
        robot = self.robots[event.robot_id]
        robot.standing = self._standing(robot, "robot_silent")

    def _on_robot_returned(self, event: ev.RobotReturned, _: ev.Record) -> None:
        robot = self.robots[event.robot_id]
        robot.standing = self._standing(robot, "robot_returned")

    def _on_robot_barred(self, event: ev.RobotBarred, _: ev.Record) -> None:
        robot = self.robots[event.robot_id]
        robot.bars += 1
        robot.failures = 0
        robot.probe_not_before_ns = event.probe_not_before_ns

    def _on_robot_cleared(self, event: ev.RobotCleared, _: ev.Record) -> None:
        robot = self.robots[event.robot_id]
        robot.bars = robot.failures = robot.probe_not_before_ns = 0

    def _on_spare_called(self, event: ev.SpareCalled, _: ev.Record) -> None:
        self.robots[event.robot_id].instead_of = event.instead_of

    def _on_spare_released(self, event: ev.SpareReleased, _: ev.Record) -> None:
        self.robots[event.robot_id].instead_of = RobotId("")

    def _task(self, order_id: OrderId, task_id: TaskId) -> TaskRecord:
        # Half of all events ask for it, and most orders have one task.
        tasks = self.orders[order_id].tasks
        task = tasks[0] if len(tasks) == 1 else self.task(task_id)
        is_known = task is not None and task.task.task_id == task_id
        assert task is not None and is_known, f"task {task_id} is not in the log"
        return task

    @staticmethod
    def _standing(robot: RobotRecord, event: str) -> RobotStanding:
        name = robot.description.robot_id
        return transition(ROBOT_TABLE, "robot", name, robot.standing, event)

    def _move(self, order: OrderRecord, event: str) -> None:
        after = transition(ORDER_TABLE, "order", order.order.order_id, order.state, event)
        self.counts[order.state] -= 1
        self.counts[after] += 1
        order.state = after

    def _end(self, order: OrderRecord, event: str, record: ev.Record) -> None:
        was_waiting = order.is_waiting
        for task in order.tasks:
            assert task.open_attempt is None, "a robot still holds it"
        self._move(order, event)
        for task in order.tasks:
            if not task.state.is_final:
                identity = task.task.task_id
                task.state = transition(TASK_TABLE, "task", identity, task.state, event)
                self.ready.pop(identity, None)
            # Thousands of ended orders are remembered: only what is still asked for is kept.
            task.attempt, task.planned, task.tried, task.story = None, task.task, [], []
        self._put_down(order)
        order.ended_ns = record.wall_ns
        order_id = order.order.order_id
        if was_waiting:
            self.line.leave(order)
            self.unplanned.pop(order_id, None)
        self.suspended.pop(order_id, None)
        self._ended.append(order_id)
        if len(self._ended) > self._orders_remembered_max:
            del self.orders[self._ended.popleft()]

    def _hand(self, order: OrderRecord, robot_id: RobotId) -> None:
        """Remember that the robot has the order's item, or may have it."""
        order.item_robot_id = robot_id
        self.robots[robot_id].item_order_id = order.order.order_id

    def _free_hands(self, order: OrderRecord, robot_id: RobotId) -> None:
        """Remember that the robot does not have the order's item, though another may."""
        robot = self.robots[robot_id]
        if robot.item_order_id != order.order.order_id:
            return
        robot.item_order_id = OrderId("")
        others = (
            other_id
            for other_id, other in self.robots.items()
            if other.item_order_id == order.order.order_id
        )
        order.item_robot_id = next(others, RobotId(""))

    def _put_down(self, order: OrderRecord) -> None:
        """Forget who has the order's item."""
        if not order.item_robot_id:
            return
        for robot in self.robots.values():
            if robot.item_order_id == order.order.order_id:
                robot.item_order_id = OrderId("")
        order.item_robot_id = RobotId("")

    def _index_current_task(self, order: OrderRecord) -> None:
        task = order.current_task
        if task is None or task.state is not _WAITING:
            return
        if order.state is not _SUSPENDED:
            self.ready[task.task.task_id] = order


def _is_probe(task: TaskRecord) -> bool:
    """Whether the task shows how its robot is: then a refusal shows it, too."""
    return task.task.purpose is TaskPurpose.PROBE


@lru_cache(IDS_REMEMBERED_MAX)
def _task_id(attempt_id: AttemptId) -> TaskId:
    return TaskId(attempt_id.rpartition("#")[0])


@lru_cache(IDS_REMEMBERED_MAX)
def _order_and_index(task_id: TaskId) -> tuple[OrderId, int]:
    """The order of a task and the task's place in it, far beyond any for an id that is none."""
    order_id, _, index = task_id.rpartition("/")
    return OrderId(order_id), int(index) if index.isdecimal() else sys.maxsize
