"""The ways to the policy and to the agents, opened before they are needed: matching takes a while.

A standby has them too. They offer nothing, and nothing goes over them before somebody leads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any

from rclpy.node import Node

from muster_core.ids import RobotId
from muster_ros.side_node import SideNode
from muster_scheduler.dispatch import Dispatcher
from muster_scheduler.policy_client import PolicyClient


class Peers:
    """Clients of the policy and of the agents, on side nodes.

    :param put: takes the policy's answers; False when they cannot be taken.
    """

    def __init__(self, name: str, fleet: str, put: Callable[[Any], bool], logs: Any) -> None:
        self._name = name
        self._fleet = fleet
        self._put = put
        self._logs = logs
        self._connected: set[RobotId] = set()
        self.dispatcher = Dispatcher(f"{name}_dispatch", fleet)

    def open(self, resources: ExitStack) -> None:
        """Open the ways; ``resources`` closes them."""
        self.dispatcher.start(resources)
        # Heartbeats are most of what arrives, and the policy's answers are waited for: neither is
        # to be looked for among everything else.
        self._ears = SideNode(f"{self._name}_ears", self._fleet)
        resources.callback(self._ears.stop)
        self.policy = PolicyClient(self._ears.node, self._fleet, self._put, self._logs)

    def connect(self, robots: Iterable[RobotId]) -> None:
        """Open the ways to those of the robots that have none yet."""
        for robot_id in robots:
            if robot_id not in self._connected:
                self._connected.add(robot_id)
                self.dispatcher.connect(robot_id)

    def listen(self, subscribe: Callable[[Node], None]) -> None:
        """Begin to hear: the policy's answers, and what ``subscribe`` adds to that node."""
        subscribe(self._ears.node)
        self._ears.start()
