"""The policy node with real rclpy, in one process: node and client in a context of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from muster_msgs import srv
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter

from muster_core.errors import ErrorCode
from muster_core.ids import OrderId, RobotId, TaskId
from muster_core.order import Order
from muster_core.policy.batch import BatchPolicy
from muster_core.policy.planner import plan_order
from muster_core.policy.protocol import Decision, Plan, Snapshot
from muster_core.site import load_site
from muster_policy import node as node_module
from muster_policy.answers import SEARCH_SHARE
from muster_policy.node import PolicyNode
from muster_ros.channels import DECIDE, PLAN_ORDERS, Channel
from muster_ros.conversions import (
    order_message,
    snapshot_message,
    to_decision,
    to_plan,
)

pytestmark = pytest.mark.ros

FLEET = "/muster"
ANSWER_TIMEOUT_S = 10.0
DOMAIN_ID = int(os.environ.get("ROS_DOMAIN_ID", 1 + os.getpid() % 100))
SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE

SITE_TEXT = """
site: pair
vertices: {a: [0.0, 0.0], b: [5.0, 0.0]}
edges:
  - [a, b]
places:
  shelf_1: {kind: shelf, vertex: a}
  pack_1: {kind: station, vertex: b}
"""


class Bench:
    """Makes policy nodes, and a client to ask them."""

    def __init__(self, resources: ExitStack, site: Path) -> None:
        self.site = site
        self._resources = resources
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=DOMAIN_ID)
        resources.callback(self._context.try_shutdown)
        self.executor = SingleThreadedExecutor(context=self._context)
        self.client = rclpy.create_node("asker", namespace=FLEET, context=self._context)
        self._add(self.client)

    def make(self, **parameters: Any) -> PolicyNode:
        """A node that is not configured yet."""
        overrides = [
            Parameter(key, value=value)
            for key, value in {"site": str(self.site), **parameters}.items()
        ]
        node = PolicyNode(context=self._context, parameter_overrides=overrides)
        self._resources.callback(node.close)
        self._add(node)
        return node

    def make_active(self, **parameters: Any) -> PolicyNode:
        node = self.make(**parameters)
        assert node.trigger_configure() == SUCCESS
        assert node.trigger_activate() == SUCCESS
        return node

    def ask(self, channel: Channel, request: Any) -> Any:
        """The answer, awaited for a bounded time."""
        client = self.client.create_client(
            channel.type, channel.path(FLEET), qos_profile=channel.qos
        )
        assert client.wait_for_service(ANSWER_TIMEOUT_S), f"no service {channel.name}"
        future = client.call_async(request)
        self.executor.spin_until_future_complete(future, ANSWER_TIMEOUT_S)
        assert future.done(), f"no answer from {channel.name}"
        self.client.destroy_client(client)
        return future.result()

    def _add(self, node: Any) -> None:
        self.executor.add_node(node)
        self._resources.callback(node.destroy_node)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    site = tmp_path / "pair.yaml"
    site.write_text(SITE_TEXT)
    with ExitStack() as resources:
        yield Bench(resources, site)


def an_order(order_id: str = "o-1", **fields: Any) -> Order:
    return Order(order_id=OrderId(order_id), **{"pickup": "shelf_1", "dropoff": "pack_1", **fields})


def a_snapshot(size: int) -> Snapshot:
    generator = np.random.default_rng(size)
    travel_s = generator.uniform(0.0, 300.0, (size, size)).astype(np.float32)
    travel_s[generator.random((size, size)) < 0.1] = np.inf
    busy_s = generator.uniform(0.0, 60.0, size).astype(np.float32)
    busy_s[::2] = 0.0
    return Snapshot(
        robot_ids=tuple(RobotId(f"robot_{i}") for i in range(size)),
        robot_busy_s=busy_s,
        robot_battery=np.ones(size, np.float32),
        task_ids=tuple(TaskId(f"o-{i}/0") for i in range(size)),
        task_priority=generator.integers(0, 256, size).astype(np.uint8),
        task_waiting_s=generator.uniform(0.0, 900.0, size).astype(np.float32),
        task_slack_s=np.full(size, np.inf, np.float32),
        task_duration_s=np.full(size, 30.0, np.float32),
        travel_s=travel_s,
    )


def plan_request(*orders: Order) -> srv.PlanOrders.Request:
    return srv.PlanOrders.Request(
        request_id=7, budget_s=1.0, orders=[order_message(order) for order in orders]
    )


def decide_request(snapshot: Snapshot, budget_s: float = 1.0) -> srv.Decide.Request:
    return srv.Decide.Request(request_id=8, budget_s=budget_s, snapshot=snapshot_message(snapshot))


def test_unknown_policy_fails_configure_and_diagnostics_list_the_choices(bench: Bench) -> None:
    told = rclpy.Future()

    def on_diagnostics(message: DiagnosticArray) -> None:
        for status in message.status:
            if "configure failed" in status.message and not told.done():
                told.set_result(status)

    bench.client.create_subscription(DiagnosticArray, "/diagnostics", on_diagnostics, 10)
    node = bench.make(policy="bacth")
    assert node.trigger_configure() == FAILURE
    bench.executor.spin_until_future_complete(told, ANSWER_TIMEOUT_S)
    assert told.done(), "diagnostics did not tell of the failure"
    status = told.result()
    assert status.name == "muster/policy"
    assert "'bacth'" in status.message
    assert "batch, nearest" in status.message


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"site": ""}, "site is ''; it must be the path of the site file"),
        ({"site": "/nowhere/site.yaml"}, "/nowhere/site.yaml"),
        ({"polcy": "batch"}, "has no parameter 'polcy'; did you mean 'policy'?"),
        ({"policy": 3}, "'policy' is 3"),
        ({"policy": ""}, "policy is ''"),
    ],
)
def test_bad_parameter_fails_configure_with_a_sentence(
    bench: Bench, parameters: dict[str, Any], told: str
) -> None:
    node = bench.make(**parameters)
    assert node.trigger_configure() == FAILURE
    assert told in node.problem


def test_inactive_node_says_so(bench: Bench) -> None:
    node = bench.make()
    assert node.trigger_configure() == SUCCESS
    (plan,) = bench.ask(PLAN_ORDERS, plan_request(an_order())).plans
    assert (plan.order_id, plan.error_code) == ("o-1", ErrorCode.PLAN_FAILED)
    assert plan.message.startswith("policy node is not active")
    decision = bench.ask(DECIDE, decide_request(a_snapshot(2)))
    assert (decision.request_id, decision.error_code) == (8, ErrorCode.DECISION_FAILED)
    assert decision.message.startswith("policy node is not active")
    assert node.trigger_activate() == SUCCESS
    assert bench.ask(DECIDE, decide_request(a_snapshot(2))).error_code == ErrorCode.NONE
    assert node.trigger_deactivate() == SUCCESS
    assert bench.ask(DECIDE, decide_request(a_snapshot(2))).error_code != ErrorCode.NONE


def test_plans_come_in_the_order_of_the_orders(bench: Bench) -> None:
    bench.make_active()
    orders = [an_order("o-1"), an_order("o-2", kind="juggle"), an_order("o-3", requires=("cold",))]
    answer = bench.ask(PLAN_ORDERS, plan_request(*orders))
    assert (answer.request_id, answer.policy, answer.version) == (7, "batch", "2")
    site = load_site(bench.site)
    assert [to_plan(plan) for plan in answer.plans] == [plan_order(each, site) for each in orders]
    assert answer.plans[1].error_code == ErrorCode.UNKNOWN_KIND


def test_decision_of_100_by_100_is_the_core_s(bench: Bench) -> None:
    node = bench.make_active()
    snapshot = a_snapshot(100)
    answer = bench.ask(DECIDE, decide_request(snapshot, budget_s=100.0))
    assert (answer.request_id, answer.policy, answer.version) == (8, "batch", "2")
    assert (answer.error_code, answer.message) == (0, "")
    expected = BatchPolicy().decide(snapshot, 100.0)
    assert len(expected.assignments) > 10 and len(expected.queues) > 10
    assert to_decision(answer) == expected
    assert node.diagnose()["decisions"] == "1"
    assert float(node.diagnose()["longest_decision_ms"]) > 0


class PatientPolicy:
    """Searches as long as it may."""

    api_version: ClassVar[int] = 1
    name: ClassVar[str] = "patient"
    version: ClassVar[str] = "1"
    kinds: ClassVar[tuple[str, ...]] = ()

    def plan(self, order: Order, site: Any) -> Plan:
        return plan_order(order, site)

    def decide(self, snapshot: Snapshot, budget_s: float) -> Decision:
        return Decision()

    def decide_within(self, snapshot: Snapshot, seconds_left: Callable[[], float]) -> Decision:
        granted_s = left_s = seconds_left()
        while left_s > 0:
            left_s = seconds_left()
        return Decision(objective=granted_s)


def test_policy_that_takes_all_its_time_is_not_late(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_module, "load_policy", lambda name: PatientPolicy())
    node = bench.make_active()
    answer = bench.ask(DECIDE, decide_request(a_snapshot(2), budget_s=1.0))
    assert 0.0 < answer.objective <= SEARCH_SHARE * 1.0
    assert (answer.error_code, node.diagnose()["late"]) == (0, "0")


def test_policy_parameter_chooses_the_policy(bench: Bench) -> None:
    bench.make_active(policy="nearest")
    assert bench.ask(DECIDE, decide_request(a_snapshot(3))).policy == "nearest"


def test_contradicting_lengths_are_answered_and_the_node_lives_on(bench: Bench) -> None:
    node = bench.make_active()
    request = decide_request(a_snapshot(3))
    request.snapshot.travel_s = request.snapshot.travel_s[:-1]
    answer = bench.ask(DECIDE, request)
    assert answer.error_code == ErrorCode.DECISION_FAILED
    assert "travel_s has 8 entries instead of 9" in answer.message
    assert bench.ask(DECIDE, decide_request(a_snapshot(3))).error_code == ErrorCode.NONE
    assert node.diagnose()["failures"] == "1"


class BrokenPolicy:
    """Fails in every way that a plug-in may."""

    api_version: ClassVar[int] = 1
    name: ClassVar[str] = "broken"
    version: ClassVar[str] = "13"
    kinds: ClassVar[tuple[str, ...]] = ()

    def plan(self, order: Order, site: Any) -> Any:
        if order.order_id == "raise":
            raise KeyError("shelf")
        if order.order_id == "other":
            return plan_order(an_order("o-9"), site)
        return None if order.order_id == "none" else Plan(order.order_id)

    def decide(self, snapshot: Snapshot, budget_s: float) -> Any:
        raise ZeroDivisionError("no robots to divide by")


def test_exception_of_a_policy_becomes_the_answer(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(node_module, "load_policy", lambda name: BrokenPolicy())
    node = bench.make_active()
    decision = bench.ask(DECIDE, decide_request(a_snapshot(1)))
    assert decision.error_code == ErrorCode.DECISION_FAILED
    assert decision.message == (
        "policy 'broken' version 13 could not decide: ZeroDivisionError: no robots to divide by"
    )
    assert "Traceback" in capfd.readouterr().out
    orders = [an_order(name) for name in ("raise", "other", "none", "empty")]
    plans = bench.ask(PLAN_ORDERS, plan_request(*orders)).plans
    assert [plan.order_id for plan in plans] == ["raise", "other", "none", "empty"]
    assert {plan.error_code for plan in plans} == {int(ErrorCode.PLAN_FAILED)}
    assert "KeyError: 'shelf'" in plans[0].message
    assert "the plan is for order 'o-9'" in plans[1].message
    assert "neither tasks nor a refusal" in plans[3].message
    assert node.diagnose()["failures"] == "5"


def test_cleanup_takes_the_services_away_and_configure_brings_them_back(bench: Bench) -> None:
    node = bench.make_active()
    assert node.trigger_deactivate() == SUCCESS
    assert node.trigger_cleanup() == SUCCESS
    own = "/muster/decide"
    assert own not in {service.srv_name for service in node.services}
    assert node.diagnose() == {}
    assert node.trigger_configure() == SUCCESS
    assert node.trigger_activate() == SUCCESS
    assert bench.ask(DECIDE, decide_request(a_snapshot(2))).error_code == ErrorCode.NONE
