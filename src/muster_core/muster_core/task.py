"""Tasks, steps and outcomes: what one robot does for an order, and how a try of it ended."""

from __future__ import annotations

from enum import Enum

import msgspec

from muster_core.errors import ErrorCode
from muster_core.ids import AttemptId, OrderId, RobotId, TaskId

STEPS_MAX = 1024

REPEATABLE_VERBS = frozenset({"go", "scan", "wait", "charge"})
"""Doing these again changes nothing but the time it takes. All others are done at most once."""


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One verb of a task.

    :param verb: ``go``, ``pick``, ``place``, ``scan``, ``charge``, ``wait``, or a driver's own.
    :param place: a place of the site, by name, or a vertex as in ``@v12``; empty where none is
        needed.
    :param duration_s: how long it takes at the least, s; 0 = as the driver does it.
    """

    verb: str
    place: str = ""
    duration_s: float = 0.0


class TaskProposal(msgspec.Struct, frozen=True, omit_defaults=True):
    """A task as a policy plans it, before it has an id.

    :param return_place: where an item that was picked goes when the order is cancelled; empty =
        back to where it was picked.
    :param allows_fetch: whether another robot may take the item over from one that was lost with
        it; the site must allow it, too.
    :param payload_kg: what the robot must be able to carry; 0 = nothing that counts.
    """

    steps: tuple[Step, ...]
    capabilities: tuple[str, ...] = ()
    return_place: str = ""
    allows_fetch: bool = False
    payload_kg: float = 0.0


class TaskPurpose(str, Enum):
    """What a task is for: the order's own work, or making good what went wrong with it."""

    WORK = "work"
    RESUME = "resume"  # the robot that has the item goes on with the rest
    FETCH = "fetch"  # another robot takes the item over where the lost one stands
    RETURN = "return"  # the order is cancelled; the item is put where the policy says
    PROBE = "probe"  # a barred robot shows that it works again


class Task(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one robot does for an order, in one go.

    :param return_place: see :class:`TaskProposal`; so are ``allows_fetch`` and ``payload_kg``.
    :param robot_id: the only robot that can do it; empty = any with the capabilities.
    :param is_holding: the robot has the item before the first step.
    """

    task_id: TaskId
    order_id: OrderId
    steps: tuple[Step, ...]
    capabilities: tuple[str, ...] = ()
    return_place: str = ""
    allows_fetch: bool = False
    purpose: TaskPurpose = TaskPurpose.WORK
    robot_id: RobotId = RobotId("")
    is_holding: bool = False
    payload_kg: float = 0.0

    def has_item(self, steps_finished: int) -> bool:
        """Whether the robot has an item after so many finished steps."""
        holding = self.is_holding
        for step in self.steps[:steps_finished]:
            holding = step.verb == "pick" or (holding and step.verb != "place")
        return holding

    @property
    def pivot(self) -> int:
        """The index of the first step that cannot be repeated; the number of steps if all can.

        The pivot of a saga (Richardson 2018, after Garcia-Molina and Salem 1987): before it another
        robot may begin anew; from it on what was done must be made good instead.
        """
        for index, step in enumerate(self.steps):
            if step.verb not in REPEATABLE_VERBS:
                return index
        return len(self.steps)


class OutcomeResult(str, Enum):
    """How an attempt ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    LOST = "lost"


class Resolution(str, Enum):
    """What a person says became of a suspended order's item."""

    COMPLETED = "completed"
    FAILED = "failed"
    RETRY = "retry"


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """How an attempt ended, as its agent tells it (``LOST`` is the scheduler's own word).

    :param steps_finished: finished steps, counted from the first.
    :param is_uncertain: the step after those had begun and nobody knows whether it was done.
    """

    attempt_id: AttemptId
    order_id: OrderId
    result: OutcomeResult
    steps_finished: int = 0
    error_code: ErrorCode = ErrorCode.NONE
    message: str = ""
    is_uncertain: bool = False
