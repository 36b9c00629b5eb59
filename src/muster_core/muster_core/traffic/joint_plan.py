"""Where a fleet goes in the next steps: a plan for all robots that looks ahead and never collides.

Priority inheritance decides one step at a time, so two robots that come towards each other notice
only when they meet. A joint plan has the next few steps of everybody: each robot holds the places
of its path at their times. Every step the plan of the step before goes on, with a wait at its end,
and so is free of collisions whatever becomes of the search; then paths are improved one by one. A
robot that is not on its way without a detour looks for a better one through the others, and those
whom it crosses look for other ones, and so on; the group moves if that is better for all of them
together.

Sources: windowed planning by D. Silver (Cooperative Pathfinding, 2005) and J. Li et al. (Lifelong
Multi-Agent Path Finding in Large-Scale Warehouses, AAAI 2021); improvement of a joint plan by
groups by J. Li et al. (Anytime Multi-Agent Path Finding via Large Neighborhood Search, IJCAI 2021);
a row of actions that always goes on by E. Yukhnevich and A. Andreychuk (Enhancing PIBT via
Multi-Action Operations, 2025).

Nobody is promised to arrive by that alone. So whoever has come no nearer to its goal for
``patience_steps`` is led on by priority inheritance, as the most urgent of all, until it is nearer
than ever before; everybody else makes way (K. Okumura et al., 2022: on biconnected graphs that
always works). So it comes nearer again and again until it arrives.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from muster_core.traffic.distances import FAR
from muster_core.traffic.graph import Int32s
from muster_core.traffic.joint_plan_kernel import COST_MAX, LEGS, Board, improve_all
from muster_core.traffic.motion import Motion

HORIZON_STEPS = 8
"""How far ahead a plan looks; more costs in proportion and hardly saves another detour."""
GROUP_MAX = 6
"""How many robots change their paths together."""
PASSES = 2
NODES_MAX = 2000
"""How many places and times one search may look at."""
NODES_A_ROBOT_MAX = 400
"""How many all searches of a step may, for each robot of the fleet."""
PATIENCE_STEPS = 12


class JointPlan:
    """The plan of one fleet, whose robots move in step; one object serves one fleet.

    :param patience_steps: how long a robot may come no nearer to its goal before it is led on.
    """

    def __init__(
        self,
        motion: Motion,
        *,
        horizon_steps: int = HORIZON_STEPS,
        patience_steps: int = PATIENCE_STEPS,
    ) -> None:
        self.motion = motion
        self.leads = 0
        """In how many steps somebody had to be led."""
        self._horizon = horizon_steps
        self._patience = patience_steps
        self._vertices = len(motion.near) // motion.headings
        times = horizon_steps + 1
        self._holders = np.full(times * self._vertices, -1, dtype=np.int32)
        self._seen = np.zeros(times * LEGS * len(motion.near), dtype=np.int64)
        self._nodes = [np.zeros(NODES_MAX, dtype=np.int32) for _ in range(5)]
        self._buckets = np.zeros(COST_MAX + 1, dtype=np.int32)
        self._counts = np.zeros(3, dtype=np.int64)
        self._paths: Int32s = np.empty((0, times), dtype=np.int32)
        self._goals: Int32s = np.empty(0, dtype=np.int32)
        self._nearest: Int32s = np.empty(0, dtype=np.int32)
        self._waited = np.empty(0, dtype=np.int64)

    def step(
        self,
        states: Int32s,
        goals: Int32s,
        *,
        then: Int32s,
        weights: Int32s,
        priorities: npt.NDArray[np.int64],
    ) -> Int32s:
        """The next state of each robot, int32 [robots]; nobody collides.

        :param states: int32 [robots], on vertices that are all different. If they are not those
            that the step before returned, the plan begins anew.
        :param goals: int32 [robots], vertices; -1 = none.
        :param then: int32 [robots], where each goes afterwards, another vertex; -1 = not known.
        :param weights: int32 [robots], at least 1: what a step of delay weighs. It need not be
            much for robots that are only to be out of the way.
        :param priorities: [robots], who is planned for first: the greatest.
        """
        if len(states) == 0:
            return states
        self._go_on(states)
        self._note_progress(states, goals)
        if (self._waited > self._patience).any():
            return self._lead(states, goals)
        order = np.argsort(-priorities, kind="stable").astype(np.int32)
        on = self._board(states, goals, then, weights)
        improve_all(on, order, PASSES)
        after: Int32s = self._paths[:, 1].copy()
        return after

    def _go_on(self, states: Int32s) -> None:
        """Shift the plan by a step."""
        times = self._horizon + 1
        if len(states) == len(self._paths) and np.array_equal(self._paths[:, 1], states):
            self._paths[:, :-1] = self._paths[:, 1:]
        else:
            self._paths = np.repeat(states[:, np.newaxis], times, axis=1).astype(np.int32)

    def _note_progress(self, states: Int32s, goals: Int32s) -> None:
        """Count for how many steps each robot has come no nearer to the goal it has."""
        if len(goals) != len(self._goals):
            self._goals = np.full(len(goals), -1, dtype=np.int32)
            self._nearest = np.full(len(goals), FAR, dtype=np.int32)
            self._waited = np.zeros(len(goals), dtype=np.int64)
        row, table = self._rows(goals), self.motion.distances.table
        far = np.where(row >= 0, table[row, states], self.motion.arrived)
        nearest = np.where(goals == self._goals, self._nearest, FAR)
        is_idle = (far <= self.motion.arrived) | (far < nearest) | (far >= FAR)
        self._waited = np.where(is_idle, 0, self._waited + 1)
        self._nearest = np.minimum(far, nearest)
        self._goals = goals.copy()

    def _lead(self, states: Int32s, goals: Int32s) -> Int32s:
        """A step by priority inheritance, the longest waiting first.

        Who is led goes on being so until it is nearer to its goal than ever before.
        """
        self.leads += 1
        after = self.motion.decide(states, goals, self._waited)
        times = self._horizon + 1
        self._paths = np.repeat(after[:, np.newaxis], times, axis=1).astype(np.int32)
        return after

    def _rows(self, goals: Int32s) -> Int32s:
        """int32 [robots]: the row of each robot's goal in the table of distances, or -1."""
        names = self.motion.goal(goals)
        distinct, inverse = np.unique(names, return_inverse=True)
        rows = self.motion.distances.rows(distinct[distinct >= 0].tolist())
        return np.array([rows.get(name, -1) for name in distinct.tolist()], dtype=np.int32)[inverse]

    def _board(self, states: Int32s, goals: Int32s, then: Int32s, weights: Int32s) -> Board:
        robots, times = len(states), self._horizon + 1
        rows = self._rows(np.concatenate([goals, np.where(then == goals, -1, then)]))
        last = np.where(then >= 0, then, goals)
        self._counts[1] = NODES_A_ROBOT_MAX * robots
        node_state, node_leg, node_time, node_before, node_next = self._nodes
        return Board(
            horizon=self._horizon,
            states=len(self.motion.near),
            headings=self.motion.headings,
            vertices=self._vertices,
            width=self.motion.near.shape[1],
            near=self.motion.near.reshape(-1),
            columns=self.motion.distances.table.shape[1],
            table=self.motion.distances.table.reshape(-1),
            arrived=self.motion.arrived,
            row=rows[:robots],
            then_row=rows[robots:],
            rest=np.where(last >= 0, last, states // self.motion.headings).astype(np.int32),
            weight=weights.astype(np.int32),
            paths=self._paths.reshape(-1),
            cost=np.zeros(robots, dtype=np.int32),
            holders=self._holders,
            role=np.zeros(robots, dtype=np.int32),
            group=np.zeros(GROUP_MAX, dtype=np.int32),
            kept_paths=np.zeros(GROUP_MAX * times, dtype=np.int32),
            kept_costs=np.zeros(GROUP_MAX, dtype=np.int32),
            found=np.zeros(times, dtype=np.int32),
            crossed=np.zeros(2 * times, dtype=np.int32),
            node_state=node_state,
            node_leg=node_leg,
            node_time=node_time,
            node_before=node_before,
            node_next=node_next,
            buckets=self._buckets,
            seen=self._seen,
            counts=self._counts,
        )
