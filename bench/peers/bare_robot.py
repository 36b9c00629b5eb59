"""A bare rclpy action server that reports when each goal reached it and succeeds at once."""

from __future__ import annotations

import sys
import time
from typing import Any

import rclpy
from rclpy.action import ActionServer, GoalResponse

from muster_ros.channels import EXECUTE_TASK

RESULT_KEPT_S = 1
"""Each status message lists the goals kept so far; many would slow the baseline itself down."""


def main(namespace: str, robot: str) -> None:
    rclpy.init()
    node = rclpy.create_node("bare_robot")

    def on_goal(goal: Any) -> GoalResponse:
        print(f"@{goal.order_id} {time.monotonic_ns()}", flush=True)
        return GoalResponse.ACCEPT

    def execute(handle: Any) -> Any:
        handle.succeed()
        return EXECUTE_TASK.type.Result()

    path = EXECUTE_TASK.path(namespace, robot)
    ActionServer(
        node,
        EXECUTE_TASK.type,
        path,
        execute,
        goal_callback=on_goal,
        goal_service_qos_profile=EXECUTE_TASK.qos,
        result_timeout=RESULT_KEPT_S,
    )
    rclpy.spin(node)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
