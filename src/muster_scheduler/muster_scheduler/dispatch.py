"""Sends attempts to agents: one action client per robot, on an executor of their own.

rclpy's executor looks at every entity each time it wakes (measured: 30 us per action client), so a
hundred clients beside the heartbeat subscription would cost four times what the heartbeats do. Here
they wake only when a goal is sent or answered.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import Any

import rclpy
from muster_msgs.action import ExecuteTask
from rclpy.action import ActionClient
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor

from muster_core.ids import RobotId
from muster_core.scheduler.effects import SendTask
from muster_ros.channels import EXECUTE_TASK, ROBOTS_MAX
from muster_ros.conversions import step_message

JOIN_TIMEOUT_S = 5.0


class Dispatcher:
    """Action clients of all robots. ``send`` and ``connect`` may be called from any thread.

    An attempt that does not arrive is sent again by the core, so nothing is retried here.
    """

    def __init__(self, fleet: str, logs: Any) -> None:
        self._fleet = fleet
        self._logs = logs
        self._clients: dict[RobotId, ActionClient] = {}
        self._is_stopping = False
        self.robots_left_out = 0

    def start(self, resources: ExitStack) -> None:
        """Start the node and the executor's thread; ``resources`` ends them."""
        self._node = rclpy.create_node(
            "scheduler_dispatch",
            namespace=self._fleet,
            use_global_arguments=False,
            start_parameter_services=False,
        )
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._spin, name="dispatch", daemon=True)
        self._thread.start()
        resources.callback(self._stop)

    def connect(self, robot_id: RobotId) -> None:
        """Open the way to the robot's agent before it is needed: matching takes a while."""
        self._executor.create_task(self._client, robot_id)

    def send(self, effect: SendTask) -> None:
        """Send the attempt. The action client is not thread-safe, so its own thread does it."""
        goal = ExecuteTask.Goal(
            epoch=effect.epoch,
            attempt_id=effect.attempt_id,
            task_id=effect.task.task_id,
            order_id=effect.task.order_id,
            lease_s=effect.lease_s,
            steps=[step_message(step) for step in effect.task.steps],
            traceparent=effect.traceparent,
        )
        self._executor.create_task(self._send, effect.robot_id, goal)

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
                self._node,
                EXECUTE_TASK.type,
                EXECUTE_TASK.path(self._fleet, robot_id),
                goal_service_qos_profile=EXECUTE_TASK.qos,
            )
        return self._clients[robot_id]

    def _spin(self) -> None:
        try:
            while not self._is_stopping:
                self._executor.spin_once()
        except ExternalShutdownException:
            self._logs.debug("dispatch ends with the context")

    def _stop(self) -> None:
        self._is_stopping = True
        # Waking it is not enough: spin_once returns only when it has had something to do.
        self._executor.create_task(lambda: None)
        self._thread.join(JOIN_TIMEOUT_S)
        self._executor.shutdown(timeout_sec=0)
        for client in self._clients.values():
            client.destroy()
        self._clients.clear()
        self._node.destroy_node()
