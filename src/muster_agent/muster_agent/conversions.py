"""An agent's own messages to its core's inputs: parsed once, at the boundary."""

from __future__ import annotations

from muster_msgs import action, msg

from muster_core.agent.inputs import Grant, LeasesReceived, TaskOffered
from muster_core.ids import AttemptId, OrderId, RobotId, TaskId
from muster_ros.conversions import to_step


def to_offer(goal: action.ExecuteTask.Goal) -> TaskOffered:
    """The task that a goal offers."""
    return TaskOffered(
        epoch=goal.epoch,
        attempt_id=AttemptId(goal.attempt_id),
        task_id=TaskId(goal.task_id),
        order_id=OrderId(goal.order_id),
        lease_s=goal.lease_s,
        heard_report=goal.heard_report,
        steps_permitted=goal.steps_permitted,
        steps=tuple(to_step(step) for step in goal.steps),
        traceparent=goal.traceparent,
    )


def to_leases(message: msg.Leases, robot_id: RobotId) -> LeasesReceived:
    """What the message says of this robot."""
    return LeasesReceived(
        epoch=message.epoch,
        duration_s=message.duration_s,
        granted=tuple(
            Grant(AttemptId(grant.attempt_id), grant.heard_report, grant.steps_permitted)
            for grant in message.grants
            if grant.robot_id == robot_id
        ),
        revoked=_attempts(message.revocations, robot_id),
        acknowledged=_attempts(message.acknowledgements, robot_id),
    )


def _attempts(holds: list[msg.LeaseGrant], robot_id: RobotId) -> tuple[AttemptId, ...]:
    return tuple(AttemptId(hold.attempt_id) for hold in holds if hold.robot_id == robot_id)
