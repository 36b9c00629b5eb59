"""All waiting tasks and all robots at once: queues that cost little, of which the heads begin.

What the queues cost is the formula of :mod:`muster_core.policy.objective`; how they are found is
told in :mod:`muster_core.policy.search`. The first task of an idle robot's queue is assigned. What
is planned behind it, or for a robot that is about to finish, is decided afresh next time, and bound
only by what a change of mind costs.

So an idle robot may be given nothing: when each task that it can do is planned to be done sooner
by another. A plan can come to nothing, so a task that has waited for ``RESERVE_WAITING_S_MAX`` is
given to an idle robot that is left over, even if it is the slower one. Together with weights that
grow while a task waits this starves no task.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import ClassVar

import numpy as np

from muster_core.kinds import KINDS
from muster_core.order import Order
from muster_core.policy.first_schedule import Ends, TaskLists, arrivals, match
from muster_core.policy.planner import plan_order
from muster_core.policy.problem import Posed, pose
from muster_core.policy.protocol import (
    POLICY_API_VERSION,
    Assignment,
    Decision,
    Floats,
    Plan,
    Queue,
    Snapshot,
)
from muster_core.policy.search import QUICK, THOROUGH, Effort, Schedule, scheduled, solve
from muster_core.site import Site

RESERVE_WAITING_S_MAX = 600.0
"""How long a task may have waited and still be left for a robot that is not free yet, s."""

SHARE_MIN, SHARE_PAIR = 0.1, 3e-6
"""The share of its time that a decision uses: so much, and so much for each robot x task. Small
problems are soon solved as well as can be, and robots wait meanwhile."""

ANSWER_S, ANSWER_PAIR_S = 0.002, 5e-8
"""What it takes to put the decision into words, at the most: s, and s for each robot x task."""

THOROUGH_BUDGET_S = 0.1
"""Asked without a clock, a policy with less time than this searches quickly."""

Pairs = list[tuple[int, int]]
"""Numbers of robots and tasks."""


class BatchPolicy:
    """Plans a queue for every robot so that the sum of the weighted times until the end is least.

    The result does not depend on the order in which robots and tasks are given.

    :param effort: how much is searched where there is time.
    """

    api_version: ClassVar[int] = POLICY_API_VERSION
    name: ClassVar[str] = "batch"
    version: ClassVar[str] = "2"
    kinds: ClassVar[tuple[str, ...]] = tuple(KINDS)

    def __init__(self, effort: Effort = THOROUGH) -> None:
        self._effort = effort

    def plan(self, order: Order, site: Site) -> Plan:
        """The order's tasks, or a refusal."""
        return plan_order(order, site)

    def decide(self, snapshot: Snapshot, budget_s: float) -> Decision:
        """At most one task for each idle robot, and all queues; cost is s until the pick-up.

        No clock is read: the effort depends on the budget and the size of the snapshot alone.
        """
        effort = self._effort if budget_s >= THOROUGH_BUDGET_S else QUICK
        return self._decide(snapshot, effort, None)

    def decide_within(self, snapshot: Snapshot, seconds_left: Callable[[], float]) -> Decision:
        """The same, the search being ended before the time is over, or its share of it."""
        pairs = snapshot.travel_s.size
        unused_s = seconds_left() * (1.0 - min(1.0, SHARE_MIN + SHARE_PAIR * pairs))
        unused_s = max(0.0, unused_s) + ANSWER_S + ANSWER_PAIR_S * pairs
        return self._decide(snapshot, self._effort, lambda: seconds_left() - unused_s)

    def _decide(
        self, snapshot: Snapshot, effort: Effort, seconds_left: Callable[[], float] | None
    ) -> Decision:
        posed = pose(snapshot)
        problem = posed.problem
        if not problem.robots or not problem.tasks:
            return Decision()
        seed = _seed(snapshot, posed)
        schedule = solve(problem, effort=effort, seed=seed, seconds_left=seconds_left)
        schedule, pairs = _starts(snapshot, posed, schedule)
        return Decision(
            assignments=_assignments(snapshot, posed, pairs),
            queues=_queues(snapshot, posed, schedule.queues),
            objective=schedule.cost,
        )


def _seed(snapshot: Snapshot, posed: Posed) -> int:
    """The same for the same robots and tasks, however they are told."""
    robots = (snapshot.robot_ids[robot] for robot in posed.robots)
    tasks = (snapshot.task_ids[task] for task in posed.tasks)
    return zlib.crc32("\n".join((*robots, *tasks)).encode())


def _starts(snapshot: Snapshot, posed: Posed, schedule: Schedule) -> tuple[Schedule, Pairs]:
    """Which robots begin which tasks now, and the schedule with what changes for the sake of it.

    A robot that is idle and planned for nothing takes a task from another's queue if it is done
    sooner so, or has waited too long to be left.
    """
    problem = posed.problem
    is_idle = snapshot.robot_busy_s[posed.robots] == 0
    now = arrivals(problem, Ends.of(problem), np.arange(problem.robots), np.arange(problem.tasks))
    can_begin = np.isfinite(now.finish_s) & ~now.charges & is_idle[:, None]
    begun = {
        robot: queue[0]
        for robot, queue in enumerate(schedule.queues)
        if queue and can_begin[robot, queue[0]]
    }
    is_over = np.array([not queue for queue in schedule.queues]) & is_idle
    is_left = np.ones(problem.tasks, dtype=bool)
    is_left[list(begun.values())] = False
    is_gain = (now.finish_s < schedule.finish_s) | (problem.waiting_s >= RESERVE_WAITING_S_MAX)
    is_gain &= can_begin & is_over[:, None] & is_left
    if is_gain.any():
        latest_s = float(now.finish_s[is_gain].max())
        gain = (1.0 + latest_s - np.where(is_gain, now.finish_s, np.inf)) * problem.weight
        taken = {int(robot): int(task) for robot, task in zip(*match(gain), strict=True)}
        begun |= taken
        gone = set(taken.values())
        queues = [[task for task in queue if task not in gone] for queue in schedule.queues]
        for robot, task in taken.items():
            queues[robot] = [task]
        schedule = scheduled(problem, queues)
    return schedule, sorted(begun.items(), key=lambda pair: pair[1])


def _queues(snapshot: Snapshot, posed: Posed, queues: TaskLists) -> tuple[Queue, ...]:
    """The queues that have something in them, in the snapshot's names."""
    task_ids = [snapshot.task_ids[task] for task in posed.tasks]
    return tuple(
        Queue(snapshot.robot_ids[posed.robots[robot]], tuple(task_ids[task] for task in queue))
        for robot, queue in enumerate(queues)
        if queue
    )


def _assignments(snapshot: Snapshot, posed: Posed, pairs: Pairs) -> tuple[Assignment, ...]:
    """The pairs in order of urgency, each with the best robot that the task did not get."""
    if not pairs:
        return ()
    rows, columns = (np.array(side, np.intp) for side in zip(*pairs, strict=True))
    robots, tasks = posed.robots, posed.tasks[columns]
    pickup_s = _pickup_s(snapshot.robot_busy_s[robots], snapshot.travel_s[np.ix_(robots, tasks)])
    numbers = np.arange(len(pairs))
    costs_s = pickup_s[rows, numbers]
    pickup_s[rows, numbers] = np.inf
    seconds = pickup_s.argmin(axis=0)
    seconds_s = pickup_s[seconds, numbers]
    robot_ids = [snapshot.robot_ids[robot] for robot in robots]
    found = zip(rows, tasks, costs_s.tolist(), seconds, seconds_s.tolist(), strict=True)
    return tuple(
        Assignment(
            robot_id=robot_ids[row],
            task_id=snapshot.task_ids[task],
            cost=cost_s,
            runner_up=robot_ids[second] if second_s < np.inf else "",
            runner_up_cost=second_s if second_s < np.inf else 0.0,
        )
        for row, task, cost_s, second, second_s in found
    )


def _pickup_s(busy_s: Floats, travel_s: Floats) -> Floats:
    """float32 [robots, tasks], s until the pick-up; inf = the robot cannot do the task."""
    pickup_s = busy_s[:, None] + travel_s
    is_possible = np.isfinite(pickup_s) & (travel_s >= 0) & (busy_s >= 0)[:, None]
    return np.where(is_possible, pickup_s, np.float32(np.inf))
