"""Fleets with tasks to assign, ours as its node is asked, and two ways of assigning to measure by.

Nothing in those two ways is shared with the policy but the numbers of the objective: the brute
force tries every schedule, the greedy one always takes next what is finished first of all.
"""

from __future__ import annotations

import itertools
import math
import time
from pathlib import Path

import numpy as np

from muster_core.policy.batch import BatchPolicy
from muster_core.policy.objective import AGE_S, LATE_FACTOR, PRIORITY_DOUBLING
from muster_core.policy.protocol import Decision, Queue, Snapshot
from muster_core.site import load_site
from muster_core.testing.snapshots import Variety, draw_snapshot, plane_stops, site_stops

SITE = Path(__file__).parents[1] / "config" / "sites" / "small_warehouse.yaml"

BUDGET_S, SEARCH_SHARE = 1.0, 0.5
"""The scheduler's `decide_timeout_s`, and what of it the policy's node lets a search use."""


def decide(policy: BatchPolicy, snapshot: Snapshot) -> Decision:
    """What the policy decides when it is asked as by its node, with the process's CPU for a clock.

    What else the machine does must not matter here; the search has no threads.
    """
    end_s = time.process_time() + BUDGET_S * SEARCH_SHARE
    return policy.decide_within(snapshot, lambda: end_s - time.process_time())


class Instances:
    """Snapshots by number: even ones on the repository's own site, odd ones on a random plane."""

    def __init__(self, robots: int, tasks: int, variety: Variety) -> None:
        self._robots = robots
        self._tasks = tasks
        self._variety = variety
        self._site_s = site_stops(load_site(SITE))

    def make(self, number: int) -> Snapshot:
        """The snapshot of that number."""
        generator = np.random.default_rng(number)
        stop_s = plane_stops(generator) if number % 2 else self._site_s
        return draw_snapshot(
            generator, stop_s, robots=self._robots, tasks=self._tasks, variety=self._variety
        )


class Timeline:
    """When a robot has done a task after another, and what that costs, from a snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.robots, self.tasks = snapshot.travel_s.shape
        self.free_s = snapshot.robot_busy_s.astype(float).tolist()
        duration_s = snapshot.task_duration_s.astype(float)
        self._first_s = (snapshot.travel_s + duration_s).tolist()
        ways_s = snapshot.stop_travel_s[
            np.ix_(snapshot.task_last_stop, snapshot.task_first_stop)
        ].astype(float)
        self._next_s = (ways_s + duration_s).tolist()
        levels = snapshot.task_priority.astype(float) - 100.0
        self._waiting_s = snapshot.task_waiting_s.astype(float).tolist()
        ages = 1.0 + snapshot.task_waiting_s.astype(float) / AGE_S
        self._weight = (2.0 ** (levels / PRIORITY_DOUBLING) * ages).tolist()
        self._due_s = snapshot.task_slack_s.astype(float).tolist()

    def finish_s(self, robot: int, here: int | None, task: int, time_s: float) -> float:
        """When the robot has done ``task``, leaving ``here`` (None = its start) at ``time_s``."""
        return time_s + (self._first_s[robot][task] if here is None else self._next_s[here][task])

    def price(self, task: int, finish_s: float) -> float:
        """What the task costs when it is done then."""
        late_s = max(0.0, finish_s - self._due_s[task])
        return self._weight[task] * (self._waiting_s[task] + finish_s + LATE_FACTOR * late_s)


def brute_force(snapshot: Snapshot) -> float:
    """What the best of all schedules costs."""
    timeline = Timeline(snapshot)
    every = (1 << timeline.tasks) - 1
    least = {0: 0.0}
    for robot in range(timeline.robots):
        alone = _least_of_robot(timeline, robot)
        joined: dict[int, float] = {}
        for taken, cost in least.items():
            for own, own_cost in alone.items():
                if not taken & own and cost + own_cost < joined.get(taken | own, math.inf):
                    joined[taken | own] = cost + own_cost
        least = joined
    return least[every]


def _least_of_robot(timeline: Timeline, robot: int) -> dict[int, float]:
    """What each set of tasks costs in the best order, by the set's bits."""
    least: dict[int, float] = {}

    def go_on(taken: int, here: int | None, time_s: float, cost: float) -> None:
        if cost < least.get(taken, math.inf):
            least[taken] = cost
        for task in range(timeline.tasks):
            if not taken >> task & 1:
                finish_s = timeline.finish_s(robot, here, task, time_s)
                go_on(taken | 1 << task, task, finish_s, cost + timeline.price(task, finish_s))

    go_on(0, None, timeline.free_s[robot], 0.0)
    return least


def greedy(snapshot: Snapshot) -> tuple[Queue, ...]:
    """Always that task next, on that robot, which is finished first of all."""
    timeline = Timeline(snapshot)
    free_s, left = list(timeline.free_s), set(range(timeline.tasks))
    queues: list[list[int]] = [[] for _ in range(timeline.robots)]
    while left:
        finish_s, robot, task = min(
            (
                timeline.finish_s(robot, queue[-1] if queue else None, task, free_s[robot]),
                robot,
                task,
            )
            for (robot, queue), task in itertools.product(enumerate(queues), left)
        )
        queues[robot].append(task)
        free_s[robot] = finish_s
        left.remove(task)
    return tuple(
        Queue(snapshot.robot_ids[robot], tuple(snapshot.task_ids[task] for task in queue))
        for robot, queue in enumerate(queues)
        if queue
    )
