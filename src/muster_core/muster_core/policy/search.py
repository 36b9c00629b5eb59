"""An anytime search for queues that cost little: a good schedule at once, a better one in time.

The first schedules are the earliest finish first, layers of linear sum assignments, what the last
decision planned with the new tasks inserted, and the first layer with the rest inserted. The best
of them is improved in cycles of exchanges, in which another assignment says which robot gets which
of the tasks that each gave away, and of rounds of large neighbourhood search, until nothing
improves or the time is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

from muster_core.policy import search_kernel as kernels
from muster_core.policy.first_schedule import Layers, TaskLists, by_density, earliest_finish
from muster_core.policy.problem import Array, Problem
from muster_core.policy.search_kernel import NOBODY, Exchange, Queues, Scratch
from muster_core.policy.step_watch import Step, StepWatch
from muster_core.policy.urgency import Indices

TAKEN_MAX = 12
"""So many tasks are out at once at most."""

ROUNDS_MIN = 50
"""Rounds in a cycle; as many as there are tasks, if they are more."""

EXCHANGES = 4
"""Exchanges in a cycle, unless their pairs of robots are more than ``EXCHANGE_PAIRS`` together."""

EXCHANGE_PAIRS = 400_000

INSERTED = 16
"""Tasks that are inserted between two looks at the time."""

ROUNDS_S = 0.002
"""How long the rounds between two looks at the time should take, s."""

Work = tuple[Step, float]
"""What is done next, and how much of it there is."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is done where no clock ends the search, and at the most where one does.

    :param pairs: robots x tasks x cycles to aim at: small problems are searched more thoroughly.
    :param cycles_min: cycles of however large a problem; ``cycles_max`` of however small a one.
    :param idle_cycles_max: it ends after so many cycles without an improvement.
    :param has_insertions: whether first schedules are also made by inserting tasks one by one.
    """

    pairs: int = 120_000
    cycles_min: int = 2
    cycles_max: int = 40
    idle_cycles_max: int = 4
    has_insertions: bool = True

    def cycles(self, problem: Problem) -> int:
        """The number of cycles for a problem."""
        if problem.tasks < 2:
            return 0  # the first schedules have tried everything
        wanted = round(self.pairs / max(1, problem.robots * problem.tasks))
        return min(self.cycles_max, max(self.cycles_min, wanted))


THOROUGH = Effort()
"""As much as pays where robots wait for the answer: 50 ms for 100 robots and 100 tasks."""

QUICK = Effort(pairs=1_000, cycles_min=0, cycles_max=4, idle_cycles_max=1, has_insertions=False)
"""A tenth of that and no worse by more than a few hundredths, also where nothing is compiled."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Queues, what they cost, and how they came about.

    :param queues: [robots], the numbers of each robot's tasks, one after the other.
    :param finish_s: float64 [tasks], s until each is done; inf = it is in no queue.
    :param cost: what they cost, the waits until now included.
    :param first_cost: what the best first schedule cost.
    :param cycles: how many were made.
    :param is_cut: whether the time ended the search.
    """

    queues: TaskLists
    finish_s: Array
    cost: float
    first_cost: float = 0.0
    cycles: int = 0
    is_cut: bool = False


def solve(
    problem: Problem,
    *,
    effort: Effort,
    seed: int,
    seconds_left: Callable[[], float] | None = None,
) -> Schedule:
    """Queues for all tasks that can be done, the best that is found until time or effort ends.

    The first schedule is made whatever the time; each step after it only if it fits.

    :param seed: of what is chosen by chance; 0 or more.
    :param seconds_left: how long it may still take, s; None = as long as the effort lasts.
    """
    search = _Search(problem, effort, seed, lambda: seconds_left is None or seconds_left() > 0.0)
    watch = StepWatch(seconds_left) if seconds_left else None
    is_cut = False
    for step, count in search.steps():
        if watch and not watch.has_time(step, count):
            is_cut = True
            break
    return search.schedule(is_cut=is_cut)


def scheduled(problem: Problem, queues: TaskLists) -> Schedule:
    """What queues come to; what cannot be done where it stands goes where it costs least."""
    return _schedule(problem, _filled(problem, queues))


class _Search:
    """The queues as they are and the best, and the steps that better them."""

    def __init__(
        self, problem: Problem, effort: Effort, seed: int, has_time: Callable[[], bool]
    ) -> None:
        self._problem = problem
        self._effort = effort
        self._chance = np.array([1 + seed % 0xFFFFFFFE], np.int64)
        self._queues = _filled(problem, earliest_finish(problem, has_time))
        self._scratch = _scratch(problem, self._queues, self._chance)
        self._first_cost = float(self._scratch.cost[1])
        self._cycles = 0

    def steps(self) -> Iterator[Work]:
        """All that there is to do; each step is told before it is made."""
        yield from self._first_schedules()
        self._first_cost = cost = float(self._scratch.cost[1])
        idle = 0
        cycles = self._effort.cycles(self._problem)
        for number in range(cycles):
            yield from self._exchanges()
            yield from self._rounds(1.0 - number / cycles)
            self._cycles += 1
            idle = idle + 1 if self._scratch.cost[1] >= cost else 0
            cost = float(self._scratch.cost[1])
            if idle == self._effort.idle_cycles_max:
                break

    def schedule(self, *, is_cut: bool) -> Schedule:
        """The best so far."""
        queues = _lists(self._scratch.best_head, self._scratch.best_after)
        best = scheduled(self._problem, queues)
        growth = self._first_cost - float(self._scratch.cost[1])
        return replace(best, first_cost=best.cost + growth, cycles=self._cycles, is_cut=is_cut)

    def _first_schedules(self) -> Iterator[Work]:
        """Schedules that are made from nothing; the best of all is gone on from."""
        problem, every = self._problem, by_density(self._problem)
        layers = Layers(problem)
        while len(layers.left):
            less, more = sorted((problem.robots, len(layers.left)))
            yield Step.ASSIGN, less * less * more
            if not layers.add():
                break
        self._take_over(_filled(problem, layers.queues))
        if not self._effort.has_insertions:
            return
        if (problem.planned_for >= 0).any():
            queues = empty_queues(problem)
            is_new = problem.planned_for[every] < 0
            yield from self._insertions(queues, every[np.argsort(is_new, kind="stable")])
            self._take_over(queues)
        queues = _appended(problem, [queue[:1] for queue in layers.queues])
        yield from self._insertions(queues, every[queues.owner[every] == NOBODY])
        self._take_over(queues)

    def _insertions(self, queues: Queues, tasks: Indices) -> Iterator[Work]:
        """Insert the tasks, in this order, where each costs least."""
        for start in range(0, len(tasks), INSERTED):
            some = tasks[start : start + INSERTED]
            yield Step.INSERT, len(some) * self._problem.robots
            kernels.insert(self._problem, queues, self._problem.planned_for[some], some)

    def _take_over(self, queues: Queues) -> None:
        """Go on from these queues if they are better than the best so far."""
        scratch = _scratch(self._problem, queues, self._chance)
        left_out, best_left_out = len(_left_out(queues)), len(_left_out(self._queues))
        if (left_out, scratch.cost[1]) < (best_left_out, self._scratch.cost[1]):
            self._queues, self._scratch = queues, scratch

    def _exchanges(self) -> Iterator[Work]:
        """Each robot gives a task away, and gets what an assignment finds best."""
        problem = self._problem
        robots, pairs = problem.robots, problem.robots * min(problem.robots, problem.tasks)
        exchange = _exchange(problem)
        for _ in range(min(EXCHANGES, max(1, EXCHANGE_PAIRS // pairs))):
            yield Step.EXCHANGE, pairs
            taken = kernels.take_one_each(problem, self._queues, self._scratch, exchange)
            prices = exchange.prices[: taken * robots].reshape(taken, robots)
            _, takers = linear_sum_assignment(prices)
            kernels.give_one_each(problem, self._queues, self._scratch, exchange, takers)

    def _rounds(self, boldness: float) -> Iterator[Work]:
        """Rounds of large neighbourhood search."""
        problem = self._problem
        rounds = max(ROUNDS_MIN, problem.tasks)
        round_count = 20 + problem.robots + problem.tasks / 4
        at_once = min(rounds, max(1, int(ROUNDS_S / (round_count * Step.ROUNDS.each_s()))))
        for start in range(0, rounds, at_once):
            count = min(at_once, rounds - start)
            yield Step.ROUNDS, round_count * count
            kernels.search(problem, self._queues, self._scratch, count, boldness)


def empty_queues(problem: Problem) -> Queues:
    """Queues with nothing in them."""
    robots, tasks = problem.robots, problem.tasks
    return Queues(
        head=_nobodies(robots),
        cost=np.zeros(robots),
        owner=_nobodies(tasks),
        after=_nobodies(tasks),
        before=_nobodies(tasks),
        finish_s=np.zeros(tasks),
        energy_s=np.zeros(tasks),
        own=np.zeros(tasks),
        rest=np.zeros(tasks),
        slope=np.zeros(tasks),
        room_s=np.zeros(tasks),
    )


def _appended(problem: Problem, lists: TaskLists) -> Queues:
    """These queues, reckoned, without what cannot be done where it stands."""
    queues = empty_queues(problem)
    robots = np.repeat(np.arange(problem.robots), [len(queue) for queue in lists])
    tasks = np.array([task for queue in lists for task in queue], np.int64)
    kernels.append(problem, queues, robots, tasks)
    kernels.reckon(problem, queues)
    return queues


def _filled(problem: Problem, lists: TaskLists) -> Queues:
    """These queues, reckoned; what cannot be done where it stands is inserted elsewhere."""
    queues = _appended(problem, lists)
    left_out = _left_out(queues)
    kernels.insert(problem, queues, problem.planned_for[left_out], left_out)
    return queues


def _lists(head: Indices, after: Indices) -> TaskLists:
    """Linked lists as lists."""
    lists: TaskLists = []
    following = after.tolist()
    for first in head.tolist():
        lists.append([])
        task = first
        while task != NOBODY:
            lists[-1].append(task)
            task = following[task]
    return lists


def _schedule(problem: Problem, queues: Queues) -> Schedule:
    """The queues as they are."""
    is_done = queues.owner != NOBODY
    waited = float(problem.weight[is_done] @ problem.waiting_s[is_done])
    return Schedule(
        queues=_lists(queues.head, queues.after),
        finish_s=np.where(is_done, queues.finish_s, np.inf),
        cost=float(queues.cost.sum()) + waited,
    )


def _left_out(queues: Queues) -> Indices:
    """The tasks that are in no queue."""
    return np.flatnonzero(queues.owner == NOBODY)


def _scratch(problem: Problem, queues: Queues, chance: npt.NDArray[np.int64]) -> Scratch:
    """Room for the search, with these queues as the best so far."""
    taken_max = min(TAKEN_MAX, problem.tasks)
    return Scratch(
        taken=_nobodies(taken_max),
        from_robot=_nobodies(taken_max),
        from_task=_nobodies(taken_max),
        least=np.zeros(taken_max),
        second=np.zeros(taken_max),
        robot=_nobodies(taken_max),
        second_robot=_nobodies(taken_max),
        place=_nobodies(taken_max),
        best_head=queues.head.copy(),
        best_after=queues.after.copy(),
        cost=np.full(2, float(queues.cost.sum())),
        chance=chance,
    )


def _exchange(problem: Problem) -> Exchange:
    robots, taken_max = problem.robots, min(problem.robots, problem.tasks)
    return Exchange(
        tasks=_nobodies(taken_max),
        prices=np.zeros(taken_max * robots),
        places=_nobodies(taken_max * robots),
    )


def _nobodies(count: int) -> Indices:
    return np.full(count, NOBODY, np.int64)
