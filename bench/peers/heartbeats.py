"""Describes a number of robots and reports each once a second, evenly spread, until it is ended."""

from __future__ import annotations

import sys
import time

import rclpy
from muster_msgs import msg

from muster_core.site import load_site
from muster_ros.channels import ROBOT_DESCRIPTIONS, ROBOT_STATES
from muster_ros.conversions import time_message

PERIOD_S = 1.0


def main(namespace: str, robots: int, site_file: str) -> None:
    rclpy.init()
    site = load_site(site_file)
    node = rclpy.create_node("heartbeats")
    descriptions, states = (
        node.create_publisher(channel.type, channel.path(namespace), channel.qos)
        for channel in (ROBOT_DESCRIPTIONS, ROBOT_STATES)
    )
    names = [f"robot_{number}" for number in range(1, robots + 1)]
    for name in names:
        descriptions.publish(
            msg.RobotDescription(
                robot_id=name,
                capabilities=["go", "pick", "place", "scan", "wait", "charge"],
                speed_mps_max=1.0,
                site=site.name,
                site_digest=site.digest,
            )
        )
    print("@ready", flush=True)
    due_s = time.monotonic()
    while rclpy.ok():
        for number, name in enumerate(names):
            vertex = site.vertices[number % len(site.vertices)]
            states.publish(
                msg.RobotState(
                    robot_id=name,
                    stamp=time_message(time.time_ns()),
                    state=msg.RobotState.IDLE,
                    x=vertex.x,
                    y=vertex.y,
                    vertex=vertex.name,
                    battery=0.8,
                    epoch=1,
                )
            )
            due_s += PERIOD_S / robots
            time.sleep(max(0.0, due_s - time.monotonic()))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
