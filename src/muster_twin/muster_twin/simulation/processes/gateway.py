"""The gateway's process: production's core between a Kafka in memory and the schedulers."""

from __future__ import annotations

from typing import Any

from muster_core.errors import ErrorCode
from muster_core.gateway import effects, inputs
from muster_core.gateway.config import GatewayConfig
from muster_core.gateway.core import GatewayCore
from muster_core.gateway.records import RecordPosition
from muster_core.scheduler.inputs import SubmitOrder
from muster_twin.simulation.clock import Clock
from muster_twin.simulation.disk import Pause
from muster_twin.simulation.kafka import Broker
from muster_twin.simulation.messages import Answer, Asker, EventsAsked
from muster_twin.simulation.processes.process import Machinery, Process

TICK_S = 0.5
FETCH_MAX = 4
"""Records taken from Kafka in one turn."""


class GatewayProcess(Process):
    """The only gateway; what survives it is in Kafka."""

    pauses = (Pause.KAFKA, Pause.SEND)

    def __init__(
        self,
        name: str,
        machinery: Machinery,
        clock: Clock,
        *,
        config: GatewayConfig,
        broker: Broker,
    ) -> None:
        super().__init__(name, machinery, clock, tick_s=TICK_S)
        self.config = config
        self._broker = broker

    def open(self) -> None:
        """See :class:`Process`."""
        self.core = GatewayCore(self.config)
        self._is_paused = False
        self._asked: dict[int, RecordPosition] = {}
        self._broker.join(self.starts, self.receive)

    def handle(self, batch: list[Any]) -> None:
        """See :class:`Process`."""
        now = self.now()
        for item in batch:
            self.core.step(self._to_input(item), now)
        for effect in self.core.ready(now):
            self.pause(Pause.KAFKA)
            self._perform(effect)
        if not self._is_paused:
            for received in self._broker.fetch(FETCH_MAX):
                self.receive(received)

    def _to_input(self, item: Any) -> inputs.Input:
        if not isinstance(item, Answer):
            known: inputs.Input = item
            return known
        reply, number = item.reply, item.asker.number
        position = self._asked.get(number, RecordPosition("", 0, 0))
        refusal = reply.refusal
        return inputs.SubmitAnswered(
            position,
            number,
            is_accepted=refusal is None,
            is_duplicate=reply.is_duplicate,
            error_code=refusal.code if refusal else ErrorCode.NONE,
            message=refusal.message if refusal else "",
        )

    def _perform(self, effect: effects.Effect) -> None:
        broker = self._broker
        match effect:
            case effects.SubmitOrder(position=position, request=number, order=order):
                self._asked[number] = position
                asker = Asker(self.name, self.starts, number, "submit", order.order_id, order)
                self._ask(SubmitOrder(asker, order))
            case effects.ReadEvents(request=number, from_seq=from_seq, limit=limit):
                self._ask(EventsAsked(self.name, self.starts, number, from_seq, limit))
            case effects.PauseOrders():
                self._is_paused = True
            case effects.ResumeOrders():
                self._is_paused = False
            case _:
                broker.perform(effect)

    def _ask(self, question: Any) -> None:
        for scheduler in self._machinery.schedulers:
            self.send(scheduler, question)
