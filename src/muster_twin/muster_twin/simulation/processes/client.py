"""A client: asks for orders, asks again when nobody answers, changes its mind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from muster_core.clock import NS_PER_S
from muster_core.errors import ErrorCode
from muster_core.ids import OrderId
from muster_core.order import Order
from muster_core.scheduler.effects import Reply
from muster_core.scheduler.inputs import CancelOrder, ResolveOrder, SubmitOrder
from muster_twin.simulation.clock import Clock
from muster_twin.simulation.messages import Answer, Asker
from muster_twin.simulation.processes.process import Machinery, Process

RETRY_S = 2.0
"""How long a client waits for an answer before it asks again."""

NOT_NOW = frozenset({ErrorCode.STORAGE_UNAVAILABLE, ErrorCode.QUEUE_FULL, ErrorCode.NOT_ACTIVE})

Request = SubmitOrder | CancelOrder | ResolveOrder


@dataclass(slots=True)
class _Asked:
    request: Request
    due_ns: int


class ClientProcess(Process):
    """Asks all schedulers, for it does not know which one leads, until one answers."""

    def __init__(self, name: str, machinery: Machinery, clock: Clock) -> None:
        super().__init__(name, machinery, clock, tick_s=1.0)
        self.answers: dict[int, Reply] = {}
        self._open: dict[int, _Asked] = {}
        self._asked = 0

    @property
    def is_waiting(self) -> bool:
        """Whether a question has not been answered."""
        return bool(self._open)

    def submit(self, order: Order) -> int:
        """Ask for an order; the question's number."""
        asker = self._asker("submit", order.order_id, order)
        return self._ask(asker, SubmitOrder(asker, order))

    def cancel(self, order_id: OrderId) -> int:
        """Ask that an order be cancelled; the question's number."""
        asker = self._asker("cancel", order_id)
        return self._ask(asker, CancelOrder(asker, order_id, self.name, "no longer wanted"))

    def resolve(self, order_id: OrderId, resolution: str, reason: str) -> int:
        """Say what became of a suspended order's item; the question's number."""
        asker = self._asker("resolve", order_id)
        return self._ask(asker, ResolveOrder(asker, order_id, resolution, self.name, reason))

    def handle(self, batch: list[Any]) -> None:
        """See :class:`Process`."""
        for answer in batch:
            self._on_answer(answer)
        now_ns = self._timeline.now_ns
        for asked in list(self._open.values()):
            if asked.due_ns <= now_ns:
                self._send_request(asked)

    def on_answered(self, asker: Asker, reply: Reply) -> None:
        """A question was answered; for sub-classes."""

    def _asker(self, verb: str, order_id: OrderId, order: Order | None = None) -> Asker:
        self._asked += 1
        return Asker(self.name, self.starts, self._asked, verb, order_id, order)

    def _ask(self, asker: Asker, request: Request) -> int:
        asked = self._open[asker.number] = _Asked(request, 0)
        self._send_request(asked)
        return asker.number

    def _send_request(self, asked: _Asked) -> None:
        asked.due_ns = self._timeline.now_ns + int(RETRY_S * NS_PER_S)
        for scheduler in self._machinery.schedulers:
            self.send(scheduler, asked.request)

    def _on_answer(self, answer: Answer) -> None:
        asker, reply = answer.asker, answer.reply
        if asker.number not in self._open:
            return
        if reply.refusal is not None and reply.refusal.code in NOT_NOW:
            return  # it is asked again
        del self._open[asker.number]
        self.answers[asker.number] = reply
        self.on_answered(asker, reply)
