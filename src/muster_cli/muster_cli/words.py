"""What happened, in words: one line for people per event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from muster_cli.records import Record, error_name
from muster_core.explain import wish_words
from muster_core.ids import OrderId
from muster_core.order import Order

Data = dict[str, Any]


def event_words(record: Record) -> str:
    """The event in words; events of a newer version show their fields."""
    describe = _WORDS.get(record["type"])
    data = record["data"]
    if describe is None:
        told = ("type", "order_id", "robot_id", "traceparent", "attempt_id", "task_id")
        return " ".join(f"{key}={value}" for key, value in data.items() if key not in told)
    return describe(data)


def order_words(order: Record) -> str:
    """What is wanted, as in ``deliver shelf_1 → pack_2``."""
    return wish_words(
        Order(
            order_id=OrderId(""),
            kind=order.get("kind") or "deliver",
            pickup=order.get("pickup") or "",
            dropoff=order.get("dropoff") or "",
            places=tuple(order.get("places") or ()),
        )
    )


def step_words(step: Record) -> str:
    """A verb and its place, as in ``pick shelf_12``."""
    return f"{step.get('verb', '')} {step.get('place', '')}".strip()


def _epoch_started(data: Data) -> str:
    return (
        f"scheduler {data.get('scheduler', '')} leads, epoch {data.get('epoch', 0)}, "
        f"site {data.get('site', '')}"
    )


def _order_accepted(data: Data) -> str:
    order = data.get("order") or {}
    priority = order.get("priority")
    words = order_words(order)
    return f"{words}, priority {priority}" if priority is not None else words


def _order_planned(data: Data) -> str:
    tasks = data.get("tasks") or []
    steps = [step_words(step) for task in tasks for step in task.get("steps") or ()]
    return f"{_counted(len(tasks), 'task')}: {', '.join(steps)} (by {_policy(data)})"


def _task_assigned(data: Data) -> str:
    words = f"to {data.get('robot_id', '')}, cost {data.get('cost', 0.0):.1f}"
    if data.get("runner_up"):
        words += f"; next best {data['runner_up']} {data.get('runner_up_cost', 0.0):.1f}"
    return f"{words} (by {_policy(data)})"


def _attempt_ended(data: Data) -> str:
    if data.get("result") == "succeeded":
        return "the robot succeeded"
    return f"the robot's attempt {data.get('result', '')}{_because(data, 'message')}{_doubt(data)}"


def _outcome_arrived_late(data: Data) -> str:
    words = f"the lost robot tells that its attempt {data.get('result', '')}"
    return words + _because(data, "message") + _doubt(data)


def _task_revised(data: Data) -> str:
    task = data.get("task") or {}
    steps = ", ".join(step_words(step) for step in task.get("steps") or ())
    return f"to {task.get('purpose', 'work')}: {steps}{_because(data, 'reason')}"


def _order_suspended(data: Data) -> str:
    vertex = data.get("vertex")
    where = f" (the robot was last seen at {vertex})" if vertex else ""
    return f"{data.get('reason', '')}{where}"


def _order_resolved(data: Data) -> str:
    who = data.get("requester") or "somebody"
    return f"{who} answered {data.get('resolution', '')}{_because(data, 'reason')}"


def _robot_barred(data: Data) -> str:
    return f"given no work for now{_because(data, 'reason')}"


def _step_finished(data: Data) -> str:
    return f"{step_words(data)} done"


def _robot_described(data: Data) -> str:
    description = data.get("description") or {}
    verbs = ", ".join(description.get("capabilities") or ())
    driver = f"{description.get('driver', '')} {description.get('driver_version', '')}".strip()
    return f"joined the fleet: driver {driver or 'unknown'}, can {verbs or 'nothing'}"


def _cancel_requested(data: Data) -> str:
    who = data.get("requester")
    return f"cancel asked{f' by {who}' if who else ''}{_because(data, 'reason')}"


def _doubt(data: Data) -> str:
    return "; whether it did the step then under way is unknown" if data.get("uncertain") else ""


def _because(data: Data, key: str) -> str:
    code, reason = data.get("error_code"), data.get(key)
    name = f" [{error_name(code)}]" if code else ""
    return f": {reason}{name}" if reason else name


def _policy(data: Data) -> str:
    name = f"{data.get('policy', '')} {data.get('policy_version', '')}".strip()
    return f"{name}, fallback" if data.get("fallback") else name


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


_WORDS: dict[str, Callable[[Data], str]] = {
    "epoch_started": _epoch_started,
    "order_accepted": _order_accepted,
    "order_planned": _order_planned,
    "task_assigned": _task_assigned,
    "attempt_started": lambda data: "the robot has begun",
    "step_finished": _step_finished,
    "pick_permitted": lambda data: f"may do step {data.get('step_index', 0) + 1}, once",
    "attempt_ended": _attempt_ended,
    "outcome_arrived_late": _outcome_arrived_late,
    "task_revised": _task_revised,
    "order_suspended": _order_suspended,
    "order_resolved": _order_resolved,
    "order_resumed": lambda data: f"goes on{_because(data, 'reason')}",
    "order_cancel_requested": _cancel_requested,
    "order_completed": lambda data: f"all done{_because(data, 'reason')}",
    "order_failed": lambda data: f"given up{_because(data, 'reason')}",
    "order_cancelled": lambda data: f"ended on request{_because(data, 'reason')}",
    "robot_described": _robot_described,
    "robot_silent": lambda data: f"not heard for {data.get('silent_s', 0.0):.1f} s",
    "robot_returned": lambda data: "heard again",
    "robot_barred": _robot_barred,
    "robot_cleared": lambda data: "its probe went well; given work again",
    "spare_called": lambda data: f"stands in for {data.get('instead_of', '')}",
    "spare_released": lambda data: f"is spare again: {data.get('instead_of', '')} is back",
}
