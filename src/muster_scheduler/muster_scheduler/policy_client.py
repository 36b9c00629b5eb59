"""Questions to the policy node. A late or missing answer is no problem: the core stands in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from muster_msgs import srv
from rclpy.node import Node

from muster_core.scheduler.effects import Query, RequestDecision, RequestPlans
from muster_core.scheduler.inputs import DecisionReceived, PlansReceived
from muster_ros.channels import DECIDE, PLAN_ORDERS
from muster_ros.conversions import order_message, snapshot_message, to_decision, to_plan


class PolicyClient:
    """Puts the core's questions to the policy node and its answers into the inbox.

    :param node: has the clients, and destroys them with itself.
    """

    def __init__(self, node: Node, fleet: str, put: Callable[[Any], bool], logs: Any) -> None:
        self._put = put
        self._logs = logs
        self._plan_orders = node.create_client(
            PLAN_ORDERS.type, PLAN_ORDERS.path(fleet), qos_profile=PLAN_ORDERS.qos
        )
        self._decide = node.create_client(DECIDE.type, DECIDE.path(fleet), qos_profile=DECIDE.qos)

    def ask(self, query: Query) -> None:
        """Send the question; without a policy node it is dropped and its deadline passes."""
        if isinstance(query, RequestPlans):
            self._ask_for_plans(query)
        else:
            self._ask_for_decision(query)

    def _ask_for_plans(self, query: RequestPlans) -> None:
        if not self._plan_orders.service_is_ready():
            self._logs.warning("no policy node answers", question="plan_orders")
            return
        request = srv.PlanOrders.Request(
            request_id=query.request_id,
            budget_s=query.budget_s,
            orders=[order_message(order) for order in query.orders],
        )
        self._plan_orders.call_async(request).add_done_callback(self._on_plans)

    def _on_plans(self, future: Any) -> None:
        response = future.result()
        plans = tuple(to_plan(plan) for plan in response.plans)
        self._put(PlansReceived(response.request_id, response.policy, response.version, plans))

    def _ask_for_decision(self, query: RequestDecision) -> None:
        if not self._decide.service_is_ready():
            self._logs.warning("no policy node answers", question="decide")
            return
        request = srv.Decide.Request(
            request_id=query.request_id,
            budget_s=query.budget_s,
            snapshot=snapshot_message(query.snapshot),
        )
        self._decide.call_async(request).add_done_callback(self._on_decision)

    def _on_decision(self, future: Any) -> None:
        response = future.result()
        self._put(
            DecisionReceived(
                response.request_id,
                response.policy,
                response.version,
                to_decision(response),
                problem=response.message if response.error_code else "",
            )
        )
