"""The state tables of order, task and attempt: every transition that exists is a row here.

Rules for editors: an event that finds no row raises :class:`IllegalTransitionError` and changes
nothing. The diagrams in ``src/README.md`` are drawn from these tables (``diagram``), and a test
compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

from muster_core.errors import IllegalTransitionError


class OrderState(str, Enum):
    """How far an order is. The last three are final; ``SUSPENDED`` waits for a person."""

    ACCEPTED = "accepted"
    PLANNED = "planned"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether the order has ended (I2)."""
        return self in _FINAL_ORDER_STATES


class TaskState(str, Enum):
    """How far a task is. The last three are final."""

    WAITING = "waiting"
    ASSIGNED = "assigned"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to the task."""
        return self in _FINAL_TASK_STATES


class AttemptState(str, Enum):
    """How far an attempt is. The first two are open; a lost one may still tell its end."""

    OFFERED = "offered"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    LOST = "lost"


class RobotStanding(str, Enum):
    """What the log knows of a robot: whether it may be given work."""

    FREE = "free"
    HELD = "held"
    SILENT = "silent"


# Asked for at every turn: looking members up in their class takes longer than all the rest of it.
_FINAL_ORDER_STATES = frozenset({OrderState.COMPLETED, OrderState.FAILED, OrderState.CANCELLED})
_FINAL_TASK_STATES = frozenset({TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELLED})

State = TypeVar("State", OrderState, TaskState, AttemptState, RobotStanding)
Table = Mapping[tuple[State, str], State]

ORDER_TABLE: Table[OrderState] = {
    (OrderState.ACCEPTED, "order_planned"): OrderState.PLANNED,
    (OrderState.ACCEPTED, "order_failed"): OrderState.FAILED,
    (OrderState.ACCEPTED, "order_cancelled"): OrderState.CANCELLED,
    (OrderState.PLANNED, "task_assigned"): OrderState.ACTIVE,
    (OrderState.PLANNED, "order_failed"): OrderState.FAILED,
    (OrderState.PLANNED, "order_cancelled"): OrderState.CANCELLED,
    (OrderState.ACTIVE, "task_assigned"): OrderState.ACTIVE,
    (OrderState.ACTIVE, "order_completed"): OrderState.COMPLETED,
    (OrderState.ACTIVE, "order_failed"): OrderState.FAILED,
    (OrderState.ACTIVE, "order_cancelled"): OrderState.CANCELLED,
    (OrderState.ACTIVE, "order_suspended"): OrderState.SUSPENDED,
    (OrderState.SUSPENDED, "order_resumed"): OrderState.ACTIVE,
    (OrderState.SUSPENDED, "order_completed"): OrderState.COMPLETED,
    (OrderState.SUSPENDED, "order_failed"): OrderState.FAILED,
    (OrderState.SUSPENDED, "order_cancelled"): OrderState.CANCELLED,
}

TASK_TABLE: Table[TaskState] = {
    (TaskState.WAITING, "task_assigned"): TaskState.ASSIGNED,
    (TaskState.WAITING, "order_failed"): TaskState.FAILED,
    (TaskState.WAITING, "order_cancelled"): TaskState.CANCELLED,
    (TaskState.WAITING, "order_completed"): TaskState.COMPLETED,
    (TaskState.WAITING, "attempt_succeeded"): TaskState.COMPLETED,
    (TaskState.ASSIGNED, "attempt_started"): TaskState.RUNNING,
    (TaskState.ASSIGNED, "attempt_succeeded"): TaskState.COMPLETED,
    (TaskState.ASSIGNED, "attempt_ended"): TaskState.WAITING,
    (TaskState.RUNNING, "attempt_succeeded"): TaskState.COMPLETED,
    (TaskState.RUNNING, "attempt_ended"): TaskState.WAITING,
}

ATTEMPT_TABLE: Table[AttemptState] = {
    (AttemptState.OFFERED, "started"): AttemptState.RUNNING,
    (AttemptState.OFFERED, "succeeded"): AttemptState.SUCCEEDED,
    (AttemptState.OFFERED, "failed"): AttemptState.FAILED,
    (AttemptState.OFFERED, "cancelled"): AttemptState.CANCELLED,
    (AttemptState.OFFERED, "refused"): AttemptState.REFUSED,
    (AttemptState.OFFERED, "lost"): AttemptState.LOST,
    (AttemptState.RUNNING, "succeeded"): AttemptState.SUCCEEDED,
    (AttemptState.RUNNING, "failed"): AttemptState.FAILED,
    (AttemptState.RUNNING, "cancelled"): AttemptState.CANCELLED,
    (AttemptState.RUNNING, "lost"): AttemptState.LOST,
    (AttemptState.LOST, "succeeded"): AttemptState.SUCCEEDED,
    (AttemptState.LOST, "failed"): AttemptState.FAILED,
    (AttemptState.LOST, "cancelled"): AttemptState.CANCELLED,
}

ROBOT_TABLE: Table[RobotStanding] = {
    (RobotStanding.FREE, "task_assigned"): RobotStanding.HELD,
    (RobotStanding.FREE, "robot_silent"): RobotStanding.SILENT,
    (RobotStanding.HELD, "attempt_ended"): RobotStanding.FREE,
    (RobotStanding.SILENT, "robot_returned"): RobotStanding.FREE,
}


def transition(table: Table[State], noun: str, identity: str, state: State, event: str) -> State:
    """The state after ``event``.

    :raises IllegalTransitionError: when the table has no such row.
    """
    try:
        return table[state, event]
    except KeyError:
        raise IllegalTransitionError(noun, identity, state.value, event) from None


def diagram(table: Table[State]) -> str:
    """The table as a Mermaid state diagram, one row a line."""
    lines = ["stateDiagram-v2"]
    for (before, event), after in table.items():
        lines.append(f"    {before.value} --> {after.value}: {event}")
    return "\n".join(lines)
