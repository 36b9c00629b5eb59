"""The story of one order: what `muster explain` tells, as data.

Rules for editors: fields are only added, since programs read them (``record.py``).
"""

from __future__ import annotations

from enum import Enum

import msgspec

from muster_core.errors import ErrorCode
from muster_core.ids import AttemptId, OrderId, RobotId, TaskId
from muster_core.order import Order
from muster_core.states import OrderState
from muster_core.task import OutcomeResult, TaskPurpose


class Tone(str, Enum):
    """How a moment is to be taken."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"
    ASKING = "asking"  # a person must do something


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the story.

    :param seq: the event's place in the log; 0 when it is no event (what is true now).
    :param event: the event's name on the wire; ``now`` when it is none.
    :param depth: 0 = the order's own; 1 = within a try of a robot.
    :param took_s: how long what was finished here had taken, s; 0 when that is not meant.
    """

    wall_ns: int
    seq: int
    event: str
    words: str
    depth: int = 0
    tone: Tone = Tone.PLAIN
    took_s: float = 0.0


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Why a robot was chosen; costs in the policy's own measure.

    :param stood_in: the built-in policy answered in place of the fleet's.
    :param runner_up: the best robot that was not chosen; empty when there was none.
    """

    policy: str
    policy_version: str
    stood_in: bool
    cost: float
    runner_up: str
    runner_up_cost: float


class StepTold(msgspec.Struct, kw_only=True):
    """A step that was finished, and how long it had taken, s."""

    verb: str
    place: str
    wall_ns: int
    took_s: float = 0.0


class Try(msgspec.Struct, kw_only=True):
    """One try of a task by one robot. Times UTC, ns; 0 = it has not happened.

    :param number: of the tries of this task, from 1.
    :param result: None while it goes on.
    """

    number: int
    attempt_id: AttemptId
    task_id: TaskId
    robot_id: RobotId
    purpose: TaskPurpose
    choice: Choice
    assigned_ns: int
    began_ns: int = 0
    permitted_ns: int = 0
    ended_ns: int = 0
    retry_not_before_ns: int = 0
    steps: list[StepTold] = []
    result: OutcomeResult | None = None
    error_code: ErrorCode = ErrorCode.NONE
    message: str = ""


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time went, s; together the order's whole life.

    :param waiting_s: for a plan, a robot, a pause or a permission, and while a robot was lost.
    :param handling_s: everything that robots did but drive.
    :param person_s: for a person's answer.
    """

    waiting_s: float = 0.0
    driving_s: float = 0.0
    handling_s: float = 0.0
    person_s: float = 0.0

    @property
    def total_s(self) -> float:
        """All of it, s."""
        return self.waiting_s + self.driving_s + self.handling_s + self.person_s


class Present(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an order now, besides its events.

    :param message: what it waits for, in the scheduler's words; empty when it does not.
    :param queue_position: its place among the waiting orders, 1 = next; 0 when it does not wait.
    """

    wall_ns: int
    message: str = ""
    queue_position: int = 0


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """All that the log tells of one order.

    :param summary: the whole of it in a sentence.
    :param until_ns: up to when it is told: the order's end, or now, or the end of the log. UTC.
    :param ended_ns: 0 when it has not ended.
    :param question: what a person is asked; empty when nobody is.
    :param moments: in the order of the log; of a very long story the middle is left out.
    :param moments_left_off: how many those are, after the first ``MOMENTS_SIDE_MAX``.
    """

    order_id: OrderId
    order: Order
    state: OrderState
    summary: str
    accepted_ns: int
    until_ns: int
    ended_ns: int
    question: str
    times: Times
    tries: tuple[Try, ...]
    moments: tuple[Moment, ...]
    moments_left_off: int = 0
