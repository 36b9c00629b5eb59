"""Where many robots go next, all at once: priority inheritance with backtracking (PIBT).

K. Okumura, M. Machida, X. Defago, Y. Tamura: Priority Inheritance with Backtracking for Iterative
Multi-agent Path Finding, Artificial Intelligence 310, 2022. The most urgent robot goes first and
pushes others out of its way; whoever cannot be pushed makes it choose again. On a graph where two
ways lead from each vertex to each other one (biconnected), the most urgent robot always comes
nearer to its goal, so with priorities that grow with waiting everybody arrives.

The swap operation (K. Okumura: Improving LaCAM for Scalable Eventually Optimal Multi-agent
Pathfinding, IJCAI 2023) lets two robots change places where the graph is not biconnected: one
draws the other after it to where they can pass. It is a help and no promise: where whole groups
have to change places in a corridor, ``way_out.py`` searches for how.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from muster_core.traffic.distances import FAR, Distances
from muster_core.traffic.graph import Int32s
from muster_core.traffic.pibt_kernel import decide_all

NO_GOAL = -1


class Pibt:
    """One decision at a time for a fleet that moves in step.

    For one thread. The arrays of vertices are kept between decisions, so that one costs as much
    as there are robots, however large the site.

    :param swaps: whether to use the swap operation across edges that nothing leads round; it needs
        edges that lead both ways, and is left out on graphs where some do not.
    :param rotates: whether robots may go round a closed ring in one step, each into the place
        of the next. No such move is ever part of a way that is driven without a common clock.
    """

    def __init__(self, distances: Distances, *, swaps: bool = True, rotates: bool = True) -> None:
        self.distances = distances
        graph = distances.graph
        self._swaps = swaps and graph.is_symmetric
        self._rotates = rotates
        self._near = graph.near
        self._bridges = graph.bridges if self._swaps else np.zeros(graph.near.shape, dtype=np.bool_)
        self._holder_now = np.full(graph.count, -1, dtype=np.int32)
        self._holder_next = np.full(graph.count, -1, dtype=np.int32)

    def step(
        self,
        positions: Int32s,
        goals: Int32s,
        priorities: npt.NDArray[np.int64],
        *,
        fixed: Int32s | None = None,
    ) -> Int32s:
        """Where each robot goes next: its own vertex or one that an edge leads to.

        No two robots go to the same vertex, nor swap along an edge. Of equally urgent robots the
        first in the arrays goes first.

        :param positions: int32 [robots], all different.
        :param goals: int32 [robots], NO_GOAL = none: such a robot stays unless it is pushed.
        :param priorities: [robots], the greater the more urgent. Who has waited longest for its
            goal should be the most urgent.
        :param fixed: int32 [robots], where a robot must go, -1 = anywhere; must not collide.
        :returns: int32 [robots].
        """
        robots = len(positions)
        to = np.full(robots, -1, dtype=np.int32) if fixed is None else fixed.astype(np.int32)
        if robots == 0:
            return to
        holder_now, holder_next = self._holder_now, self._holder_next
        holder_now[positions] = np.arange(robots, dtype=np.int32)
        known = np.flatnonzero(to >= 0)
        holder_next[to[known]] = known
        rows = self._rows(goals)
        wishes = self._wishes(positions, rows)
        order = np.argsort(-priorities, kind="stable")
        try:
            decide_all(
                order,
                positions,
                to,
                holder_now,
                holder_next,
                wishes.reshape(-1),
                wishes.shape[1],
                self._near.reshape(-1),
                self._bridges.reshape(-1),
                goals,
                self.distances.table.reshape(-1),
                rows,
                self._swaps,
                self._rotates,
                np.empty(robots, dtype=np.int32),
                np.full(robots, -1, dtype=np.int32),
                np.empty(robots, dtype=np.int32),
            )
        finally:
            holder_now[positions] = -1
            holder_next[to[to >= 0]] = -1
        return to

    def _rows(self, goals: Int32s) -> Int32s:
        """int32 [robots]: each robot's row in the table, -1 without a goal."""
        distinct, inverse = np.unique(goals, return_inverse=True)
        rows = self.distances.rows(distinct[distinct >= 0].tolist())
        return np.array([rows.get(goal, -1) for goal in distinct.tolist()], dtype=np.int32)[inverse]

    def _wishes(self, positions: Int32s, rows: Int32s) -> Int32s:
        """int32 [robots, width]: where each robot would go, the best first, then -1.

        Nearer to the goal is better, then free of another robot; robots break further ties in
        different ways, so that they spread out.
        """
        near = self._near[positions]
        robots, width = near.shape
        far = self.distances.table[rows[:, np.newaxis], near].astype(np.int64)
        moves = near != near[:, :1]
        far[rows < 0] = moves[rows < 0]
        is_taken = moves & (self._holder_now[near] >= 0)
        column = np.arange(width) + np.arange(robots)[:, np.newaxis]
        rank = (far * 2 + is_taken) * width + column % width
        rank[near < 0] = (4 * FAR) * width
        return np.take_along_axis(near, np.argsort(rank, axis=1), axis=1)
