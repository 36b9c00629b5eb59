"""Messages to the core's types and back: parsed once, at the boundary.

Functions come in pairs, ``to_<noun>`` (message to core) and ``<noun>_message`` (core to message).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from builtin_interfaces.msg import Time
from muster_msgs import action, msg, srv

from muster_core.clock import NS_PER_S
from muster_core.errors import ErrorCode, Refusal
from muster_core.ids import AttemptId, OrderId, RobotId, TaskId
from muster_core.order import Order
from muster_core.policy.protocol import (
    Assignment,
    BatteryModel,
    Decision,
    Plan,
    Queue,
    Snapshot,
)
from muster_core.robot import RobotDescription, RobotMode, RobotReport
from muster_core.scheduler.view import OrderView, RobotView
from muster_core.states import OrderState
from muster_core.task import Outcome, OutcomeResult, Step, TaskProposal

ORDER_STATES = {
    OrderState.ACCEPTED: msg.OrderStatus.ACCEPTED,
    OrderState.PLANNED: msg.OrderStatus.PLANNED,
    OrderState.ACTIVE: msg.OrderStatus.ACTIVE,
    OrderState.COMPLETED: msg.OrderStatus.COMPLETED,
    OrderState.FAILED: msg.OrderStatus.FAILED,
    OrderState.CANCELLED: msg.OrderStatus.CANCELLED,
    OrderState.SUSPENDED: msg.OrderStatus.SUSPENDED,
}
ORDER_STATE_NAMES = {number: state.value for state, number in ORDER_STATES.items()}
OUTCOME_RESULTS = {
    OutcomeResult.SUCCEEDED: msg.Outcome.SUCCEEDED,
    OutcomeResult.FAILED: msg.Outcome.FAILED,
    OutcomeResult.CANCELLED: msg.Outcome.CANCELLED,
    OutcomeResult.REFUSED: msg.Outcome.REFUSED,
}
_RESULTS_BY_NUMBER = {number: result for result, number in OUTCOME_RESULTS.items()}


def time_message(wall_ns: int) -> Time:
    """``wall_ns`` (UTC, ns) as a message."""
    return Time(sec=wall_ns // NS_PER_S, nanosec=wall_ns % NS_PER_S)


def to_wall_ns(stamp: Time) -> int:
    """The stamp as UTC, ns."""
    return int(stamp.sec) * NS_PER_S + int(stamp.nanosec)


def to_error_code(number: int) -> ErrorCode:
    """The error code; a number of a newer version becomes ``DRIVER_FAILED``, never a crash."""
    try:
        return ErrorCode(number)
    except ValueError:
        return ErrorCode.DRIVER_FAILED


def to_order(message: msg.Order | action.ExecuteOrder.Goal) -> Order:
    """The order in a message or in a goal: they have the same fields."""
    return Order(
        order_id=OrderId(message.order_id),
        kind=message.kind,
        pickup=message.pickup,
        dropoff=message.dropoff,
        places=tuple(message.places),
        priority=message.priority,
        deadline=message.deadline,
        requires=tuple(message.requires),
        payload_kg=message.payload_kg,
        requester=message.requester,
        traceparent=message.traceparent,
    )


def order_message(order: Order) -> msg.Order:
    """The order as a message. Its priority must be within 0 to 255 (checked at intake)."""
    return msg.Order(
        order_id=order.order_id,
        kind=order.kind,
        pickup=order.pickup,
        dropoff=order.dropoff,
        places=order.places,
        priority=order.priority,
        deadline=order.deadline,
        requires=order.requires,
        payload_kg=order.payload_kg,
        requester=order.requester,
        traceparent=order.traceparent,
    )


def order_status_message(view: OrderView) -> msg.OrderStatus:
    """The order's state for people and programs."""
    return msg.OrderStatus(
        order=order_message(view.order),
        state=ORDER_STATES[view.state],
        message=view.message,
        tasks_total=view.tasks_total,
        tasks_completed=view.tasks_completed,
        robot_id=view.robot_id,
        steps_total=view.steps_total,
        step_index=view.step_index,
        attempts=view.attempts,
        accepted=time_message(view.accepted_ns),
        ended=time_message(view.ended_ns),
        queue_position=view.queue_position,
        question=view.question,
    )


def to_step(message: msg.Step) -> Step:
    """One verb of a task."""
    return Step(message.verb, message.place, message.duration_s)


def step_message(step: Step) -> msg.Step:
    """One verb of a task."""
    return msg.Step(verb=step.verb, place=step.place, duration_s=step.duration_s)


def to_outcome(message: msg.Outcome) -> Outcome:
    """How an attempt ended. A result of a newer version counts as failed."""
    return Outcome(
        attempt_id=AttemptId(message.attempt_id),
        order_id=OrderId(message.order_id),
        result=_RESULTS_BY_NUMBER.get(message.result, OutcomeResult.FAILED),
        steps_finished=message.steps_finished,
        error_code=to_error_code(message.error_code),
        message=message.message,
        is_uncertain=message.uncertain,
    )


def outcome_message(outcome: Outcome) -> msg.Outcome:
    """How an attempt ended. Agents never say ``LOST``."""
    return msg.Outcome(
        attempt_id=outcome.attempt_id,
        order_id=outcome.order_id,
        result=OUTCOME_RESULTS[outcome.result],
        steps_finished=outcome.steps_finished,
        error_code=int(outcome.error_code),
        message=outcome.message,
        uncertain=outcome.is_uncertain,
    )


def to_robot_report(message: msg.RobotState) -> RobotReport:
    """A heartbeat. A mode of a newer version counts as a fault."""
    outcomes = message.outcomes
    return RobotReport(
        robot_id=RobotId(message.robot_id),
        report_number=message.report_number,
        mode=RobotMode(message.state) if message.state <= RobotMode.FAULT else RobotMode.FAULT,
        message=message.message,
        x=message.x,
        y=message.y,
        heading=message.heading,
        vertex=message.vertex,
        battery=message.battery,
        epoch=message.epoch,
        attempt_id=AttemptId(message.attempt_id),
        step_index=message.step_index,
        steps_total=message.steps_total,
        busy_s=message.busy_s,
        outcomes=tuple(to_outcome(outcome) for outcome in outcomes) if outcomes else (),
    )


def robot_state_message(report: RobotReport, wall_ns: int) -> msg.RobotState:
    """A heartbeat, true at ``wall_ns`` (UTC, ns)."""
    return msg.RobotState(
        robot_id=report.robot_id,
        report_number=report.report_number,
        stamp=time_message(wall_ns),
        state=int(report.mode),
        message=report.message,
        x=report.x,
        y=report.y,
        heading=report.heading,
        vertex=report.vertex,
        battery=report.battery,
        epoch=report.epoch,
        attempt_id=report.attempt_id,
        step_index=report.step_index,
        steps_total=report.steps_total,
        busy_s=report.busy_s,
        outcomes=[outcome_message(outcome) for outcome in report.outcomes],
    )


def to_robot_description(message: msg.RobotDescription) -> RobotDescription:
    """What a robot is."""
    return RobotDescription(
        robot_id=RobotId(message.robot_id),
        capabilities=tuple(message.capabilities),
        speed_mps_max=message.speed_mps_max,
        payload_kg_max=message.payload_kg_max,
        driver=message.driver,
        driver_version=message.driver_version,
        agent_version=message.agent_version,
        site=message.site,
        site_digest=message.site_digest,
    )


def robot_description_message(description: RobotDescription) -> msg.RobotDescription:
    """What a robot is."""
    return msg.RobotDescription(
        robot_id=description.robot_id,
        capabilities=description.capabilities,
        speed_mps_max=description.speed_mps_max,
        payload_kg_max=description.payload_kg_max,
        driver=description.driver,
        driver_version=description.driver_version,
        agent_version=description.agent_version,
        site=description.site,
        site_digest=description.site_digest,
    )


def robot_summary_message(view: RobotView, wall_ns: int) -> msg.RobotSummary:
    """One robot as the scheduler sees it."""
    return msg.RobotSummary(
        robot=robot_state_message(view.report, wall_ns),
        alive=view.is_alive,
        silent_s=view.silent_s,
        order_id=view.order_id,
        excluded=view.excluded,
    )


def to_plan(message: msg.Plan) -> Plan:
    """What a policy makes of one order."""
    refusal = None
    if message.error_code:
        refusal = Refusal(to_error_code(message.error_code), message.message)
    return Plan(
        order_id=OrderId(message.order_id),
        tasks=tuple(
            TaskProposal(
                tuple(to_step(step) for step in task.steps),
                tuple(task.capabilities),
                task.return_place,
                task.allows_fetch,
                task.payload_kg,
            )
            for task in message.tasks
        ),
        refusal=refusal,
    )


def plan_message(plan: Plan) -> msg.Plan:
    """What a policy makes of one order."""
    return msg.Plan(
        order_id=plan.order_id,
        tasks=[
            msg.TaskProposal(
                capabilities=task.capabilities,
                steps=[step_message(step) for step in task.steps],
                return_place=task.return_place,
                allows_fetch=task.allows_fetch,
                payload_kg=task.payload_kg,
            )
            for task in plan.tasks
        ],
        error_code=int(plan.refusal.code) if plan.refusal else 0,
        message=plan.refusal.message if plan.refusal else "",
    )


def to_snapshot(message: msg.Snapshot) -> Snapshot:
    """What a decision is made from.

    :raises ValueError: when the arrays contradict each other.
    """
    robots, tasks = len(message.robot_ids), len(message.task_ids)
    chargers, stops = len(message.charger_stop), message.stops
    shapes: dict[str, tuple[int, ...]] = {
        **dict.fromkeys(_ROBOT_ARRAYS, (robots,)),
        **dict.fromkeys(_TASK_ARRAYS, (tasks,)),
        **dict.fromkeys(_CHARGER_ARRAYS, (chargers,)),
        "travel_s": (robots, tasks),
        "stop_travel_s": (stops, stops),
        "charger_travel_s": (robots, chargers),
    }
    arrays = {name: _array(message, name, shape) for name, shape in shapes.items()}
    for name, count in (
        ("task_first_stop", stops),
        ("task_last_stop", stops),
        ("charger_stop", stops),
        ("task_planned_for", robots),
    ):
        numbers = arrays[name]
        is_wrong = (numbers < -1) | (numbers >= count)
        if is_wrong.any():
            raise ValueError(f"{name} names number {numbers[is_wrong][0]}; there are {count}")
    return Snapshot(
        robot_ids=tuple(RobotId(robot) for robot in message.robot_ids),
        task_ids=tuple(TaskId(task) for task in message.task_ids),
        battery=BatteryModel(
            work_s=message.battery_work_s,
            charge_s=message.battery_charge_s,
            low=message.battery_low,
            ready=message.battery_ready,
        ),
        **arrays,
    )


def snapshot_message(snapshot: Snapshot) -> msg.Snapshot:
    """What a decision is made from."""
    message = msg.Snapshot(
        robot_ids=snapshot.robot_ids,
        task_ids=snapshot.task_ids,
        stops=len(snapshot.stop_travel_s),
        battery_work_s=snapshot.battery.work_s,
        battery_charge_s=snapshot.battery.charge_s,
        battery_low=snapshot.battery.low,
        battery_ready=snapshot.battery.ready,
    )
    for name in (*_ROBOT_ARRAYS, *_TASK_ARRAYS, *_CHARGER_ARRAYS, *_MATRICES):
        getattr(message, name).frombytes(getattr(snapshot, name).tobytes())
    return message


_ROBOT_ARRAYS = ("robot_busy_s", "robot_battery", "robot_slowness")
_TASK_ARRAYS = (
    "task_priority",
    "task_waiting_s",
    "task_slack_s",
    "task_duration_s",
    "task_first_stop",
    "task_last_stop",
    "task_planned_for",
)
_CHARGER_ARRAYS = ("charger_stop", "charger_free_s")
_MATRICES = ("travel_s", "stop_travel_s", "charger_travel_s")


def _array(message: msg.Snapshot, name: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """An array of the message, in the shape that the others tell it to have."""
    values = np.asarray(getattr(message, name))
    if len(values) != math.prod(shape):
        raise ValueError(f"{name} has {len(values)} entries instead of {math.prod(shape)}")
    return values.reshape(shape)


def to_decision(message: srv.Decide.Response) -> Decision:
    """What a policy proposes."""
    return Decision(
        assignments=tuple(to_assignment(each) for each in message.assignments),
        queues=tuple(
            Queue(RobotId(queue.robot_id), tuple(TaskId(task) for task in queue.task_ids))
            for queue in message.queues
        ),
        objective=message.objective,
    )


def fill_decision(message: srv.Decide.Response, decision: Decision) -> None:
    """Tell in an answer what a policy proposes."""
    message.assignments = [assignment_message(each) for each in decision.assignments]
    message.queues = [
        msg.Queue(robot_id=queue.robot_id, task_ids=queue.task_ids) for queue in decision.queues
    ]
    message.objective = decision.objective


def to_assignment(message: msg.Assignment) -> Assignment:
    """One proposal of a decision."""
    return Assignment(
        robot_id=RobotId(message.robot_id),
        task_id=TaskId(message.task_id),
        cost=message.cost,
        runner_up=message.runner_up,
        runner_up_cost=message.runner_up_cost,
    )


def assignment_message(assignment: Assignment) -> msg.Assignment:
    """One proposal of a decision."""
    return msg.Assignment(
        robot_id=assignment.robot_id,
        task_id=assignment.task_id,
        cost=assignment.cost,
        runner_up=assignment.runner_up,
        runner_up_cost=assignment.runner_up_cost,
    )
