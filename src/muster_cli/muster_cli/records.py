"""Messages as plain records: what ``--json`` prints, and what the tables are made of.

Rules for editors: the keys are a promise to programs; they are only added to.
"""

from __future__ import annotations

import json
from typing import Any

from muster_msgs import msg, srv

from muster_core.clock import utc_text
from muster_core.errors import ErrorCode
from muster_core.robot import RobotMode
from muster_ros.conversions import ORDER_STATE_NAMES, to_wall_ns

Record = dict[str, Any]


def time_text(stamp: Any) -> str | None:
    """The stamp as ISO 8601 in UTC; None when it is zero."""
    wall_ns = to_wall_ns(stamp)
    return utc_text(wall_ns) if wall_ns else None


def error_name(number: int) -> str:
    """The error's name, as in ``unknown_place``; its number when it is of a newer version."""
    try:
        return ErrorCode(number).name.lower()
    except ValueError:
        return str(number)


def order_record(status: msg.OrderStatus) -> Record:
    """An order and how far it is."""
    order = status.order
    return {
        "order_id": order.order_id,
        "state": ORDER_STATE_NAMES.get(status.state, "unknown"),
        "message": status.message,
        "kind": order.kind,
        "pickup": order.pickup,
        "dropoff": order.dropoff,
        "places": list(order.places),
        "priority": order.priority,
        "deadline": order.deadline,
        "requires": list(order.requires),
        "payload_kg": order.payload_kg,
        "requester": order.requester,
        "traceparent": order.traceparent,
        "robot_id": status.robot_id,
        "tasks_total": status.tasks_total,
        "tasks_completed": status.tasks_completed,
        "steps_total": status.steps_total,
        "step_index": status.step_index,
        "attempts": status.attempts,
        "queue_position": status.queue_position,
        "question": status.question,
        "accepted": time_text(status.accepted),
        "ended": time_text(status.ended),
    }


def answer_record(
    answer: srv.SubmitOrder.Response | srv.CancelOrder.Response | srv.ResolveOrder.Response,
) -> Record:
    """What the scheduler said to a submission, a cancellation or a person's answer."""
    return {
        "accepted": answer.accepted,
        "duplicate": getattr(answer, "duplicate", False),
        "error_code": answer.error_code,
        "error": error_name(answer.error_code) if answer.error_code else "",
        "message": answer.message,
        "order": order_record(answer.status) if answer.status.order.order_id else None,
    }


def robot_record(
    summary: msg.RobotSummary, description: msg.RobotDescription | None = None
) -> Record:
    """A robot as the scheduler sees it."""
    robot = summary.robot
    known = {mode.value: mode.name.lower() for mode in RobotMode}
    return {
        "robot_id": robot.robot_id,
        "state": known.get(robot.state, "fault"),
        "message": robot.message,
        "alive": summary.alive,
        "silent_s": round(float(summary.silent_s), 3),
        "excluded": summary.excluded,
        "order_id": summary.order_id,
        "attempt_id": robot.attempt_id,
        "step_index": robot.step_index,
        "steps_total": robot.steps_total,
        "busy_s": round(float(robot.busy_s), 3),
        "battery": round(float(robot.battery), 4),
        "x": robot.x,
        "y": robot.y,
        "heading": robot.heading,
        "vertex": robot.vertex,
        "epoch": robot.epoch,
        "outcomes_unacknowledged": len(robot.outcomes),
        "description": description_record(description) if description is not None else None,
    }


def description_record(description: msg.RobotDescription) -> Record | None:
    """What a robot is; None when it has not said."""
    if not description.robot_id:
        return None
    return {
        "capabilities": list(description.capabilities),
        "speed_mps_max": round(float(description.speed_mps_max), 4),
        "payload_kg_max": round(float(description.payload_kg_max), 4),
        "driver": description.driver,
        "driver_version": description.driver_version,
        "agent_version": description.agent_version,
        "site": description.site,
        "site_digest": description.site_digest,
    }


def robot_records(answer: srv.GetRobots.Response) -> list[Record]:
    """All robots of an answer, with their descriptions."""
    pairs = zip(answer.robots, answer.descriptions, strict=False)
    return [robot_record(summary, description) for summary, description in pairs]


def event_record(event: msg.Event) -> Record:
    """A fact from the log."""
    try:
        body = json.loads(event.data) if event.data else {}
    except ValueError:
        body = {}
    return {
        "seq": event.seq,
        "time": time_text(event.stamp),
        "epoch": event.epoch,
        "type": event.type,
        "order_id": event.order_id,
        "robot_id": event.robot_id,
        "traceparent": event.traceparent,
        "data": body if isinstance(body, dict) else {},
    }


def fleet_record(state: msg.FleetState) -> Record:
    """The whole fleet as the scheduler sees it."""
    return {
        "time": time_text(state.stamp),
        "epoch": state.epoch,
        "seq": state.seq,
        "policy": state.policy,
        "fallback": state.fallback,
        "orders": {
            "waiting": state.orders_waiting,
            "active": state.orders_active,
            "completed": state.orders_completed,
            "failed": state.orders_failed,
            "cancelled": state.orders_cancelled,
            "suspended": state.orders_suspended,
        },
        "robots": [robot_record(robot) for robot in state.robots],
    }
