"""Where an agent's words go in ROS: to topics, and to those who follow a goal."""

from __future__ import annotations

from typing import Any

from rclpy.action.server import RCLError
from rclpy.context import Context
from rclpy.publisher import Publisher

from muster_agent.goals import Goals
from muster_core.agent.effects import TellProgress
from muster_core.clock import Instant
from muster_core.robot import RobotReport
from muster_core.task import Outcome
from muster_core.traffic.inputs import TrafficReport
from muster_ros.clock import read_clock
from muster_ros.conversions import robot_state_message
from muster_ros.traffic_conversions import traffic_report_message


class NodeOutlets:
    """The core's :class:`Outlets` over publishers and the open goals. For the agent's thread."""

    def __init__(
        self, states: Publisher, reports: Publisher, goals: Goals, context: Context
    ) -> None:
        self._states = states
        self._reports = reports
        self._goals = goals
        self._context = context

    def publish(self, report: RobotReport, now: Instant) -> None:
        """See :class:`Outlets`."""
        self._publish(self._states, robot_state_message(report, now.wall_ns))

    def tell(self, progress: TellProgress) -> None:
        """See :class:`Outlets`."""
        self._goals.tell(progress)

    def finish(self, outcome: Outcome) -> None:
        """See :class:`Outlets`."""
        self._goals.finish(outcome)

    def report_traffic(self, report: TrafficReport) -> None:
        """See :class:`Outlets`."""
        self._publish(self._reports, traffic_report_message(report, read_clock().wall_ns))

    def _publish(self, publisher: Publisher, message: Any) -> None:
        try:
            publisher.publish(message)
        except RCLError:
            # SIGTERM ends the context before the node; a robot that cannot speak goes on to stop.
            if self._context.ok():
                raise
