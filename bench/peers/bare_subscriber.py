"""A bare rclpy subscriber of all heartbeats that does nothing with them."""

from __future__ import annotations

import sys

import rclpy

from muster_ros.channels import ROBOT_STATES


def main(namespace: str) -> None:
    rclpy.init()
    node = rclpy.create_node("bare_subscriber")
    node.create_subscription(
        ROBOT_STATES.type, ROBOT_STATES.path(namespace), lambda _: None, ROBOT_STATES.qos
    )
    print("@ready", flush=True)
    rclpy.spin(node)


if __name__ == "__main__":
    main(sys.argv[1])
