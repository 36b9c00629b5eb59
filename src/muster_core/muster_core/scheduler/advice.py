"""The scheduler's questions to the policy, one of each kind under way, and what stands in for it.

An answer that is late is an answer lost: the built-in policy then answers in its place, and the log
says so.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

from muster_core.clock import Instant
from muster_core.errors import ErrorCode
from muster_core.ids import OrderId
from muster_core.policy.nearest import NearestPolicy
from muster_core.policy.protocol import Decision, Plan, Snapshot
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.effects import RequestDecision, RequestPlans
from muster_core.scheduler.inputs import DecisionReceived, PlansReceived
from muster_core.scheduler.ledger import Ledger
from muster_core.site import Site
from muster_core.task import STEPS_MAX

FALLBACK_POLICY = NearestPolicy


@dataclass(frozen=True, slots=True)
class Advice:
    """Who answered, and whether it was the built-in policy standing in."""

    policy: str
    version: str
    is_fallback: bool = False


class Advisor:
    """Keeps the requests under way and their deadlines."""

    def __init__(self, config: SchedulerConfig, ledger: Ledger, site: Site) -> None:
        self._config = config
        self._ledger = ledger
        self._site = site
        self._fallback = FALLBACK_POLICY()
        self._next_id = 1
        self._plans: RequestPlans | None = None
        self._plans_due_ns = 0
        self._decision: RequestDecision | None = None
        self._decision_due_ns = 0
        self.last = Advice("", "")

    def use_site(self, site: Site) -> None:
        """Go by this site from now on."""
        self._site = site

    @property
    def is_deciding(self) -> bool:
        """Whether a decision is awaited."""
        return self._decision is not None

    def ask_for_plans(self, now: Instant) -> RequestPlans | None:
        """The next plan request, when one is due: most urgent orders first, never too far ahead."""
        room = self._config.tasks_ahead_max - len(self._ledger.ready)
        if self._plans is not None or not self._ledger.unplanned or room <= 0:
            return None
        orders = heapq.nsmallest(
            min(room, self._config.plan_batch_max),
            self._ledger.unplanned.values(),
            key=self._ledger.line.rank,
        )
        budget_s = self._config.plan_timeout_s
        self._plans = RequestPlans(
            self._take_id(), tuple(order.order for order in orders), budget_s
        )
        self._plans_due_ns = now.later(budget_s).steady_ns
        return self._plans

    def ask_for_decision(self, snapshot: Snapshot, now: Instant) -> RequestDecision:
        """The request for a decision from ``snapshot``."""
        assert self._decision is None
        budget_s = self._config.decide_timeout_s
        self._decision = RequestDecision(self._take_id(), snapshot, budget_s)
        self._decision_due_ns = now.later(budget_s).steady_ns
        return self._decision

    def take_plans(self, answer: PlansReceived) -> tuple[tuple[Advice, Plan], ...]:
        """A plan for each order that was asked about; none when the answer is late.

        Where the policy left an order out, failed, or planned what no robot of this site can do,
        the built-in policy plans instead.
        """
        request = self._plans
        if request is None or answer.request_id != request.request_id:
            return ()
        self._plans = None
        self.last = advice = Advice(answer.policy, answer.version)
        found: dict[OrderId, Plan] = {plan.order_id: plan for plan in answer.plans}
        plans: list[tuple[Advice, Plan]] = []
        for order in request.orders:
            plan = found.get(order.order_id)
            if plan is not None and self._is_usable(plan):
                plans.append((advice, plan))
            else:
                plans.append((self._stand_in(), self._fallback.plan(order, self._site)))
        return tuple(plans)

    def take_decision(self, answer: DecisionReceived) -> tuple[Advice, Decision] | None:
        """The decision; the built-in policy's when the answer is a problem; None when late."""
        request = self._decision
        if request is None or answer.request_id != request.request_id:
            return None
        if answer.problem:
            return self._decide_instead(request)
        self._decision = None
        self.last = Advice(answer.policy, answer.version)
        return self.last, answer.decision

    def overdue_plans(self, now: Instant) -> tuple[tuple[Advice, Plan], ...]:
        """The built-in policy's plans, when the policy's are overdue."""
        request = self._plans
        if request is None or now.steady_ns < self._plans_due_ns:
            return ()
        self._plans = None
        advice = self._stand_in()
        return tuple((advice, self._fallback.plan(order, self._site)) for order in request.orders)

    def overdue_decision(self, now: Instant) -> tuple[Advice, Decision] | None:
        """The built-in policy's decision, when the policy's is overdue."""
        if self._decision is None or now.steady_ns < self._decision_due_ns:
            return None
        return self._decide_instead(self._decision)

    def _is_usable(self, plan: Plan) -> bool:
        if plan.refusal is not None:
            return plan.refusal.code is not ErrorCode.PLAN_FAILED
        stops = (step.place for task in plan.tasks for step in task.steps if step.place)
        return (
            bool(plan.tasks)
            and all(0 < len(task.steps) <= STEPS_MAX for task in plan.tasks)
            and all(place in self._site.places for place in stops)
            and all(task.return_place in ("", *self._site.places) for task in plan.tasks)
        )

    def _decide_instead(self, request: RequestDecision) -> tuple[Advice, Decision]:
        self._decision = None
        decision = self._fallback.decide(request.snapshot, request.budget_s)
        return self._stand_in(), decision

    def _stand_in(self) -> Advice:
        self.last = Advice(self._fallback.name, self._fallback.version, is_fallback=True)
        return self.last

    def _take_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1
