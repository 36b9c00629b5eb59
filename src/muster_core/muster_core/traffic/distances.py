"""How far it is from every vertex to the goals in use, as rows of one table."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable

import numpy as np
from scipy.sparse import csgraph  # type: ignore[import-untyped]

from muster_core.errors import MusterError
from muster_core.traffic.graph import Graph, Int32s

FAR = 1 << 28
"""The distance from where there is no way; small enough to be added up."""
TABLE_BYTES_MAX = 512 * 1024 * 1024
_ROWS_FIRST = 16


class DistanceError(MusterError):
    """More goals are in use at once than the table has room for."""

    def __init__(self, goals: int, rows_max: int) -> None:
        super().__init__(
            f"{goals} goals at once need more distances than fit ({rows_max} rows); allow more "
            f"bytes or send robots to fewer different places"
        )


class Distances:
    """Distances to goals, made when first asked for and kept while there is room.

    For one thread. The row used longest ago gives way at the bound.

    :param bytes_max: what the table may take; at least one row is always kept.
    """

    def __init__(self, graph: Graph, *, bytes_max: int = TABLE_BYTES_MAX) -> None:
        self.graph = graph
        self.rows_max = max(1, bytes_max // (4 * max(1, graph.count)))
        self.table = np.empty((min(_ROWS_FIRST, self.rows_max), graph.count), dtype=np.int32)
        """int32 [rows, vertices], in the unit of the graph's costs; FAR = no way."""
        self._rows: OrderedDict[int, int] = OrderedDict()
        self.evictions = 0

    def to(self, goal: int) -> Int32s:
        """int32 [vertices]: how far it is from each to ``goal``. Valid until the next question."""
        number = self._rows.get(goal)
        if number is None:
            number = self.rows((goal,))[goal]
        else:
            self._rows.move_to_end(goal)
        row: Int32s = self.table[number]
        return row

    def rows(self, goals: Iterable[int]) -> dict[int, int]:
        """The row of ``table`` for each goal; all of them are valid until the next question.

        :raises DistanceError: when there is no room for all of them at once.
        """
        wanted = dict.fromkeys(goals, 0)
        if len(wanted) > self.rows_max:
            raise DistanceError(len(wanted), self.rows_max)
        missing = []
        for goal in wanted:
            if goal in self._rows:
                self._rows.move_to_end(goal)
            else:
                missing.append(goal)
        for goal in missing:
            row = self._free_row()
            self.table[row] = distances_to(self.graph, goal)
            self._rows[goal] = row
        for goal in wanted:
            wanted[goal] = self._rows[goal]
        return wanted

    def _free_row(self) -> int:
        used = len(self._rows)
        if used == self.rows_max:
            self.evictions += 1
            return self._rows.popitem(last=False)[1]
        if used == len(self.table):
            larger = np.empty((min(2 * used, self.rows_max), self.graph.count), dtype=np.int32)
            larger[:used] = self.table
            self.table = larger
        return used


def distances_to(graph: Graph, goal: int) -> Int32s:
    """int32 [vertices]: the least cost of a way from each vertex to ``goal``; FAR = none."""
    if graph.is_uniform:
        return _steps_to(graph, goal)
    costs = csgraph.dijkstra(graph.backward, indices=goal)
    return np.where(np.isfinite(costs), np.minimum(costs, FAR), FAR).astype(np.int32)


def _steps_to(graph: Graph, goal: int) -> Int32s:
    """Breadth first. scipy gives the order of the visits, from which the levels follow.

    A vertex's level begins where the first vertex was found from the level before.
    """
    order, found_from = csgraph.breadth_first_order(graph.backward, goal)
    place = np.empty(graph.count, dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    parents = place[found_from[order[1:]]].tolist()  # ascending
    begins = [0, 1]
    while begins[-1] < len(order):
        begins.append(1 + bisect_left(parents, begins[-1], begins[-1]))
    steps = np.full(graph.count, FAR, dtype=np.int32)
    steps[order] = np.repeat(np.arange(len(begins) - 1), np.diff(begins))
    return steps
