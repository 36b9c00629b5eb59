"""What a policy is: two pure questions, a name and a version.

A policy decides nothing finally: the scheduler checks each proposal against the invariants and
records who proposed it. Register one under the entry-point group ``muster.policies``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from muster_core.errors import Refusal
from muster_core.ids import OrderId, RobotId, TaskId
from muster_core.order import Order
from muster_core.site import Site
from muster_core.task import TaskProposal

POLICY_API_VERSION = 1

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a policy makes of one order: tasks to be done one after the other, or a refusal."""

    order_id: OrderId
    tasks: tuple[TaskProposal, ...] = ()
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a decision is made from, as struct of arrays.

    :param robot_busy_s: float32 [robots], s until the robot is free; 0 = idle now.
    :param robot_battery: float32 [robots], charge, 0 to 1.
    :param task_priority: uint8 [tasks], a larger number goes first.
    :param task_waiting_s: float32 [tasks], s since the order was accepted.
    :param task_slack_s: float32 [tasks], s until the deadline; inf = none, negative = late.
    :param task_duration_s: float32 [tasks], s from the first stop to the end.
    :param travel_s: float32 [robots, tasks], s from where the robot is, or will be free, to the
        task's first stop; inf = the robot cannot do the task.
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

    def __post_init__(self) -> None:
        robots, tasks = len(self.robot_ids), len(self.task_ids)
        assert self.robot_busy_s.shape == self.robot_battery.shape == (robots,)
        assert self.task_priority.shape == self.task_waiting_s.shape == (tasks,)
        assert self.task_slack_s.shape == self.task_duration_s.shape == (tasks,)
        assert self.travel_s.shape == (robots, tasks)


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
class Decision:
    """What a policy proposes; empty when it would rather wait."""

    assignments: tuple[Assignment, ...] = field(default=())


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
