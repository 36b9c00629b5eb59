"""Where an agent's words go in ROS: its state to a topic, the rest to those who follow a goal."""

from __future__ import annotations

from rclpy.action.server import RCLError
from rclpy.context import Context
from rclpy.publisher import Publisher

from muster_agent.goals import Goals
from muster_core.agent.effects import TellProgress
from muster_core.clock import Instant
from muster_core.robot import RobotReport
from muster_core.task import Outcome
from muster_ros.conversions import robot_state_message


class NodeOutlets:
    """The core's :class:`Outlets` over a publisher and the open goals. For the agent's thread."""

    def __init__(self, states: Publisher, goals: Goals, context: Context) -> None:
        self._states = states
        self._goals = goals
        self._context = context

    def publish(self, report: RobotReport, now: Instant) -> None:
        """See :class:`Outlets`."""
        try:
            self._states.publish(robot_state_message(report, now.wall_ns))
        except RCLError:
            # SIGTERM ends the context before the node; a robot that cannot speak goes on to stop.
            if self._context.ok():
                raise

    def tell(self, progress: TellProgress) -> None:
        """See :class:`Outlets`."""
        self._goals.tell(progress)

    def finish(self, outcome: Outcome) -> None:
        """See :class:`Outlets`."""
        self._goals.finish(outcome)
