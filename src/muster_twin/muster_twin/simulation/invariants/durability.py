"""I1: what is acknowledged, or begun, is on disk first."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from muster_core.intake import parse_order
from muster_core.order import Order
from muster_core.scheduler.effects import PublishLeases, Reply
from muster_core.task import Step
from muster_twin.simulation.body import Body
from muster_twin.simulation.facts import Facts
from muster_twin.simulation.floor import Work
from muster_twin.simulation.messages import Asker
from muster_twin.simulation.witness import Invariant


class DurableFirst(Invariant):
    """Answers, acknowledgements, commits and steps are compared with the log as it is then.

    :param record_bodies: the orders' topic.
    :param dead_letters: the offsets of the dead letters that Kafka has.
    """

    name = "I1"
    claim = "what is acknowledged or begun is on disk first"

    def __init__(
        self,
        facts: Facts,
        *,
        record_bodies: Callable[[], list[bytes]],
        dead_letters: Callable[[], set[int]],
    ) -> None:
        super().__init__()
        self._facts = facts
        self._record_bodies = record_bodies
        self._dead_letters = dead_letters
        self._committed = 0

    def reply_left(self, asker: Asker, reply: Reply) -> None:
        """See :class:`Invariant`."""
        if reply.refusal is not None:
            return
        order = self._facts.orders.get(asker.order_id)
        if order is None:
            what = f"{asker.process} was told that {asker.order_id} is accepted; no log has it"
            self.fail(what, asker.order_id)
        elif asker.verb == "cancel" and not order.is_cancel_requested:
            what = f"{asker.process} was told that {asker.order_id} is cancelled; no log says so"
            self.fail(what, asker.order_id)

    def leases_left(self, leases: PublishLeases) -> None:
        """See :class:`Invariant`."""
        for robot_id, attempt_id in leases.acknowledgements:
            attempt = self._facts.attempts.get(attempt_id)
            if attempt is not None and attempt.robot_id == robot_id and attempt.result is None:
                self.fail(
                    f"{robot_id} was told to forget how {attempt_id} ended; the log does not know",
                    robot_id,
                    attempt.order_id,
                )

    def step_begun(self, body: Body, step: Step, work: Work | None) -> None:
        """See :class:`Invariant`."""
        if work is not None and work.attempt_id not in self._facts.attempts:
            what = f"{body.robot_id} begins {step.verb} for {work.attempt_id}, which no log has"
            self.fail(what, body.robot_id, work.order_id)

    def offset_committed(self, offset: int) -> None:
        """See :class:`Invariant`."""
        bodies = self._record_bodies()
        for number in range(self._committed, min(offset, len(bodies))):
            order = parse_order(bodies[number])
            is_known = isinstance(order, Order) and order.order_id in self._facts.orders
            if not is_known and number not in self._dead_letters():
                about = order.order_id if isinstance(order, Order) else ""
                text = msgspec.json.decode(msgspec.json.encode(str(bodies[number])))
                what = f"Kafka was told that record {number} is finished; nobody has it: {text}"
                self.fail(what, about)
        self._committed = max(self._committed, offset)
