"""What a policy is: two pure questions, a name and a version.

A policy decides nothing finally: the scheduler checks each proposal against the invariants and
records who proposed it. Register one under the entry-point group ``muster.policies``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from muster_core.errors import Refusal
from muster_core.ids import OrderId, RobotId, TaskId
from muster_core.order import Order
from muster_core.site import Site
from muster_core.task import TaskProposal

POLICY_API_VERSION = 1

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a policy makes of one order: tasks to be done one after the other, or a refusal."""

    order_id: OrderId
    tasks: tuple[TaskProposal, ...] = ()
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class BatteryModel:
    """How batteries are taken to behave: what a plan reckons with, not what a robot promises.

    :param work_s: how long a robot works on a full battery, s; inf = unknown, and no plan minds it.
    :param charge_s: how long an empty one charges until it is full, s.
    :param low: charge, 0 to 1, below which a robot goes to charge before its next task.
    :param ready: charge at which it stops to charge.
    """

    work_s: float = math.inf
    charge_s: float = 0.0
    low: float = 0.0
    ready: float = 1.0


def _no_floats() -> Floats:
    return np.zeros(0, np.float32)


def _no_indices() -> Numbers:
    return np.zeros(0, np.int32)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a decision is made from, as struct of arrays.

    What has a default is for policies that plan beyond the next task of each robot; a snapshot
    without it leaves them to estimates.

    :param robot_busy_s: float32 [robots], s until the robot is free; 0 = idle now.
    :param robot_battery: float32 [robots], charge, 0 to 1.
    :param task_priority: uint8 [tasks], a larger number goes first; it has grown with the wait.
    :param task_waiting_s: float32 [tasks], s since the order was accepted.
    :param task_slack_s: float32 [tasks], s until the deadline; inf = none, negative = late.
    :param task_duration_s: float32 [tasks], s from the first stop to the end.
    :param travel_s: float32 [robots, tasks], s from where the robot is, or will be free, to the
        task's first stop; inf = the robot cannot do the task.
    :param robot_slowness: float32 [robots], how many times the reference travel time the robot
        needs, as it has in ``travel_s`` and ``charger_travel_s``.
    :param task_first_stop: int32 [tasks], row and column of ``stop_travel_s``; -1 = not in it.
    :param task_last_stop: the same of the stop where the task ends.
    :param task_planned_for: int32 [tasks], the robot that the last decision planned the task for;
        -1 = none of these.
    :param stop_travel_s: float32 [stops, stops], s from the row's stop to the column's at the
        reference speed; inf = no way.
    :param charger_stop: int32 [chargers], row and column of ``stop_travel_s``.
    :param charger_free_s: float32 [chargers], s until nobody charges there any more.
    :param charger_travel_s: float32 [robots, chargers], s from where the robot is, or will be free;
        inf = no way, or not for this robot.
    """

    robot_ids: tuple[RobotId, ...]
    robot_busy_s: Floats
    robot_battery: Floats
    task_ids: tuple[TaskId, ...]
    task_priority: npt.NDArray[np.uint8]
    task_waiting_s: Floats
    task_slack_s: Floats
    task_duration_s: Floats
    travel_s: Floats
    robot_slowness: Floats = field(default_factory=_no_floats)
    task_first_stop: Numbers = field(default_factory=_no_indices)
    task_last_stop: Numbers = field(default_factory=_no_indices)
    task_planned_for: Numbers = field(default_factory=_no_indices)
    stop_travel_s: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    charger_stop: Numbers = field(default_factory=_no_indices)
    charger_free_s: Floats = field(default_factory=_no_floats)
    charger_travel_s: Floats = field(default_factory=_no_floats)
    battery: BatteryModel = BatteryModel()

    def __post_init__(self) -> None:
        robots, tasks = len(self.robot_ids), len(self.task_ids)
        chargers, stops = len(self.charger_stop), len(self.stop_travel_s)
        self._fill("robot_slowness", np.ones(robots, np.float32))
        for name in ("task_first_stop", "task_last_stop", "task_planned_for"):
            self._fill(name, np.full(tasks, -1, np.int32))
        self._fill("charger_travel_s", np.full((robots, chargers), np.inf, np.float32))
        assert self.robot_busy_s.shape == self.robot_battery.shape == (robots,)
        assert self.robot_slowness.shape == (robots,)
        assert self.task_priority.shape == self.task_waiting_s.shape == (tasks,)
        assert self.task_slack_s.shape == self.task_duration_s.shape == (tasks,)
        assert self.task_first_stop.shape == self.task_last_stop.shape == (tasks,)
        assert self.task_planned_for.shape == (tasks,)
        assert self.travel_s.shape == (robots, tasks)
        assert self.stop_travel_s.shape == (stops, stops)
        assert self.charger_free_s.shape == (chargers,)
        assert self.charger_travel_s.shape == (robots, chargers)
        for name, bound in self._indices():
            indices = getattr(self, name)
            assert ((indices >= -1) & (indices < bound)).all(), f"{name} is out of range"

    def _fill(self, name: str, default: npt.NDArray[Any]) -> None:
        """Give what was left out its default, which depends on how much there is of the rest."""
        if not len(getattr(self, name)):
            object.__setattr__(self, name, default)

    def _indices(self) -> tuple[tuple[str, int], ...]:
        stops = len(self.stop_travel_s)
        return (
            ("task_first_stop", stops),
            ("task_last_stop", stops),
            ("charger_stop", stops),
            ("task_planned_for", len(self.robot_ids)),
        )


def example() -> Snapshot:
    """The smallest snapshot in which everything is to be found."""
    return Snapshot(
        robot_ids=(RobotId("robot_1"), RobotId("robot_2")),
        robot_busy_s=np.array([0.0, 5.0], np.float32),
        robot_battery=np.array([0.9, 0.3], np.float32),
        task_ids=(TaskId("o-1/0"), TaskId("o-2/0")),
        task_priority=np.array([100, 150], np.uint8),
        task_waiting_s=np.array([60.0, 0.0], np.float32),
        task_slack_s=np.array([np.inf, 120.0], np.float32),
        task_duration_s=np.full(2, 30.0, np.float32),
        travel_s=np.array([[10.0, 20.0], [np.inf, 5.0]], np.float32),
        task_first_stop=np.array([0, 1], np.int32),
        task_last_stop=np.array([1, 0], np.int32),
        task_planned_for=np.array([0, -1], np.int32),
        stop_travel_s=np.array([[0.0, 15.0], [15.0, 0.0]], np.float32),
        charger_stop=np.zeros(1, np.int32),
        charger_free_s=np.zeros(1, np.float32),
        charger_travel_s=np.full((2, 1), 10.0, np.float32),
        battery=BatteryModel(work_s=600.0, charge_s=300.0, low=0.25, ready=0.9),
    )


@dataclass(frozen=True, slots=True)
class Assignment:
    """One proposal: this robot should do this task next.

    :param cost: the policy's own measure (built-in policies: s until the pick-up).
    :param runner_up: the best robot that was not chosen; empty when there was none.
    """

    robot_id: RobotId
    task_id: TaskId
    cost: float = 0.0
    runner_up: str = ""
    runner_up_cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Queue:
    """What a robot is to do one after the other, as things look now."""

    robot_id: RobotId
    task_ids: tuple[TaskId, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a policy proposes; empty when it would rather wait.

    :param assignments: what should be done now: all that is committed of a decision.
    :param queues: what the policy plans beyond, the assigned tasks first; empty when it looks no
        further. The next snapshot tells the policy of it.
    :param objective: what the queues cost, in the policy's own measure.
    """

    assignments: tuple[Assignment, ...] = ()
    queues: tuple[Queue, ...] = ()
    objective: float = 0.0


class Policy(Protocol):
    """A decision maker without state of its own."""

    api_version: ClassVar[int]
    name: ClassVar[str]
    version: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]]

    def plan(self, order: Order, site: Site) -> Plan:
        """The order's tasks. Must not raise for any order that passed intake: refuse instead."""

    def decide(self, snapshot: Snapshot, budget_s: float) -> Decision:
        """Who should do what, within ``budget_s`` seconds of computing."""


@runtime_checkable
class AnytimePolicy(Policy, Protocol):
    """A policy that goes on improving its decision for as long as it may.

    Asked by :meth:`decide` it reads no clock, stops after a number of rounds that depends on the
    snapshot and the budget alone, and gives the same answer on any machine.
    """

    def decide_within(self, snapshot: Snapshot, seconds_left: Callable[[], float]) -> Decision:
        """Who should do what, found before ``seconds_left()`` comes down to 0."""
