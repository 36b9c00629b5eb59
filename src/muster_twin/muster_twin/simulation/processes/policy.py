"""The policy's process: the nearest robot, late, wrong, silent or not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from muster_core.ids import RobotId, TaskId
from muster_core.order import Order
from muster_core.policy.nearest import NearestPolicy
from muster_core.policy.protocol import Assignment, Decision, Plan, Snapshot
from muster_core.scheduler.effects import RequestPlans
from muster_core.scheduler.inputs import DecisionReceived, PlansReceived
from muster_core.task import Step, TaskProposal
from muster_twin.simulation.clock import Clock
from muster_twin.simulation.floor import floor_site
from muster_twin.simulation.messages import PolicyAsked, Response
from muster_twin.simulation.processes.process import Machinery, Process

PLAIN_SHARE, FETCH_SHARE = 0.5, 0.7
"""Plans that are left as they are, and those of the others that allow that an item is fetched."""


@dataclass(slots=True)
class Manners:
    """How the policy misbehaves: the shares of its answers that are so, 0 to 1.

    :param varies: whether it also plans what another policy might.
    """

    silent: float = 0.0
    late: float = 0.0
    wrong: float = 0.0
    late_s_max: float = 3.0
    varies: bool = True


class PolicyProcess(Process):
    """Answers as :class:`NearestPolicy` does, unless its ``manners`` are bad."""

    def __init__(self, name: str, machinery: Machinery, clock: Clock) -> None:
        super().__init__(name, machinery, clock, tick_s=60.0)
        self.manners = Manners()
        self._policy = NearestPolicy()

    def handle(self, batch: list[Any]) -> None:
        """See :class:`Process`."""
        for asked in batch:
            self._answer(asked)

    def _answer(self, asked: PolicyAsked) -> None:
        chance, manners, query = self._machinery.chance, self.manners, asked.query
        if manners.silent and chance.random() < manners.silent:
            return
        is_wrong = bool(manners.wrong) and chance.random() < manners.wrong
        name, version = self._policy.name, self._policy.version
        answer: PlansReceived | DecisionReceived
        if isinstance(query, RequestPlans):
            plans = [self._plan(order, is_wrong) for order in query.orders]
            answer = PlansReceived(query.request_id, name, version, plans)
        else:
            decision = self._decide(query.snapshot, query.budget_s, is_wrong)
            answer = DecisionReceived(query.request_id, name, version, decision)
        response = Response(asked.start, answer)
        if manners.late and chance.random() < manners.late:
            delay_s, start = chance.uniform(0, manners.late_s_max), self.starts
            self._timeline.after(delay_s, lambda: self._send_late(start, asked.scheduler, response))
        else:
            self.send(asked.scheduler, response)

    def _send_late(self, start: int, scheduler: str, response: Response) -> None:
        if self.is_up and start == self.starts:
            self._machinery.network.send(self.name, scheduler, response)

    def _plan(self, order: Order, is_wrong: bool) -> Plan:
        plan = self._policy.plan(order, floor_site())
        if not is_wrong:
            return self._vary(plan)
        nonsense = (TaskProposal((Step("go", "nowhere"),)), TaskProposal(()))
        return Plan(order.order_id, (self._machinery.chance.choice(nonsense),))

    def _vary(self, plan: Plan) -> Plan:
        """The same in several tasks where that is possible, and with other places to return to."""
        chance = self._machinery.chance
        is_plain = not self.manners.varies or chance.random() < PLAIN_SHARE
        if is_plain or len(plan.tasks) != 1:
            return plan
        task = plan.tasks[0]
        if any(step.verb == "pick" for step in task.steps):
            place = chance.choice(("", "pack_1", "parking_1"))
            fetch = chance.random() < FETCH_SHARE
            whole = msgspec.structs.replace(task, return_place=place, allows_fetch=fetch)
            return Plan(plan.order_id, (whole,))
        middle = len(task.steps) // 4 * 2  # a scan stays with the way to its place
        halves = (task.steps[:middle], task.steps[middle:])
        return Plan(
            plan.order_id,
            tuple(msgspec.structs.replace(task, steps=half) for half in halves if half),
        )

    def _decide(self, snapshot: Snapshot, budget_s: float, is_wrong: bool) -> Decision:
        if not is_wrong:
            return self._policy.decide(snapshot, budget_s)
        # Robots and tasks that do not exist, one robot for two tasks, one task for two robots.
        chance = self._machinery.chance
        robots = (*self._machinery.robots, RobotId("robot_0"))
        tasks = (*snapshot.task_ids, TaskId("o-0/0"))
        return Decision(
            tuple(Assignment(chance.choice(robots), chance.choice(tasks)) for _ in range(4))
        )
