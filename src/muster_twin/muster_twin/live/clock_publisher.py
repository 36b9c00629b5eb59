"""Tells ``/clock`` what time it is in the simulated world."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rclpy.clock import Clock as NodeClock
from rclpy.clock import ClockType
from rclpy.node import Node
from rosgraph_msgs.msg import Clock

from muster_core.clock import NS_PER_S
from muster_ros.simulated_clock import CLOCK_TOPIC
from muster_twin.live.pacer import Pacer

PERIOD_S = 0.02


class ClockPublisher:
    """Has a pacer's time go on, and tells it, for as long as its node is spun."""

    def __init__(self, node: Node, pacer: Pacer) -> None:
        self._pacer = pacer
        self._publish: Callable[[Any], None] = node.create_publisher(Clock, CLOCK_TOPIC, 10).publish
        self._told_s = time.monotonic()
        # Its own time is real, whatever the node's parameters say.
        real = NodeClock(clock_type=ClockType.STEADY_TIME)
        node.create_timer(PERIOD_S, self._tell, clock=real)

    def _tell(self) -> None:
        now_s = time.monotonic()
        now_ns = self._pacer.go_on(now_s - self._told_s)
        self._told_s = now_s
        message = Clock()
        message.clock.sec, message.clock.nanosec = divmod(now_ns, NS_PER_S)
        self._publish(message)
