"""Where robots go next that move forward, turn a quarter, or wait: a turn takes a step of its own.

PIBT over single steps does badly there, since a robot that has to turn first cannot make way at
once. So each robot chooses among short rows of actions, and holds the places of its row at their
times (E. Yukhnevich, A. Andreychuk: Enhancing PIBT via Multi-Action Operations, 2025). Every robot
always has a row that collides with no other: that of the step before, one action later, with a
wait at its end. From there the most urgent robot takes the best row that is to be had, and those
in its way choose anew; if one of them cannot, it tries the next.
"""

from __future__ import annotations

from enum import IntEnum
from itertools import product

import numpy as np
import numpy.typing as npt

from muster_core.traffic.distances import FAR, Distances
from muster_core.traffic.graph import Graph, Int32s
from muster_core.traffic.grid import HEADINGS, Grid
from muster_core.traffic.pibt import NO_GOAL
from muster_core.traffic.turning_kernel import choose_all

HORIZON = 3
"""Actions in a row. Three is the least with which a robot can turn round and make way; four carries
about a tenth more where goals are far and aisles narrow, and takes twice the time."""
ASKED_MAX = 2
"""How often a robot is asked to be out of the way at one time, for the sake of one other."""


class Action(IntEnum):
    """What a robot does in one step."""

    FORWARD = 0
    TURN_RIGHT = 1
    TURN_LEFT = 2
    WAIT = 3


def rows_of_actions(horizon: int) -> list[tuple[Action, ...]]:
    """The rows that are worth a look: none is as good as another one in every place and time."""
    best: dict[tuple[tuple[int | None, ...], int], tuple[Action, ...]] = {}
    for row in product(Action, repeat=horizon):
        heading = 0
        driven: list[int | None] = []  # in which direction in each step
        for action in row:
            driven.append(heading if action is Action.FORWARD else None)
            heading = (heading + (action is Action.TURN_RIGHT) - (action is Action.TURN_LEFT)) % 4
        best.setdefault((tuple(driven), heading), row)
    return list(best.values())


class TurningPibt:
    """One decision at a time for a fleet that moves in step and turns on the spot.

    It remembers what each robot means to do next, so one object serves one fleet.
    """

    def __init__(self, grid: Grid, *, horizon: int = HORIZON) -> None:
        self._vertices = grid.graph.count
        self._horizon = horizon
        self._moves = _moves(grid)
        self.distances = Distances(_turning_graph(self._moves, self._vertices))
        self._rows = np.array(rows_of_actions(horizon), dtype=np.int32)
        self._planned: Int32s = np.empty((0, horizon), dtype=np.int32)
        self._holders = np.full((horizon + 1, self._vertices), -1, dtype=np.int32)

    def step(
        self,
        positions: Int32s,
        headings: Int32s,
        goals: Int32s,
        priorities: npt.NDArray[np.int64],
    ) -> Int32s:
        """What each robot does next, int32 [robots] of :class:`Action`; nobody collides.

        :param positions: int32 [robots], vertices of the grid, all different, as the last step
            left them.
        :param headings: int32 [robots], indices of ``HEADINGS``.
        :param goals: int32 [robots], vertices; NO_GOAL = none.
        :param priorities: [robots], the greater the more urgent.
        """
        robots = len(positions)
        if robots != len(self._planned):
            self._planned = np.full((robots, self._horizon), Action.WAIT, dtype=np.int32)
        states = positions * len(HEADINGS) + headings
        rows = np.concatenate(
            [self._planned[:, np.newaxis], np.tile(self._rows, (robots, 1, 1))], axis=1
        )
        visited = self._follow(states, rows)
        is_possible = (visited >= 0).all(axis=2)
        paths = np.where(visited >= 0, visited, 0) // len(HEADINGS)
        worth = np.where(is_possible, self._costs(visited, goals), FAR * 16)
        wishes = np.argsort(worth, axis=1, kind="stable").astype(np.int32)
        wishes[~np.take_along_axis(is_possible, wishes, axis=1)] = -1
        chosen = np.zeros(robots, dtype=np.int32)
        holders = self._holders
        holders.fill(-1)
        for time in range(self._horizon + 1):
            holders[time, paths[:, 0, time]] = np.arange(robots, dtype=np.int32)
        order = np.argsort(-priorities, kind="stable")
        rank = np.empty(robots, dtype=np.int32)
        rank[order] = np.arange(robots)
        choose_all(
            order,
            rank,
            rows.shape[1],
            self._horizon,
            self._vertices,
            np.ascontiguousarray(paths, dtype=np.int32).reshape(-1),
            wishes.reshape(-1),
            holders.reshape(-1),
            chosen,
            np.full(robots, -1, dtype=np.int32),
            np.zeros(robots, dtype=np.int32),
            np.empty(robots, dtype=np.int32),
            np.zeros(robots * (self._horizon + 1), dtype=np.int32),
            ASKED_MAX,
        )
        taken = rows[np.arange(robots), chosen]
        self._planned = np.concatenate(
            [taken[:, 1:], np.full((robots, 1), Action.WAIT, dtype=np.int32)], axis=1
        )
        first: Int32s = taken[:, 0]
        return first

    def forget(self) -> None:
        """Forget what the robots meant to do, as is needed when others have moved them since."""
        self._planned = np.empty((0, self._horizon), dtype=np.int32)

    def after(self, positions: Int32s, headings: Int32s, actions: Int32s) -> tuple[Int32s, Int32s]:
        """Where the robots are, and where they look, after these actions."""
        states = self._moves[positions * len(HEADINGS) + headings, actions]
        return states // len(HEADINGS), states % len(HEADINGS)

    def near(self) -> Int32s:
        """int32 [states, 4]: a state itself, then those that one action leads to, then -1.

        A state is vertex * 4 + heading.
        """
        moves = self._moves
        near = moves[:, [Action.WAIT, Action.FORWARD, Action.TURN_RIGHT, Action.TURN_LEFT]]
        has_wall = near[:, 1] < 0
        near[has_wall, 1:] = np.roll(near[has_wall, 1:], -1, axis=1)
        return near

    def steps_to(self, goal: int) -> Int32s:
        """int32 [vertices, headings]: how many steps a robot alone needs to ``goal``."""
        states = len(HEADINGS) * self._vertices
        steps: Int32s = self.distances.to(states + goal)[:states] - 1
        return steps.reshape(self._vertices, len(HEADINGS))

    def _follow(self, states: Int32s, rows: Int32s) -> Int32s:
        """int32 [robots, options, horizon + 1]: states along each row; -1 = into a wall."""
        robots, options, horizon = rows.shape
        visited = np.empty((robots, options, horizon + 1), dtype=np.int32)
        visited[:, :, 0] = states[:, np.newaxis]
        for time in range(horizon):
            at = visited[:, :, time]
            after = self._moves[at, rows[:, :, time]]
            visited[:, :, time + 1] = np.where(at >= 0, after, -1)
        return visited

    def _costs(self, visited: Int32s, goals: Int32s) -> npt.NDArray[np.int64]:
        """int64 [robots, options]: the steps that are left after a row, then the sooner the better.

        Where a row comes by the goal, nothing is left from there on.
        """
        distinct, inverse = np.unique(goals, return_inverse=True)
        states = len(HEADINGS) * self._vertices
        rows = self.distances.rows((states + distinct[distinct >= 0]).tolist())
        row_of = np.array([rows.get(states + g, 0) for g in distinct.tolist()])[inverse]
        left = self.distances.table[row_of[:, np.newaxis, np.newaxis], visited].astype(np.int64) - 1
        has_arrived = np.logical_or.accumulate(left <= 0, axis=2)
        left = np.where(has_arrived, 0, left)
        costs: npt.NDArray[np.int64] = left[:, :, -1] * 64 + left[:, :, 1:].sum(axis=2)
        is_away = visited // len(HEADINGS) != visited[:, :, :1] // len(HEADINGS)
        costs[goals == NO_GOAL] = is_away.sum(axis=2)[goals == NO_GOAL]
        return costs


def _moves(grid: Grid) -> Int32s:
    """int32 [states, actions]: the state after each action, -1 = into a wall.

    A state is vertex * 4 + heading.
    """
    turns = len(HEADINGS)
    vertices = np.repeat(np.arange(grid.graph.count, dtype=np.int32), turns)
    headings = np.tile(np.arange(turns, dtype=np.int32), grid.graph.count)
    ahead = grid.ahead()[vertices, headings]
    return np.stack(
        [
            np.where(ahead >= 0, ahead * turns + headings, -1),
            vertices * turns + (headings + 1) % turns,
            vertices * turns + (headings - 1) % turns,
            vertices * turns + headings,
        ],
        axis=1,
    ).astype(np.int32)


def _turning_graph(moves: Int32s, vertices: int) -> Graph:
    """The states, and for each vertex one more that a robot in it reaches whatever its heading."""
    states = np.arange(len(moves), dtype=np.int32)
    goals = len(moves) + np.arange(vertices, dtype=np.int32)
    starts, ends = [states], [goals[states // len(HEADINGS)]]
    for action in (Action.FORWARD, Action.TURN_RIGHT, Action.TURN_LEFT):
        is_possible = moves[:, action] >= 0
        starts.append(states[is_possible])
        ends.append(moves[is_possible, action])
    return Graph.of_edges(len(moves) + vertices, np.concatenate(starts), np.concatenate(ends))
