"""I5: the same order id is the same order; with other content it is refused."""

from __future__ import annotations

from muster_core import events as ev
from muster_core.errors import ErrorCode
from muster_core.order import Order
from muster_core.scheduler.effects import Reply
from muster_twin.simulation.facts import Facts
from muster_twin.simulation.messages import Asker
from muster_twin.simulation.witness import Invariant


class SameOrder(Invariant):
    """What was asked for is compared with what the log has under its id."""

    name = "I5"
    claim = "the same order id is the same order, and with other content it is refused"

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self._facts = facts

    def recorded(self, record: ev.Record) -> None:
        """See :class:`Invariant`."""
        event = record.event
        if isinstance(event, ev.OrderAccepted) and event.order_id in self._facts.orders:
            self.fail(f"{event.order_id} is accepted for the second time", event.order_id)

    def reply_left(self, asker: Asker, reply: Reply) -> None:
        """See :class:`Invariant`."""
        known = self._facts.orders.get(asker.order_id)
        if asker.order is None or known is None:
            return
        is_same = _wanted(asker.order) == _wanted(known.order)
        if reply.refusal is None and not is_same:
            what = f"{asker.order_id} is answered as accepted, and the log has another content"
            self.fail(what, asker.order_id)
        refusal = reply.refusal
        if refusal is not None and refusal.code is ErrorCode.CHANGED_DUPLICATE and is_same:
            self.fail(f"{asker.order_id} is refused as changed, and it is the same", asker.order_id)


def _wanted(order: Order) -> tuple[object, ...]:
    """All that makes it another order if it differs."""
    return (
        order.kind,
        order.pickup,
        order.dropoff,
        order.places,
        order.priority,
        order.deadline,
        frozenset(order.requires),
        order.payload_kg,
    )
