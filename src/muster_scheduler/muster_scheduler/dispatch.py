"""Sends attempts to agents: one action client per robot, on a node of their own.

A hundred action clients beside the heartbeat subscription would cost four times what the heartbeats
do (measured). Here they wake only when a goal is sent or answered.
"""

from __future__ import annotations

from contextlib import ExitStack

from muster_msgs.action import ExecuteTask
from rclpy.action import ActionClient

from muster_core.ids import RobotId
from muster_core.scheduler.effects import SendTask
from muster_ros.channels import EXECUTE_TASK, ROBOTS_MAX
from muster_ros.conversions import step_message
from muster_ros.side_node import SideNode


class Dispatcher:
    """Action clients of all robots. ``send`` and ``connect`` may be called from any thread.

    An attempt that does not arrive is sent again by the core, so nothing is retried here.
    """

    def __init__(self, name: str, fleet: str) -> None:
        self._name = name
        self._fleet = fleet
        self._clients: dict[RobotId, ActionClient] = {}
        self.robots_left_out = 0

    def start(self, resources: ExitStack) -> None:
        """Start to send; ``resources`` ends it."""
        self._side = SideNode(self._name, self._fleet)
        resources.callback(self._stop)
        self._side.start()

    def connect(self, robot_id: RobotId) -> None:
        """Open the way to the robot's agent before it is needed: matching takes a while."""
        self._side.run(self._client, robot_id)

    def send(self, effect: SendTask) -> None:
        """Send the attempt. The action client is not thread-safe, so its own thread does it."""
        goal = ExecuteTask.Goal(
            epoch=effect.epoch,
            attempt_id=effect.attempt_id,
            task_id=effect.task.task_id,
            order_id=effect.task.order_id,
            lease_s=effect.lease_s,
            heard_report=effect.heard_report,
            steps_permitted=effect.steps_permitted,
            steps=[step_message(step) for step in effect.task.steps],
            traceparent=effect.traceparent,
        )
        self._side.run(self._send, effect.robot_id, goal)

    def _send(self, robot_id: RobotId, goal: ExecuteTask.Goal) -> None:
        client = self._client(robot_id)
        if client is not None and client.server_is_ready():
            client.send_goal_async(goal)

    def _client(self, robot_id: RobotId) -> ActionClient | None:
        if robot_id not in self._clients and len(self._clients) >= ROBOTS_MAX:
            self.robots_left_out += 1
            return None
        if robot_id not in self._clients:
            self._clients[robot_id] = ActionClient(
                self._side.node,
                EXECUTE_TASK.type,
                EXECUTE_TASK.path(self._fleet, robot_id),
                goal_service_qos_profile=EXECUTE_TASK.qos,
            )
        return self._clients[robot_id]

    def _stop(self) -> None:
        self._side.stop(self._destroy_clients)

    def _destroy_clients(self) -> None:
        for client in self._clients.values():
            client.destroy()
        self._clients.clear()
