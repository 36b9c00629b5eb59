"""A scheduler node, a policy that answers, and an agent that does as the test says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import rclpy
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from muster_msgs import msg, srv
from rclpy.action import ActionServer
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.node import Node
from rclpy.parameter import Parameter

from muster_core.ids import AttemptId, OrderId, RobotId
from muster_core.policy.nearest import NearestPolicy
from muster_core.robot import RobotDescription, RobotMode, RobotReport
from muster_core.site import load_site
from muster_core.task import Outcome, OutcomeResult
from muster_ros import channels as ch
from muster_ros import conversions as conv
from muster_ros.clock import read_clock
from muster_ros.testing import Caller, ros_context, spinning, wait_until
from muster_scheduler.node import SchedulerNode

FLEET = "/test"
ASK_S = 1.0
NEXT_TRANSITIONS = {
    State.PRIMARY_STATE_UNCONFIGURED: Transition.TRANSITION_CONFIGURE,
    State.PRIMARY_STATE_INACTIVE: Transition.TRANSITION_ACTIVATE,
}
SITE = """
site: corridor
vertices: {a: [0, 0], b: [10, 0], c: [20, 0], d: [30, 0]}
edges: [[a, b, c, d]]
places:
  shelf_1: {vertex: b, kind: shelf}
  shelf_2: {vertex: c, kind: shelf}
  pack_1: {vertex: d, kind: station}
  parking_1: {vertex: a, kind: parking}
"""


class ScriptedPolicy:
    """The policy node's services, answered by the built-in policy."""

    def __init__(self, node: Node, site: Any) -> None:
        self._site = site
        self._policy = NearestPolicy()
        for channel, answer in ((ch.PLAN_ORDERS, self._plan), (ch.DECIDE, self._decide)):
            node.create_service(channel.type, channel.path(FLEET), answer, qos_profile=channel.qos)

    def _plan(self, request: Any, response: srv.PlanOrders.Response) -> Any:
        response.request_id, response.policy, response.version = request.request_id, "test", "1"
        orders = [conv.to_order(order) for order in request.orders]
        response.plans = [
            conv.plan_message(self._policy.plan(order, self._site)) for order in orders
        ]
        return response

    def _decide(self, request: Any, response: srv.Decide.Response) -> Any:
        response.request_id, response.policy, response.version = request.request_id, "test", "1"
        decision = self._policy.decide(conv.to_snapshot(request.snapshot), request.budget_s)
        response.assignments = [conv.assignment_message(item) for item in decision.assignments]
        return response


class ScriptedAgent:
    """One robot: it reports, takes what it is offered, and ends it when the test says so."""

    def __init__(self, node: Node, robot_id: str, site: Any) -> None:
        self.report = RobotReport(robot_id=RobotId(robot_id), mode=RobotMode.IDLE, vertex="a")
        self.told = 0
        self.offers: list[Any] = []
        self.leases: list[msg.Leases] = []
        description = RobotDescription(
            robot_id=RobotId(robot_id),
            capabilities=("go", "pick", "place", "scan"),
            site=site.name,
            site_digest=site.digest,
        )
        kept, states = ch.ROBOT_DESCRIPTIONS, ch.ROBOT_STATES
        self._descriptions = node.create_publisher(kept.type, kept.path(FLEET), kept.qos)
        self._descriptions.publish(conv.robot_description_message(description))
        self._states = node.create_publisher(states.type, states.path(FLEET), states.qos)
        node.create_subscription(
            ch.LEASES.type, ch.LEASES.path(FLEET), self._on_leases, ch.LEASES.qos
        )
        node.create_timer(0.1, self.tell)
        path = ch.EXECUTE_TASK.path(FLEET, robot_id)
        self.server = ActionServer(node, ch.EXECUTE_TASK.type, path, self._on_goal)

    def tell(self) -> None:
        self.told += 1
        self.report.report_number = self.told
        self._states.publish(conv.robot_state_message(self.report, read_clock().wall_ns))

    def end(self, result: OutcomeResult) -> None:
        """End the running attempt; the outcome is told until it is acknowledged."""
        offer = self.offers[-1]
        steps = len(offer.steps) if result is OutcomeResult.SUCCEEDED else 0
        outcome = Outcome(
            AttemptId(offer.attempt_id), OrderId(offer.order_id), result, steps_finished=steps
        )
        self.report.outcomes = (outcome,)
        self.report.attempt_id, self.report.mode = AttemptId(""), RobotMode.IDLE

    def _on_leases(self, leases: msg.Leases) -> None:
        self.leases.append(leases)
        self.report.epoch = max(self.report.epoch, leases.epoch)

    def _on_goal(self, goal: Any) -> Any:
        self.offers.append(goal.request)
        self.report.attempt_id = AttemptId(goal.request.attempt_id)
        self.report.mode = RobotMode.WORKING
        self.tell()
        goal.succeed()
        return ch.EXECUTE_TASK.type.Result()


class World:
    """Everything that a test of the node touches."""

    def __init__(self, directory: Path, resources: ExitStack) -> None:
        self.directory = directory
        self._resources = resources
        site_file = directory / "corridor.yaml"
        site_file.write_text(SITE)
        self.parameters: dict[str, Any] = {
            "site": str(site_file),
            "data_dir": str(directory),
            # A disk that hangs for seconds costs the lead, which is right. Tests that are about
            # that have a lease of their own.
            "leadership_lease_s": 30.0,
        }
        self.site = load_site(site_file)
        self.peer = rclpy.create_node("peer", namespace=FLEET)
        self.events: list[msg.Event] = []
        self.ends: list[BaseException] = []
        self.peer.create_subscription(
            ch.EVENTS.type, ch.EVENTS.path(FLEET), self.events.append, ch.EVENTS.qos
        )
        resources.callback(self._destroy_peer)
        resources.enter_context(spinning([self.peer]))
        self.caller = Caller(self.peer, FLEET)
        self.actions: list[Any] = []

    def _destroy_peer(self) -> None:
        for action in self.actions:
            action.destroy()
        self.peer.destroy_node()

    def add_policy(self) -> ScriptedPolicy:
        return ScriptedPolicy(self.peer, self.site)

    def add_agent(self, robot_id: str = "robot_1") -> ScriptedAgent:
        agent = ScriptedAgent(self.peer, robot_id, self.site)
        # Once nothing spins any more, and before its node goes; else the next test meets its ghost.
        self.actions.append(agent.server)
        return agent

    def make_scheduler(self, name: str = "scheduler", **parameters: Any) -> SchedulerNode:
        """A scheduler that is not configured yet. What would end its process goes to ``ends``."""
        values = self.parameters | parameters
        overrides = [Parameter(key, value=value) for key, value in values.items()]
        node = SchedulerNode(
            name, on_end=self.ends.append, namespace=FLEET, parameter_overrides=overrides
        )
        self._resources.callback(node.destroy_node)
        self._resources.callback(node.close)
        return node

    def start_scheduler(self, name: str = "scheduler", **parameters: Any) -> SchedulerNode:
        """A scheduler at work, or ready to be."""
        node = self.make_scheduler(name, **parameters)
        assert node.trigger_configure() == TransitionCallbackReturn.SUCCESS
        assert node.trigger_activate() == TransitionCallbackReturn.SUCCESS
        self._resources.enter_context(spinning([node]))
        return node

    def bring_up(self, name: str) -> None:
        """Configure and activate the scheduler of another process."""
        get_state = self.peer.create_client(GetState, f"{FLEET}/{name}/get_state")
        change_state = self.peer.create_client(ChangeState, f"{FLEET}/{name}/change_state")

        def is_active() -> bool:
            answer = self._ask(get_state, GetState.Request())
            state = answer.current_state.id if answer else State.PRIMARY_STATE_UNKNOWN
            if state in NEXT_TRANSITIONS:
                transition = Transition(id=NEXT_TRANSITIONS[state])
                self._ask(change_state, ChangeState.Request(transition=transition))
            return bool(state == State.PRIMARY_STATE_ACTIVE)

        wait_until(is_active, f"the activation of {name}")
        for client in (get_state, change_state):
            self.peer.destroy_client(client)

    def _ask(self, client: Any, request: Any) -> Any:
        """The answer, or None: one that was asked before it knew of its asker has none."""
        if not client.wait_for_service(ASK_S):
            return None
        future = client.call_async(request)
        is_done = threading.Event()
        future.add_done_callback(lambda _: is_done.set())
        return future.result() if is_done.wait(ASK_S) else None

    def submit(self, order_id: str, **fields: Any) -> srv.SubmitOrder.Response:
        order = msg.Order(order_id=order_id, **{"pickup": "shelf_1", "dropoff": "pack_1"} | fields)
        return self.caller.call(ch.SUBMIT_ORDER, srv.SubmitOrder.Request(order=order))

    def submit_until_answered(self, order_id: str) -> srv.SubmitOrder.Response:
        """As ``submit``, sent again and again: who is gone and not yet missed does not answer."""
        order = msg.Order(order_id=order_id, pickup="shelf_1", dropoff="pack_1")
        request = srv.SubmitOrder.Request(order=order)
        channel = ch.SUBMIT_ORDER
        client = self.peer.create_client(channel.type, channel.path(FLEET), qos_profile=channel.qos)
        return wait_until(lambda: self._ask(client, request), f"an answer to {order_id}")

    def wait_for_event(self, event_type: str, count: int = 1) -> msg.Event:
        """The ``count``-th event of that type."""

        def found() -> list[msg.Event] | None:
            hits = [event for event in list(self.events) if event.type == event_type]
            return hits if len(hits) >= count else None

        return wait_until(found, f"event {event_type} number {count}")[count - 1]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with ros_context(), ExitStack() as resources:
        yield World(tmp_path, resources)
