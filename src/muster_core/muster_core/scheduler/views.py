"""Pictures of the ledger and the roster, made on request."""

from __future__ import annotations

from collections.abc import Callable

from muster_core.clock import Instant, utc_text
from muster_core.ids import RobotId
from muster_core.scheduler.advice import Advisor
from muster_core.scheduler.ledger import Ledger
from muster_core.scheduler.records import OrderRecord, RobotRecord
from muster_core.scheduler.roster import Roster
from muster_core.scheduler.view import FleetView, OrderView, RobotView
from muster_core.states import OrderState, TaskState
from muster_core.task import Task, TaskPurpose


def _no_obstacle(_task: Task) -> str:
    return ""


def order_view(
    ledger: Ledger, order: OrderRecord, *, obstacle: Callable[[Task], str] = _no_obstacle
) -> OrderView:
    """How far the order is.

    :param obstacle: why no robot can do a task as the site is now; empty when one can.
    """
    task = order.current_task
    attempt = task.open_attempt if task else None
    return OrderView(
        order=order.order,
        state=order.state,
        message=_told(ledger, order, obstacle),
        tasks_total=len(order.tasks),
        tasks_completed=sum(task.state is TaskState.COMPLETED for task in order.tasks),
        robot_id=attempt.robot_id if attempt else order.item_robot_id,
        steps_total=len(task.task.steps) if task and attempt else 0,
        step_index=attempt.steps_finished if attempt else 0,
        attempts=sum(task.attempts for task in order.tasks),
        accepted_ns=order.accepted_ns,
        ended_ns=order.ended_ns,
        queue_position=ledger.line.position(order),
        question=order.question,
    )


def robot_view(ledger: Ledger, roster: Roster, robot_id: RobotId, now: Instant) -> RobotView:
    """One robot as the scheduler sees it. It must be in the ledger and in the roster."""
    robot = ledger.robots[robot_id]
    return RobotView(
        report=roster.presences[robot_id].report,
        description=robot.description,
        is_alive=roster.is_alive(robot_id, now),
        silent_s=roster.silent_s(robot_id, now),
        order_id=robot.order_id,
        excluded=roster.excluded(robot_id, robot, now) or _reserved(robot),
    )


def fleet_view(ledger: Ledger, roster: Roster, advisor: Advisor, now: Instant) -> FleetView:
    """The whole fleet."""
    counts, advice = ledger.counts, advisor.last
    return FleetView(
        epoch=ledger.epoch,
        seq=ledger.seq,
        policy=f"{advice.policy}/{advice.version}" if advice.policy else "",
        is_fallback=advice.is_fallback,
        robots=tuple(
            robot_view(ledger, roster, robot_id, now) for robot_id in sorted(ledger.robots)
        ),
        waiting=counts[OrderState.ACCEPTED] + counts[OrderState.PLANNED],
        active=counts[OrderState.ACTIVE],
        completed=counts[OrderState.COMPLETED],
        failed=counts[OrderState.FAILED],
        cancelled=counts[OrderState.CANCELLED],
        suspended=counts[OrderState.SUSPENDED],
    )


def _told(ledger: Ledger, order: OrderRecord, obstacle: Callable[[Task], str]) -> str:
    if order.state is OrderState.SUSPENDED:
        return f"a person is asked: {order.message}"
    return order.message or _waits_for(ledger, order, obstacle)


def _waits_for(ledger: Ledger, order: OrderRecord, obstacle: Callable[[Task], str]) -> str:
    if order.state.is_final:
        return ""
    if order.cancel_requested:
        return _is_cancelled_how(order)
    if order.state is OrderState.ACCEPTED:
        return "waits for its plan"
    task = order.current_task
    if task is None or task.open_attempt is not None:
        return ""
    if reason := obstacle(task.task):
        return f"waits: {reason}"
    if task.task.robot_id:
        return f"waits for robot {task.task.robot_id}, which has the item"
    wanted, payload_kg = set(task.task.capabilities), task.task.payload_kg
    able = [r for r in ledger.robots.values() if wanted <= set(r.description.capabilities)]
    if not able:
        return f"waits: no robot offers {', '.join(sorted(wanted))}"
    if not any(robot.description.can_carry(payload_kg) for robot in able):
        return f"waits: no robot that can do it carries {payload_kg:g} kg"
    if task.retry_not_before_ns:
        return f"waits for a robot; tried again from {utc_text(task.retry_not_before_ns)}"
    return "waits for a free robot"


def _is_cancelled_how(order: OrderRecord) -> str:
    task = order.current_task
    if task is not None and task.task.purpose is TaskPurpose.RETURN:
        return f"is being cancelled: its item goes to {task.task.return_place}"
    return "is being cancelled: its robot is told to stop"


def _reserved(robot: RobotRecord) -> str:
    if not robot.item_order_id:
        return ""
    return f"it has, or may have, the item of order {robot.item_order_id!r}"
