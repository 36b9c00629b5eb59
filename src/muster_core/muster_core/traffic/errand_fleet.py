"""A fleet that runs errands, decided on together, step by step: who does which, and which way.

An errand is a place where a robot must stand for a moment. (The League of Robot Runners, 2024: some
errands are visible at a time, each that is done is replaced by another.) Any robot may do any
errand that is known, and errands are matched to robots anew at every step.

A linear sum assignment matches robots to errands and to *posts*, which are the places where errands
have come up most often. An errand costs the robot's steps to it; a post costs the steps to it and
then as many as pass on average until an errand comes up there, as learned from all errands so far.
So a robot stays where the next errand will be sooner than it could be at another one. Costs count
by their logarithm: many errands soon are better than all of them equally late.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

from muster_core.errors import MusterError
from muster_core.traffic.distances import FAR
from muster_core.traffic.graph import Int32s
from muster_core.traffic.joint_plan import JointPlan
from muster_core.traffic.motion import Motion

NO_ERRAND = -1
RATE_STEPS = 50
"""Over how many steps it is counted how many errands come up."""
PRIORITY_SCALE = 1000
WEIGHT = 8
"""What a step of delay weighs in the joint plan; the same for all robots here."""


class ErrandError(MusterError):
    """A fleet or an errand that cannot be."""


class Match(NamedTuple):
    """What each robot is to do: int32 [robots] each."""

    errands: Int32s
    """The number of its errand, NO_ERRAND = it goes to a post or stays."""
    goals: Int32s
    """The vertex where it goes."""


class ErrandFleet:
    """All robots and errands. At each step: :meth:`come_up`, :meth:`match`, :meth:`move`.

    How many errands wait is the caller's to bound: a match takes time with their number.

    :param states: int32 [robots], of ``motion``, on vertices that are all different.
    :raises ErrandError: when they are not such.
    """

    def __init__(self, motion: Motion, states: Int32s) -> None:
        self._vertices = len(motion.near) // motion.headings
        for state in states.tolist():
            if not 0 <= state < len(motion.near):
                raise ErrandError(f"state {state} is not one of 0 to {len(motion.near) - 1}")
        vertices = (states // motion.headings).tolist()
        if len(set(vertices)) < len(vertices):
            raise ErrandError("two robots begin at the same vertex; each needs its own")
        self.states = states.astype(np.int32)
        """int32 [robots]: where they are now."""
        self._motion = motion
        self._plan = JointPlan(motion)
        self._errands: dict[int, int] = {}
        self._seen = np.zeros(self._vertices, dtype=np.int64)
        self._came = 0
        self._counts: deque[int] = deque(maxlen=RATE_STEPS)
        self._matched = Match(
            np.full(len(states), NO_ERRAND, dtype=np.int32), self.states // motion.headings
        )
        self._priorities = np.zeros(len(states), dtype=np.int64)

    def come_up(self, errands: Mapping[int, int]) -> None:
        """Take in new errands: their numbers, which are the caller's, and their vertices.

        :raises ErrandError: when a number is in use or a vertex is none; takes in nothing then.
        """
        for number, vertex in errands.items():
            if number in self._errands:
                raise ErrandError(f"errand {number} is there already; give it another number")
            if not 0 <= vertex < self._vertices:
                raise ErrandError(
                    f"errand {number}: vertex {vertex} is not one of 0 to {self._vertices - 1}"
                )
        self._errands.update(errands)
        for vertex in errands.values():
            self._seen[vertex] += 1
        self._came += len(errands)

    def match(self) -> Match:
        """Say anew what each robot is to do."""
        numbers = np.array(list(self._errands), dtype=np.int32)
        places = np.array(list(self._errands.values()), dtype=np.int32)
        posts, waits = self._posts()
        goals = np.concatenate([places, posts])
        costs = self._steps(goals)
        costs[:, len(places) :] += waits
        robots, columns = linear_sum_assignment(np.log1p(costs))
        is_way = costs[robots, columns] < FAR
        robots, columns = robots[is_way], columns[is_way]
        errands = np.full(len(self.states), NO_ERRAND, dtype=np.int32)
        to = self.states // self._motion.headings
        to[robots] = goals[columns]
        is_errand = columns < len(places)
        errands[robots[is_errand]] = numbers[columns[is_errand]]
        self._priorities = np.full(len(self.states), -PRIORITY_SCALE * FAR, dtype=np.int64)
        self._priorities[robots] = -(costs[robots, columns] * PRIORITY_SCALE).astype(np.int64)
        self._matched = Match(errands, to)
        return self._matched

    def move(self) -> dict[int, int]:
        """Move all robots by a step; the errands that this does, and which robot does each."""
        robots = len(self.states)
        self.states = self._plan.step(
            self.states,
            self._matched.goals,
            then=np.full(robots, -1, dtype=np.int32),
            weights=np.full(robots, WEIGHT, dtype=np.int32),
            priorities=self._priorities,
        )
        is_there = self.states // self._motion.headings == self._matched.goals
        is_done = is_there & (self._matched.errands != NO_ERRAND)
        numbers = self._matched.errands[is_done].tolist()
        for number in numbers:
            del self._errands[number]
        self._matched.errands[is_done] = NO_ERRAND
        self._counts.append(self._came)
        return dict(zip(numbers, np.flatnonzero(is_done).tolist(), strict=True))

    def _posts(self) -> tuple[Int32s, Int32s]:
        """Where errands come up most often, and how many steps pass there between two."""
        steps = len(self._counts) - 1
        rate = (self._counts[-1] - self._counts[0]) / steps if steps > 0 else 0.0
        if rate <= 0.0:
            return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32)
        posts = np.argsort(-self._seen, kind="stable")[: len(self.states)].astype(np.int32)
        posts = posts[self._seen[posts] > 0]
        waits = self._seen.sum() / (self._seen[posts] * rate)
        return posts, np.minimum(waits, FAR - 1).astype(np.float64)

    def _steps(self, goals: Int32s) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """float64 [robots, goals]: steps of each robot to each goal."""
        names = self._motion.goal(goals).tolist()
        rows = self._motion.distances.rows(names)
        table = self._motion.distances.table
        steps = table[[rows[name] for name in names]][:, self.states].T - self._motion.arrived
        return np.asarray(steps, dtype=np.float64)
