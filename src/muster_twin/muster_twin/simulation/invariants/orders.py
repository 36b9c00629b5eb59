"""I2: every accepted order ends exactly once, and as it is said to end."""

from __future__ import annotations

from muster_core import events as ev
from muster_core.ids import OrderId, TaskId
from muster_core.site.validation import AT_VERTEX
from muster_core.task import Step, TaskPurpose
from muster_twin.simulation.body import Body
from muster_twin.simulation.facts import Facts, OrderFacts
from muster_twin.simulation.floor import Floor, Work, floor_site, neighbours_of
from muster_twin.simulation.witness import Invariant

ENDS = (ev.OrderCompleted, ev.OrderFailed, ev.OrderCancelled)


class EndsOnce(Invariant):
    """The log is compared with itself, and with what really became of the item."""

    name = "I2"
    claim = "every accepted order ends exactly once, and as it is said to end"

    def __init__(self, facts: Facts, floor: Floor) -> None:
        super().__init__()
        self._facts = facts
        self._floor = floor

    def recorded(self, record: ev.Record) -> None:
        """See :class:`Invariant`."""
        event = record.event
        order = self._facts.orders.get(OrderId(getattr(event, "order_id", "")))
        if order is None:
            if isinstance(event, ENDS):
                self.fail(f"{event.order_id} ends and was never accepted", event.order_id)
            return
        if isinstance(event, ENDS):
            self._check_end(order, event)
        elif isinstance(event, ev.TaskAssigned):
            self._check_going_on(order, event.task_id, event.order_id)
        elif isinstance(event, ev.PickPermitted) and order.is_cancel_requested:
            task = order.tasks[event.task_id]
            if task.purpose is not TaskPurpose.RETURN:
                what = f"a pick of {event.order_id} is permitted after its cancellation"
                self.fail(what, event.order_id, event.robot_id)

    def step_begun(self, body: Body, step: Step, work: Work | None) -> None:
        """See :class:`Invariant`. What is done elsewhere is not what the order is about."""
        if work is None or step.verb not in ("pick", "place", "scan"):
            return
        wanted = floor_site().place(step.place).vertex
        is_takeover = step.place.startswith(AT_VERTEX)
        if body.vertex != wanted and not (is_takeover and body.vertex in neighbours_of(wanted)):
            what = f"{body.robot_id} begins {step.verb} at {step.place} while it is at"
            self.fail(f"{what} {body.vertex}", body.robot_id, work.order_id)

    def ended(self) -> None:
        """See :class:`Invariant`."""
        for order_id, order in self._facts.orders.items():
            if not order.ends:
                state = "a person was asked" if order.is_suspended else "somebody should work on it"
                self.fail(f"{order_id} has not ended, long after all troubles; {state}", order_id)

    def _check_end(
        self, order: OrderFacts, event: ev.OrderCompleted | ev.OrderFailed | ev.OrderCancelled
    ) -> None:
        order_id, end = event.order_id, ev.event_type(event)
        if order.ends:
            self.fail(f"{order_id} ends by {order.ends[0]} and again by {end}", order_id)
        if isinstance(event, ev.OrderCancelled) and not order.is_cancel_requested:
            self.fail(f"{order_id} is cancelled, and nobody has asked for that", order_id)
        if isinstance(event, ev.OrderCompleted):
            self._check_done(order)

    def _check_done(self, order: OrderFacts) -> None:
        wanted = order.order
        item = self._floor.items.get(wanted.order_id)
        if wanted.kind == "deliver":
            where = item.whereabouts if item is not None else "nowhere"
            if item is None or item.place != wanted.dropoff:
                self.fail(
                    f"{wanted.order_id} is completed, and its item is {where}", wanted.order_id
                )
        elif wanted.kind == "scan":
            missing = set(wanted.places) - set(self._floor.scanned.get(wanted.order_id, ()))
            if missing:
                what = f"{wanted.order_id} is completed, and {sorted(missing)} were never scanned"
                self.fail(what, wanted.order_id)

    def _check_going_on(self, order: OrderFacts, task_id: TaskId, order_id: OrderId) -> None:
        if order.ends:
            self.fail(f"{task_id} is assigned after the end of its order", order_id)
        task = order.tasks.get(task_id)
        is_return = task is not None and task.purpose is TaskPurpose.RETURN
        if order.is_cancel_requested and not is_return:
            self.fail(f"{task_id} is assigned after the cancellation of its order", order_id)
