"""A ROS context of the tests' own, and a scheduler's end of the agent's channels."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rclpy
from muster_msgs import action, msg
from rclpy.action import ActionClient
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter

from muster_agent.node import AgentNode
from muster_core.ids import RobotId
from muster_ros.channels import EXECUTE_TASK, LEASES, ROBOT_DESCRIPTIONS, ROBOT_STATES

FLEET = "/muster"
ROBOT = RobotId("robot_1")
WAIT_S = 20.0
SITE = """
site: line
vertices: {a: [0, 0], b: [5, 0], c: [5, 5]}
edges: [[a, b, c]]
places:
  park_1: {kind: parking, vertex: a}
  shelf_1: {kind: shelf, vertex: b}
  pack_1: {kind: station, vertex: c}
  charger_1: {kind: charger, vertex: a}
"""


class Bench:
    """Agents and a stand-in for the scheduler, spun by the test itself."""

    def __init__(self, context: Context, directory: Path) -> None:
        self.context = context
        self.directory = directory
        self.site = directory / "site.yaml"
        self.site.write_text(SITE)
        self.executor = SingleThreadedExecutor(context=context)
        self.agents: list[AgentNode] = []
        self.states: list[msg.RobotState] = []
        self.descriptions: list[msg.RobotDescription] = []
        peer = self.peer = Node("scheduler", namespace=FLEET, context=context)
        self.executor.add_node(peer)
        self.leases = peer.create_publisher(LEASES.type, LEASES.path(FLEET), LEASES.qos)
        for channel, received in (
            (ROBOT_STATES, self.states),
            (ROBOT_DESCRIPTIONS, self.descriptions),
        ):
            peer.create_subscription(
                channel.type, channel.path(FLEET), received.append, channel.qos
            )
        self.tasks = ActionClient(peer, EXECUTE_TASK.type, EXECUTE_TASK.path(FLEET, ROBOT))

    def agent(self, **parameters: Any) -> AgentNode:
        """A fresh agent of the robot, not configured yet."""
        values = {
            "site": str(self.site),
            "data_dir": str(self.directory / "journals"),
            "heartbeat_period_s": 0.1,
            "tick_s": 0.02,
            "driver_settings.speed_factor": 50.0,
        } | {name.replace("__", "."): value for name, value in parameters.items()}
        overrides = [Parameter(name, value=value) for name, value in values.items()]
        agent = AgentNode(FLEET, ROBOT, context=self.context, parameter_overrides=overrides)
        self.agents.append(agent)
        self.executor.add_node(agent)
        return agent

    def active_agent(self, **parameters: Any) -> AgentNode:
        """An agent at work, known to the stand-in."""
        agent = self.agent(**parameters)
        assert agent.trigger_configure().name == "SUCCESS"
        assert agent.trigger_activate().name == "SUCCESS"
        self.until(lambda: self.tasks.server_is_ready() and bool(self.descriptions))
        self.until(lambda: self.leases.get_subscription_count() == 1)
        self.until(lambda: bool(self.states) and self.states[-1].state == msg.RobotState.IDLE)
        return agent

    def end(self, agent: AgentNode) -> None:
        """Take the agent away, as a process that ends does."""
        agent.close()
        for _ in range(10):  # goals that were just ended have a last turn to take
            self.executor.spin_once(timeout_sec=0)
        self.executor.remove_node(agent)
        agent.destroy_node()
        self.agents.remove(agent)
        self.states.clear()
        self.descriptions.clear()

    def until(self, is_true: Callable[[], bool]) -> None:
        """Spin until it is so.

        :raises AssertionError: when that takes too long.
        """
        deadline = time.monotonic() + WAIT_S
        while not is_true():
            assert time.monotonic() < deadline, f"waited {WAIT_S} s in vain"
            self.executor.spin_once(timeout_sec=0.02)

    def offer(
        self,
        attempt_id: str,
        *verbs: str,
        epoch: int = 1,
        feedback: Any = None,
        steps_permitted: int = 1000,
    ) -> Any:
        """Send an attempt; its goal handle."""
        places = {"pick": "shelf_1", "scan": "shelf_1", "place": "pack_1"}
        steps: list[msg.Step] = []
        for verb in verbs:
            if verb in places:
                steps.append(msg.Step(verb="go", place=places[verb]))
            steps.append(msg.Step(verb=verb, place=places.get(verb, "")))
        goal = action.ExecuteTask.Goal(
            epoch=epoch,
            attempt_id=attempt_id,
            order_id="o",
            lease_s=30.0,
            heard_report=self.heard_report(),
            steps_permitted=steps_permitted,
            steps=steps,
        )
        sent = self.tasks.send_goal_async(goal, feedback_callback=feedback)
        self.until(sent.done)
        return sent.result()

    def heard_report(self) -> int:
        """The number of the newest state that was heard; 0 when none was."""
        return self.states[-1].report_number if self.states else 0

    def grant(self, *, epoch: int = 1, heard_report: int | None = None, **attempts: str) -> None:
        """Send leases: ``grants``, ``revocations`` or ``acknowledgements`` of one attempt each."""
        number = self.heard_report() if heard_report is None else heard_report
        named = {
            kind: [
                msg.LeaseGrant(
                    robot_id=ROBOT, attempt_id=attempt, heard_report=number, steps_permitted=1000
                )
            ]
            for kind, attempt in attempts.items()
        }
        self.leases.publish(msg.Leases(epoch=epoch, duration_s=30.0, **named))

    def owed(self) -> dict[str, msg.Outcome]:
        """The outcomes in the newest state."""
        return {item.attempt_id: item for item in self.states[-1].outcomes} if self.states else {}

    def close(self) -> None:
        """Take everything away."""
        for agent in list(self.agents):
            self.end(agent)
        self.executor.shutdown(timeout_sec=2)
        self.tasks.destroy()
        self.peer.destroy_node()


@pytest.fixture(name="context", scope="session")
def make_context() -> Iterator[Context]:
    context = Context()
    # Tests that run side by side must not hear each other.
    rclpy.init(args=[], context=context, domain_id=1 + os.getpid() % 100)
    yield context
    rclpy.try_shutdown(context=context)


@pytest.fixture(name="bench")
def make_bench(context: Context, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(context, tmp_path)
    yield bench
    bench.close()
