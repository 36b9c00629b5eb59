"""A person on the floor: finds the item of a suspended order, deals with it, and says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from muster_core.ids import OrderId
from muster_core.scheduler.effects import Reply
from muster_core.task import Resolution
from muster_twin.simulation.clock import Clock
from muster_twin.simulation.facts import Facts, OrderFacts
from muster_twin.simulation.floor import Floor
from muster_twin.simulation.messages import Asker
from muster_twin.simulation.processes.client import ClientProcess
from muster_twin.simulation.processes.process import Machinery

LOST_AND_FOUND = "lost_and_found"


class PersonProcess(ClientProcess):
    """Answers for suspended orders, and takes items of ended orders off robots.

    :param is_handled: whether a robot is at work on an order's item just now.
    """

    def __init__(
        self,
        name: str,
        machinery: Machinery,
        clock: Clock,
        *,
        facts: Facts,
        floor: Floor,
        is_handled: Callable[[OrderId], bool],
    ) -> None:
        super().__init__(name, machinery, clock)
        self._facts = facts
        self._floor = floor
        self._is_handled = is_handled
        self._answering: set[OrderId] = set()

    def handle(self, batch: list[Any]) -> None:
        """See :class:`Process`."""
        super().handle(batch)
        for order_id, order in self._facts.orders.items():
            if self._is_handled(order_id):
                continue  # nobody reaches into a robot's hands
            if order.is_suspended and order_id not in self._answering:
                self._look(order)
            elif order.ends:
                self._clear(order)

    def on_answered(self, asker: Asker, reply: Reply) -> None:
        """See :class:`ClientProcess`. If the order still waits, it is looked at again."""
        self._answering.discard(asker.order_id)

    def _look(self, order: OrderFacts) -> None:
        """Find the item, put it where it can be found, and say so."""
        order_id = order.order.order_id
        item = self._floor.items.get(order_id)
        if item is None:
            self._say(order_id, Resolution.RETRY, "there is no item; it can be done again")
            return
        if item.place == order.order.dropoff:
            self._say(order_id, Resolution.COMPLETED, f"the item is at {item.place}")
            return
        found = item.whereabouts
        match self._machinery.chance.randrange(4):
            case 0:
                self._floor.carry_by_hand(item, order.order.dropoff)
                self._say(order_id, Resolution.COMPLETED, f"it was {found} and is delivered")
            case 1:
                self._floor.carry_by_hand(item, LOST_AND_FOUND)
                self._say(order_id, Resolution.FAILED, f"it was {found} and is broken")
            case _:
                self._floor.carry_by_hand(item, order.order.pickup)
                self._say(order_id, Resolution.RETRY, f"it was {found} and is back")

    def _say(self, order_id: OrderId, resolution: Resolution, reason: str) -> None:
        self._answering.add(order_id)
        self.resolve(order_id, resolution.value, reason)

    def _clear(self, order: OrderFacts) -> None:
        item = self._floor.items.get(order.order.order_id)
        if item is not None and item.robot_id:
            self._floor.carry_by_hand(item, LOST_AND_FOUND)
