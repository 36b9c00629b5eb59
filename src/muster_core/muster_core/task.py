"""Tasks, steps and outcomes: what one robot does for an order, and how a try of it ended."""

from __future__ import annotations

from enum import Enum

import msgspec

from muster_core.errors import ErrorCode
from muster_core.ids import AttemptId, OrderId, TaskId

STEPS_MAX = 1024


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One verb of a task.

    :param verb: ``go``, ``pick``, ``place``, ``scan``, ``charge``, ``wait``, or a driver's own.
    :param place: a place of the site, by name; empty for verbs that need none.
    :param duration_s: how long it takes at the least, s; 0 = as the driver does it.
    """

    verb: str
    place: str = ""
    duration_s: float = 0.0


class TaskProposal(msgspec.Struct, frozen=True):
    """A task as a policy plans it, before it has an id."""

    steps: tuple[Step, ...]
    capabilities: tuple[str, ...] = ()


class Task(msgspec.Struct, frozen=True):
    """What one robot does for an order, in one go."""

    task_id: TaskId
    order_id: OrderId
    steps: tuple[Step, ...]
    capabilities: tuple[str, ...] = ()

    def has_picked(self, steps_finished: int) -> bool:
        """Whether an item was taken and not yet put down after so many finished steps."""
        holding = False
        for step in self.steps[:steps_finished]:
            holding = step.verb == "pick" or (holding and step.verb != "place")
        return holding


class OutcomeResult(str, Enum):
    """How an attempt ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    LOST = "lost"


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """How an attempt ended, as its agent tells it (``LOST`` is the scheduler's own word).

    :param steps_finished: finished steps, counted from the first.
    """

    attempt_id: AttemptId
    order_id: OrderId
    result: OutcomeResult
    steps_finished: int = 0
    error_code: ErrorCode = ErrorCode.NONE
    message: str = ""
