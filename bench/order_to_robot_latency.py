"""How long it takes from an order to its robot, one order at a time, beside bare rclpy calls.

Ours: from ``submit_order`` sent to the task handed to the core of an idle robot's agent, through
the real scheduler (which syncs its log to disk in between) and the real policy, for 10 robots.
Bare: one service call and then one action goal, up to the server's goal callback. Both take turns,
order by order, and the next begins when all is quiet.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any

from client import ANSWER_TIMEOUT_S, BARE, FLEET, Client, make_order, open_client
from figure import Better, Figure, percentile, spread
from fleet import SITE, open_fleet
from muster_msgs import action, msg, srv
from processes import Child, start_peer
from rclpy.action import ActionClient

from muster_ros.channels import EXECUTE_TASK, GET_ORDERS, GET_ROBOTS, SUBMIT_ORDER

ROBOTS = 10
ORDERS = 300
ORDERS_QUICK = 30
WARM_UP = 20
RATIO_MAX = 3.0
NS_PER_MS = 1e6
SETTLE_S = 0.03
MATCHING_S = 2.0
PARTS = 4
READY_TIMEOUT_S = 60.0


def measure(is_quick: bool) -> list[Figure]:
    """p50 and p99."""
    orders = ORDERS_QUICK if is_quick else ORDERS
    ours, bare = [], []
    with ExitStack() as stack:
        client = stack.enter_context(open_client())
        fleet = stack.enter_context(open_fleet(client))
        journals = str(fleet.directory / "journals")
        agents = stack.enter_context(start_peer("agents", FLEET, str(ROBOTS), str(SITE), journals))
        stack.enter_context(start_peer("bare_service", BARE))
        robot = stack.enter_context(start_peer("bare_robot", BARE, "robot_1"))
        agents.report(READY_TIMEOUT_S)
        order_to_agent = OrderToAgent(client, agents)
        order_to_agent.wait_for_robots()
        call_and_goal = CallAndGoal(client, robot)
        for number in range(WARM_UP + orders):
            took_ms = order_to_agent.take(number), call_and_goal.take(number)
            if number >= WARM_UP:
                ours.append(took_ms[0])
                bare.append(took_ms[1])
    return _figures(ours, bare)


class OrderToAgent:
    """One order at a time through Muster."""

    def __init__(self, client: Client, agents: Child) -> None:
        self._client = client
        self._agents = agents
        self._submit_order = client.service(SUBMIT_ORDER, FLEET)
        self._get_orders = client.service(GET_ORDERS, FLEET)

    def wait_for_robots(self) -> None:
        """Have the robots do one order each, so that each way is open."""
        robots = self._client.service(GET_ROBOTS, FLEET)
        self._client.until(lambda: self._idle(robots) == ROBOTS, "an idle fleet")
        self._client.rest(MATCHING_S)
        orders = [make_order(f"first-{number}", number) for number in range(ROBOTS)]
        for order in orders:
            request = srv.SubmitOrder.Request(order=order)
            self._client.wait(self._submit_order.call_async(request), "submit_order")
        for order in orders:
            self._agents.report(READY_TIMEOUT_S)
            self._wait_until_completed(order.order_id)

    def _idle(self, robots: Any) -> int:
        response = self._client.wait(robots.call_async(srv.GetRobots.Request()), "get_robots")
        return sum(not robot.excluded for robot in response.robots)

    def take(self, number: int) -> float:
        """From sent to received by the agent, ms."""
        order = make_order(f"order-{number}", number)
        sent_ns = time.monotonic_ns()
        answer = self._submit_order.call_async(srv.SubmitOrder.Request(order=order))
        response = self._client.wait(answer, "submit_order")
        assert response.accepted, response.message
        order_id, received_ns = self._agents.report(ANSWER_TIMEOUT_S)
        assert order_id == order.order_id, f"{order_id} was received instead of {order.order_id}"
        self._wait_until_completed(order.order_id)
        self._client.rest(SETTLE_S)
        return (int(received_ns) - sent_ns) / NS_PER_MS

    def _wait_until_completed(self, order_id: str) -> None:
        deadline_s = time.monotonic() + ANSWER_TIMEOUT_S
        while time.monotonic() < deadline_s:
            request = srv.GetOrders.Request(order_ids=[order_id])
            response = self._client.wait(self._get_orders.call_async(request), "get_orders")
            if response.orders[0].state == msg.OrderStatus.COMPLETED:
                return
            self._client.rest(SETTLE_S)
        raise TimeoutError(f"order {order_id} was not completed within {ANSWER_TIMEOUT_S} s")


class CallAndGoal:
    """One bare service call and one bare goal after it, with the same contents."""

    def __init__(self, client: Client, robot: Child) -> None:
        self._client = client
        self._robot = robot
        self._submit_order = client.service(SUBMIT_ORDER, BARE)
        self._execute_task: ActionClient = client.action(EXECUTE_TASK, BARE, "robot_1")

    def take(self, number: int) -> float:
        """From the call sent to the goal received, ms."""
        order = make_order(f"bare-{number}", number)
        goal = _goal(order)
        sent_ns = time.monotonic_ns()
        answer = self._submit_order.call_async(srv.SubmitOrder.Request(order=order))
        self._client.wait(answer, "the bare service")
        accepted = self._execute_task.send_goal_async(goal)
        self._client.wait(accepted, "the bare action")
        _, received_ns = self._robot.report(ANSWER_TIMEOUT_S)
        self._client.rest(SETTLE_S)
        return (int(received_ns) - sent_ns) / NS_PER_MS


def _goal(order: msg.Order) -> action.ExecuteTask.Goal:
    """What the scheduler would send for the order."""
    stops = (("go", order.pickup), ("pick", order.pickup), ("go", order.dropoff))
    steps = [msg.Step(verb=verb, place=place) for verb, place in (*stops, ("place", order.dropoff))]
    return action.ExecuteTask.Goal(
        epoch=1,
        attempt_id=f"{order.order_id}/0#1",
        task_id=f"{order.order_id}/0",
        order_id=order.order_id,
        lease_s=10.0,
        steps=steps,
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )


def _figures(ours: list[float], bare: list[float]) -> list[Figure]:
    size = max(1, len(ours) // PARTS)
    ratios = [
        percentile(ours[at : at + size], 50) / percentile(bare[at : at + size], 50)
        for at in range(0, len(ours) - size + 1, size)
    ]
    note = f"{len(ours)} orders, {ROBOTS} robots"
    notes = {50: f"{note}; ratio of {PARTS} parts {spread(ratios)}", 99: note}
    return [
        Figure(
            name=f"order_to_robot_latency_p{percent}",
            value=percentile(ours, percent),
            unit="ms",
            baseline=percentile(bare, percent),
            better=Better.LOWER,
            target=RATIO_MAX if percent == 50 else None,
            note=notes[percent],
        )
        for percent in (50, 99)
    ]
