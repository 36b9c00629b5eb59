"""What the policy answers, in the words of the contract; whatever it raises becomes a sentence.

A policy is somebody's plug-in. One that fails costs its caller that answer, told with a reason, and
the node nothing.
"""

from __future__ import annotations

from typing import Any

from muster_msgs import msg, srv

from muster_core.errors import ErrorCode, Refusal
from muster_core.ids import OrderId
from muster_core.order import Order
from muster_core.policy.protocol import AnytimePolicy, Decision, Plan, Policy, Snapshot, example
from muster_core.site import Site
from muster_ros.clock import read_clock
from muster_ros.conversions import fill_decision, plan_message, to_order, to_snapshot

NS_PER_MS = 1e6

SEARCH_SHARE = 0.5
"""How much of its budget a decision may use; the rest is for the ways there and back."""

REHEARSAL_S = 60.0

NOT_ACTIVE = "policy node is not active; activate it, or see /diagnostics for what keeps it from it"


class Answers:
    """Asks the policy, and counts what comes of it.

    :param logs: where failures go, with their traceback.
    """

    def __init__(self, policy: Policy, site: Site, logs: Any) -> None:
        self._policy = policy
        self._site = site
        self._logs = logs
        self.plans = 0
        self.decisions = 0
        self.failures = 0
        self.late = 0
        self.longest_decision_ms = 0.0

    def use_site(self, site: Site) -> None:
        """Plan for this site from now on."""
        self._site = site

    def rehearse(self) -> None:
        """Let the policy decide once before it counts: its first decision may have to compile."""
        try:
            self._policy.decide(example(), REHEARSAL_S)
        except Exception as error:  # it may yet be able to decide what it is really asked
            self._logs.exception("policy failed at its rehearsal", reason=_reason(error))

    def plan_orders(self, request: srv.PlanOrders.Request) -> srv.PlanOrders.Response:
        """A plan for each order; one that fails does not disturb the others."""
        started_ns = read_clock().steady_ns
        plans = [self._plan(to_order(order), request.request_id) for order in request.orders]
        self._note_late("plan_orders", request, _elapsed_ms(started_ns))
        return srv.PlanOrders.Response(
            request_id=request.request_id,
            policy=self._policy.name,
            version=self._policy.version,
            plans=plans,
        )

    def decide(self, request: srv.Decide.Request) -> srv.Decide.Response:
        """The policy's assignments, or why there are none."""
        response = srv.Decide.Response(
            request_id=request.request_id,
            policy=self._policy.name,
            version=self._policy.version,
        )
        started_ns = read_clock().steady_ns
        try:
            snapshot = to_snapshot(request.snapshot)
            fill_decision(response, self._decide(snapshot, request.budget_s, started_ns))
            self.decisions += 1
        except Exception as error:  # the policy, or the snapshot, may be anybody's
            self._note_failure("decide", error, request_id=request.request_id)
            response.error_code = int(ErrorCode.DECISION_FAILED)
            response.message = f"{self._title} could not decide: {_reason(error)}"
        elapsed_ms = _elapsed_ms(started_ns)
        self.longest_decision_ms = max(self.longest_decision_ms, elapsed_ms)
        self._note_late("decide", request, elapsed_ms)
        return response

    def diagnosis(self) -> dict[str, str]:
        """The policy and the counts since the node was configured."""
        return {
            "policy": self._policy.name,
            "version": self._policy.version,
            "site": self._site.name,
            "plans": str(self.plans),
            "decisions": str(self.decisions),
            "failures": str(self.failures),
            "late": str(self.late),
            "longest_decision_ms": f"{self.longest_decision_ms:.1f}",
        }

    @property
    def _title(self) -> str:
        return f"policy {self._policy.name!r} version {self._policy.version}"

    def _decide(self, snapshot: Snapshot, budget_s: float, started_ns: int) -> Decision:
        """The policy's decision, with a clock to look at if it wants one."""
        if not isinstance(self._policy, AnytimePolicy):
            return self._policy.decide(snapshot, budget_s)
        end_ms = SEARCH_SHARE * budget_s * 1e3
        return self._policy.decide_within(
            snapshot, lambda: (end_ms - _elapsed_ms(started_ns)) / 1e3
        )

    def _plan(self, order: Order, request_id: int) -> msg.Plan:
        try:
            plan = self._policy.plan(order, self._site)
            message = plan_message(plan)
            if plan.order_id != order.order_id:
                raise ValueError(f"the plan is for order {plan.order_id!r}")
            if not plan.tasks and plan.refusal is None:
                raise ValueError("the plan has neither tasks nor a refusal")
            self.plans += 1
            return message
        except Exception as error:  # as above
            self._note_failure("plan", error, request_id=request_id, order_id=order.order_id)
            sentence = f"{self._title} could not plan order {order.order_id!r}: {_reason(error)}"
            return refused(order.order_id, sentence)

    def _note_failure(self, question: str, error: Exception, **ids: Any) -> None:
        self.failures += 1
        self._logs.exception("policy failed", question=question, reason=_reason(error), **ids)

    def _note_late(self, question: str, request: Any, elapsed_ms: float) -> None:
        budget_ms = request.budget_s * 1e3
        if 0 < budget_ms < elapsed_ms:
            self.late += 1
            self._logs.warning(
                "policy was late",
                question=question,
                request_id=request.request_id,
                elapsed_ms=round(elapsed_ms, 1),
                budget_ms=round(budget_ms, 1),
            )


def plans_of_inactive(request: srv.PlanOrders.Request) -> srv.PlanOrders.Response:
    """A refusal for each order."""
    plans = [refused(OrderId(order.order_id), NOT_ACTIVE) for order in request.orders]
    return srv.PlanOrders.Response(request_id=request.request_id, plans=plans)


def decision_of_inactive(request: srv.Decide.Request) -> srv.Decide.Response:
    """A failed decision."""
    return srv.Decide.Response(
        request_id=request.request_id,
        error_code=int(ErrorCode.DECISION_FAILED),
        message=NOT_ACTIVE,
    )


def refused(order_id: OrderId, sentence: str) -> msg.Plan:
    """A plan that says why there is none."""
    return plan_message(Plan(order_id, refusal=Refusal(ErrorCode.PLAN_FAILED, sentence)))


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _elapsed_ms(started_ns: int) -> float:
    return (read_clock().steady_ns - started_ns) / NS_PER_MS
