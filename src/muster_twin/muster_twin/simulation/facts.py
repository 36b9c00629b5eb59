"""What the durable log says, read by somebody who shares no code with the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from muster_core import events as ev
from muster_core.ids import AttemptId, OrderId, RobotId, TaskId
from muster_core.order import Order
from muster_core.task import OutcomeResult, Task


@dataclass(slots=True)
class AttemptFacts:
    """One attempt. ``result`` is None until its end is in the log."""

    attempt_id: AttemptId
    task_id: TaskId
    order_id: OrderId
    robot_id: RobotId
    result: OutcomeResult | None = None
    is_permitted: bool = False


@dataclass(slots=True)
class OrderFacts:
    """One order.

    :param ends: the events that ended it; it should be one in the end, and never more.
    :param steps_done: of its finished steps, verb and place.
    """

    order: Order
    seq: int
    tasks: dict[TaskId, Task] = field(default_factory=dict)
    ends: list[str] = field(default_factory=list)
    is_cancel_requested: bool = False
    is_suspended: bool = False


class Facts:
    """All orders and attempts of the log, and who holds what."""

    def __init__(self) -> None:
        self.seq = 0
        self.epoch = 0
        self.orders: dict[OrderId, OrderFacts] = {}
        self.attempts: dict[AttemptId, AttemptFacts] = {}
        self.newest: dict[TaskId, AttemptFacts] = {}
        self.held: dict[RobotId, AttemptFacts] = {}
        self._takers: dict[type, Callable[[Any], None]] = {
            ev.EpochStarted: self._on_epoch_started,
            ev.OrderPlanned: self._on_order_planned,
            ev.TaskRevised: self._on_task_revised,
            ev.TaskAssigned: self._on_task_assigned,
            ev.PickPermitted: self._on_pick_permitted,
            ev.AttemptEnded: self._on_attempt_ended,
            ev.OutcomeArrivedLate: self._on_outcome_arrived_late,
            ev.OrderSuspended: self._on_order_suspended,
            ev.OrderResumed: self._on_order_resumed,
            ev.OrderCancelRequested: self._on_order_cancel_requested,
            ev.OrderCompleted: self._on_order_ended,
            ev.OrderFailed: self._on_order_ended,
            ev.OrderCancelled: self._on_order_ended,
        }

    def take(self, record: ev.Record) -> None:
        """Believe what the event says, however odd."""
        self.seq = record.seq
        event = record.event
        if isinstance(event, ev.OrderAccepted):
            self.orders.setdefault(event.order_id, OrderFacts(event.order, record.seq))
        taker = self._takers.get(type(event))
        if taker is not None:
            taker(event)

    def open_attempt_of(self, task_id: TaskId) -> AttemptFacts | None:
        """The attempt at the task whose end is not in the log."""
        newest = self.newest.get(task_id)
        return newest if newest is not None and newest.result is None else None

    def _on_epoch_started(self, event: ev.EpochStarted) -> None:
        self.epoch = event.epoch

    def _on_order_planned(self, event: ev.OrderPlanned) -> None:
        for task in event.tasks:
            self._order(event).tasks[task.task_id] = task

    def _on_task_revised(self, event: ev.TaskRevised) -> None:
        self._order(event).tasks[event.task_id] = event.task

    def _on_task_assigned(self, event: ev.TaskAssigned) -> None:
        attempt = AttemptFacts(event.attempt_id, event.task_id, event.order_id, event.robot_id)
        self.attempts[event.attempt_id] = attempt
        self.newest[event.task_id] = attempt
        self.held[event.robot_id] = attempt

    def _on_pick_permitted(self, event: ev.PickPermitted) -> None:
        self.attempts[event.attempt_id].is_permitted = True

    def _on_attempt_ended(self, event: ev.AttemptEnded) -> None:
        attempt = self.attempts[event.attempt_id]
        attempt.result = event.result
        if self.held.get(event.robot_id) is attempt:
            del self.held[event.robot_id]

    def _on_outcome_arrived_late(self, event: ev.OutcomeArrivedLate) -> None:
        self.attempts[event.attempt_id].result = event.result

    def _on_order_suspended(self, event: ev.OrderSuspended) -> None:
        self._order(event).is_suspended = True

    def _on_order_resumed(self, event: ev.OrderResumed) -> None:
        self._order(event).is_suspended = False

    def _on_order_cancel_requested(self, event: ev.OrderCancelRequested) -> None:
        self._order(event).is_cancel_requested = True

    def _on_order_ended(
        self, event: ev.OrderCompleted | ev.OrderFailed | ev.OrderCancelled
    ) -> None:
        order = self._order(event)
        order.ends.append(ev.event_type(event))
        order.is_suspended = False

    def _order(self, event: Any) -> OrderFacts:
        return self.orders[event.order_id]
