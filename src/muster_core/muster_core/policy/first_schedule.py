"""Two first schedules: the earliest finish first, and layers of linear sum assignments.

Both append to queues, and both are numpy and nothing else: quick where nothing compiles kernels,
too. Where the tasks are alike the first is the better one; the more their weights and deadlines
differ, the better are layers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

from muster_core.policy.problem import TIME_S_MAX, Array, Problem
from muster_core.policy.urgency import Indices

CROWD = 7
"""From so many tasks to a robot on, robots choose among tasks faster than tasks among robots."""

TaskLists = list[list[int]]
"""Each robot's tasks, one after the other."""


class Arrivals(NamedTuple):
    """What comes of each robot doing each task next; all [robots, tasks].

    :param finish_s: float64, when it is done, s; inf = it cannot be.
    :param energy_s: float64, s of work that are left then.
    :param charges: bool, whether the robot charges before.
    """

    finish_s: Array
    energy_s: Array
    charges: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Ends:
    """Where each robot's queue ends: its last task (-1 = none), s from now, s of work left."""

    here: Indices
    time_s: Array
    energy_s: Array

    @classmethod
    def of(cls, problem: Problem) -> Ends:
        """Those of empty queues."""
        here = np.full(problem.robots, -1, np.int64)
        return cls(here, problem.ready_s.copy(), problem.energy_s.copy())


def earliest_finish(problem: Problem, has_time: Callable[[], bool] = lambda: True) -> TaskLists:
    """Always that task next, on that robot, which is finished first of all.

    :param has_time: asked between tasks; when there is none, each task that is left goes to the
        robot that would be first at that moment.
    """
    queues: TaskLists = [[] for _ in range(problem.robots)]
    ends, every = Ends.of(problem), np.arange(problem.tasks)
    finish_s, energy_s, _ = arrivals(problem, ends, np.arange(problem.robots), every)
    energy_s = energy_s.copy()
    takers = finish_s.argmin(axis=0)
    soonest_s = finish_s[takers, every]
    while has_time():
        task = int(soonest_s.argmin())
        if soonest_s[task] == np.inf:
            return queues
        robot = takers[task]
        queues[robot].append(task)
        ends.here[robot], ends.time_s[robot] = task, soonest_s[task]
        ends.energy_s[robot] = energy_s[robot, task]
        soonest_s[task] = np.inf
        following = arrivals(problem, ends, np.array([robot]), every)
        finish_s[robot], energy_s[robot] = following.finish_s[0], following.energy_s[0]
        _choose_anew(finish_s, soonest_s, takers, robot)
    for task in np.argsort(soonest_s, kind="stable")[: np.isfinite(soonest_s).sum()].tolist():
        queues[takers[task]].append(task)
    return queues


def _choose_anew(finish_s: Array, soonest_s: Array, takers: Indices, robot: int) -> None:
    """Find the taker of each task that is left anew, after one robot's finishing times changed."""
    is_left = soonest_s < np.inf
    again = np.flatnonzero(is_left & (takers == robot))
    takers[again] = finish_s[:, again].argmin(axis=0)
    soonest_s[again] = finish_s[takers[again], again]
    is_sooner = is_left & (finish_s[robot] < soonest_s)
    takers[is_sooner], soonest_s[is_sooner] = robot, finish_s[robot, is_sooner]


class Layers:
    """Queues that grow by linear sum assignments, each of which gives some robots one more task.

    :param queues: each robot's tasks so far.
    :param left: the tasks that are in none.
    """

    def __init__(self, problem: Problem) -> None:
        self.queues: TaskLists = [[] for _ in range(problem.robots)]
        self.left = np.arange(problem.tasks)
        self._problem = problem
        self._ends = Ends.of(problem)

    def add(self) -> bool:
        """One more task for each robot that should have one; whether any could be given.

        With more tasks than robots those go first that lose most by waiting, and of these the ones
        that keep the others waiting least.
        """
        ends = self._ends
        following = arrivals(self._problem, ends, np.arange(self._problem.robots), self.left)
        robots, numbers = match(_gain(self._problem, following.finish_s, ends, self.left))
        tasks = self.left[numbers]
        for robot, task in zip(robots.tolist(), tasks.tolist(), strict=True):
            self.queues[robot].append(task)
        ends.here[robots] = tasks
        ends.time_s[robots] = following.finish_s[robots, numbers]
        ends.energy_s[robots] = following.energy_s[robots, numbers]
        self.left = np.delete(self.left, numbers)
        return len(robots) > 0


def by_density(problem: Problem) -> Indices:
    """All tasks, those first that weigh most for the time that they take (Smith 1956)."""
    seconds = problem.duration_s + np.minimum(problem.nearest_s, TIME_S_MAX) + 1.0
    return np.argsort(-problem.weight / seconds, kind="stable")


def arrivals(problem: Problem, ends: Ends, robots: Indices, tasks: Indices) -> Arrivals:
    """What comes of these robots doing each of these tasks next."""
    p, here = problem, ends.here[robots]
    time_s, energy_s = ends.time_s[robots][:, None], ends.energy_s[robots][:, None]
    slowness, is_first = p.slowness[robots][:, None], (here < 0)[:, None]
    stops_s = p.stop_s.reshape(p.stops, p.stops)
    legs_s = p.leg_s.reshape(p.robots, p.tasks)[np.ix_(robots, tasks)]
    ways_s = stops_s[np.ix_(p.last[here], p.first[tasks])] * slowness
    handling_s = p.duration_s[tasks] * slowness
    work_s = np.where(is_first | np.isinf(legs_s), legs_s, ways_s) + handling_s
    finish_s = time_s + work_s
    if np.isinf(p.energy_s).all():
        never = np.zeros(finish_s.shape, dtype=bool)
        return Arrivals(finish_s, np.broadcast_to(energy_s, finish_s.shape), never)
    home_s = p.way_s[p.last[tasks]] * slowness
    home_s[np.isinf(home_s)] = 0.0
    to_s = np.where(
        is_first, p.charger_s[robots][:, None], p.way_s[p.last[here]][:, None] * slowness
    )
    charger = np.where(here < 0, p.charger[robots], p.way_to[p.last[here]])
    on_s = stops_s[np.ix_(charger, p.first[tasks])] * slowness + handling_s
    with np.errstate(invalid="ignore"):  # inf - inf where there is neither a limit nor a charger
        missing_s = np.maximum(0.0, p.full_s - np.maximum(0.0, energy_s - to_s))
    begin_s = np.maximum(time_s + to_s, p.appointment_s[robots][:, None])
    begin_s = begin_s + missing_s * p.charge_rate
    charges = (energy_s < work_s + home_s) | ((energy_s < p.low_s) & np.isfinite(to_s))
    is_possible = np.isfinite(work_s) & (on_s + home_s <= p.full_s)
    return Arrivals(
        np.where(charges, np.where(is_possible, begin_s + on_s, np.inf), finish_s),
        np.where(charges, p.full_s - on_s, energy_s - np.where(charges, 0.0, work_s)),
        charges,
    )


def prices(problem: Problem, finish_s: Array, tasks: Indices) -> Array:
    """What each of these tasks costs when each robot has done it then, float64 [robots, tasks]."""
    p, planned_for = problem, problem.planned_for[tasks]
    seconds = finish_s + p.late_factor * np.maximum(0.0, finish_s - p.due_s[tasks])
    if (planned_for >= 0).any():
        is_change = (planned_for >= 0) & (planned_for != np.arange(p.robots)[:, None])
        seconds = seconds + p.change_s * is_change
    return p.weight[tasks] * seconds  # type: ignore[no-any-return]


def _gain(problem: Problem, finish_s: Array, ends: Ends, tasks: Indices) -> Array:
    """What it saves to do each of these tasks next against doing it later; -inf = cannot be.

    Later is behind half of the tasks that come to a robot, and a task that is done next keeps the
    others waiting.

    :param finish_s: float64 [robots, tasks], when each robot has done each task next.
    """
    is_possible = np.isfinite(finish_s)
    if not is_possible.any():
        return np.full(finish_s.shape, -np.inf)
    known_s = np.where(is_possible, finish_s, 0.0)
    work_s = known_s - ends.time_s[:, None]
    mean_s = float(work_s[is_possible].mean())
    others = max(0.0, len(tasks) / problem.robots - 1.0)
    typical_s = known_s.sum(axis=0) / np.maximum(1, is_possible.sum(axis=0))
    later_s = typical_s + mean_s * max(1.0, others / 2)
    later = prices(problem, np.broadcast_to(later_s, finish_s.shape), tasks)
    saved = later - prices(problem, known_s, tasks)
    burden = float(problem.weight[tasks].mean()) * others * (work_s - mean_s)
    gain = np.where(is_possible, saved - burden, -np.inf)
    # A burden may make everything seem a loss; something has to be next all the same.
    return gain if (gain > 0.0).any() else np.where(is_possible, saved, -np.inf)


def match(gain: Array) -> tuple[Indices, Indices]:
    """Rows and columns of the pairs that together gain most; only pairs with a gain above 0.

    The solver is given the tasks as rows, the worthiest first, and robots that do nothing as
    further columns: robots that outbid each other for the worthiest tasks take it up to seven
    times as long.

    :param gain: float64 [robots, tasks].
    """
    is_gain = gain > 0.0
    takers, wanted = np.flatnonzero(is_gain.any(axis=1)), np.flatnonzero(is_gain.any(axis=0))
    if not len(takers):
        return takers, wanted
    wanted = wanted[np.argsort(-gain[:, wanted].max(axis=0), kind="stable")]
    width = len(takers)
    if width < len(wanted) < CROWD * width:
        width = len(wanted)
    offered: npt.NDArray[np.float64] = np.zeros((len(wanted), width))
    offered[:, : len(takers)] = np.maximum(gain[np.ix_(takers, wanted)], 0.0).T
    solved: tuple[Any, Any] = linear_sum_assignment(offered, maximize=True)
    is_kept = offered[solved] > 0.0
    return takers[solved[1][is_kept]], wanted[solved[0][is_kept]]
