"""Pictures of the ledger and the roster, made on request."""

from __future__ import annotations

from muster_core.clock import Instant, utc_text
from muster_core.ids import OrderId, RobotId
from muster_core.scheduler.advice import Advisor
from muster_core.scheduler.ledger import Ledger, OrderRecord
from muster_core.scheduler.roster import Roster
from muster_core.scheduler.view import FleetView, OrderView, RobotView
from muster_core.states import OrderState, TaskState


def order_view(ledger: Ledger, order: OrderRecord, queue_position: int | None = None) -> OrderView:
    """How far the order is.

    :param queue_position: its place among waiting orders; None = right for an order that was just
        accepted (the last of its priority), found without looking at the others.
    """
    task = order.current_task
    attempt = task.open_attempt if task else None
    if queue_position is None:
        queue_position = _last_of_priority(ledger, order)
    return OrderView(
        order=order.order,
        state=order.state,
        message=order.message or _waits_for(ledger, order),
        tasks_total=len(order.tasks),
        tasks_completed=sum(task.state is TaskState.COMPLETED for task in order.tasks),
        robot_id=attempt.robot_id if attempt else "",
        steps_total=len(task.task.steps) if task and attempt else 0,
        step_index=attempt.steps_finished if attempt else 0,
        attempts=sum(task.attempts for task in order.tasks),
        accepted_ns=order.accepted_ns,
        ended_ns=order.ended_ns,
        queue_position=queue_position,
    )


def queue_positions(ledger: Ledger) -> dict[OrderId, int]:
    """The places of all waiting orders, 1 = next."""
    waiting = [order for order in ledger.orders.values() if _is_waiting(order)]
    waiting.sort(key=lambda order: (-order.order.priority, order.seq))
    return {order.order.order_id: place for place, order in enumerate(waiting, 1)}


def robot_view(ledger: Ledger, roster: Roster, robot_id: RobotId, now: Instant) -> RobotView:
    """One robot as the scheduler sees it. It must be in the ledger and in the roster."""
    robot = ledger.robots[robot_id]
    return RobotView(
        report=roster.presences[robot_id].report,
        description=robot.description,
        is_alive=roster.is_alive(robot_id, now),
        silent_s=roster.silent_s(robot_id, now),
        order_id=robot.order_id,
        excluded=roster.excluded(robot_id, robot, now),
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
    )


def _is_waiting(order: OrderRecord) -> bool:
    return order.state in (OrderState.ACCEPTED, OrderState.PLANNED)


def _last_of_priority(ledger: Ledger, order: OrderRecord) -> int:
    if not _is_waiting(order):
        return 0
    return sum(ledger.waiting_by_priority[order.order.priority :])


def _waits_for(ledger: Ledger, order: OrderRecord) -> str:
    if order.state.is_final:
        return ""
    if order.cancel_requested:
        return "is being cancelled: its robot is told to stop"
    if order.state is OrderState.ACCEPTED:
        return "waits for its plan"
    task = order.current_task
    if task is None or task.open_attempt is not None:
        return ""
    wanted = set(task.task.capabilities)
    robots = ledger.robots.values()
    if not any(wanted <= set(robot.description.capabilities) for robot in robots):
        return f"waits: no robot offers {', '.join(sorted(wanted))}"
    if task.retry_not_before_ns:
        return f"waits for a robot; tried again from {utc_text(task.retry_not_before_ns)}"
    return "waits for a free robot"
