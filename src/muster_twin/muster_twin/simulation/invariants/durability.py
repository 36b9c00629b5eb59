"""I1: what is acknowledged, or begun, is on disk first."""

from __future__ import annotations

from collections.abc import Callable

from muster_core.agent.records import (
    AgentRecord,
    OutcomeAcknowledged,
    StepBegun,
    StepFinished,
)
from muster_core.ids import AttemptId, RobotId
from muster_core.intake import parse_order
from muster_core.order import Order
from muster_core.scheduler.effects import Reply
from muster_core.task import REPEATABLE_VERBS, Step
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
        # Of each robot, the attempt whose journal says that a step has begun and not that it ended.
        self._begun: dict[RobotId, AttemptId] = {}

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

    def noted(self, robot_id: RobotId, record: AgentRecord) -> None:
        """See :class:`Invariant`."""
        match record:
            case StepBegun(attempt_id=attempt_id):
                self._begun[robot_id] = attempt_id
            case StepFinished():
                self._begun.pop(robot_id, None)
            case OutcomeAcknowledged(attempt_id=attempt_id):
                self._check_forgetting(robot_id, attempt_id)

    def step_begun(self, body: Body, step: Step, work: Work | None) -> None:
        """See :class:`Invariant`."""
        if work is None:
            return
        does = f"{body.robot_id} begins {step.verb} for {work.attempt_id}"
        if work.attempt_id not in self._facts.attempts:
            self.fail(f"{does}, which no log has", body.robot_id, work.order_id)
        is_repeatable = step.verb in REPEATABLE_VERBS
        if not is_repeatable and self._begun.get(body.robot_id) != work.attempt_id:
            self.fail(f"{does}, and its journal does not say so", body.robot_id, work.order_id)

    def _check_forgetting(self, robot_id: RobotId, attempt_id: AttemptId) -> None:
        attempt = self._facts.attempts.get(attempt_id)
        if attempt is not None and attempt.robot_id == robot_id and attempt.result is None:
            what = f"{robot_id} forgets how {attempt_id} ended; the log does not know"
            self.fail(what, robot_id, attempt.order_id)

    def offset_committed(self, offset: int) -> None:
        """See :class:`Invariant`."""
        bodies = self._record_bodies()
        for number in range(self._committed, min(offset, len(bodies))):
            order = parse_order(bodies[number])
            is_known = isinstance(order, Order) and order.order_id in self._facts.orders
            if not is_known and number not in self._dead_letters():
                about = order.order_id if isinstance(order, Order) else ""
                self.fail(
                    f"Kafka was told that record {number} is finished, which it is not", about
                )
        self._committed = max(self._committed, offset)
