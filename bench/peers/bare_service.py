"""A bare rclpy service that answers ``submit_order`` at once and does nothing else."""

from __future__ import annotations

import sys
from typing import Any

import rclpy

from muster_ros.channels import SUBMIT_ORDER


def main(namespace: str) -> None:
    rclpy.init()
    node = rclpy.create_node("bare_service")

    def echo(request: Any, response: Any) -> Any:
        response.accepted = True
        response.status.order = request.order
        return response

    node.create_service(
        SUBMIT_ORDER.type, SUBMIT_ORDER.path(namespace), echo, qos_profile=SUBMIT_ORDER.qos
    )
    rclpy.spin(node)


if __name__ == "__main__":
    main(sys.argv[1])
