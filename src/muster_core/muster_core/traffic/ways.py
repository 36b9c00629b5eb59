"""How far it is to each robot's goal, round what stands in the way for long."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from muster_core.traffic.distances import FAR, Distances
from muster_core.traffic.graph import Graph
from muster_core.traffic.map import TrafficMap

NEARER_MAX = 200_000
"""Answers to what is nearer that are kept; all of them make room together."""


class Ways:
    """Distances to goals that lead round obstacles where that is possible.

    :param bytes_max: what the tables may take together.
    """

    def __init__(self, map_: TrafficMap, *, bytes_max: int) -> None:
        self._map = map_
        self._nearer: dict[tuple[int, int], tuple[tuple[int, ...], ...]] = {}
        self._graph = _without_ways_into_closed(map_)
        self._bytes_max = bytes_max // 3
        self._all = Distances(self._graph, bytes_max=self._bytes_max)
        self._round_hard = self._round_soft = self._all
        self._hard: frozenset[int] = frozenset()
        self._soft: frozenset[int] = frozenset()

    def avoid(self, hard: frozenset[int], soft: frozenset[int]) -> None:
        """Lead round these vertices from now on.

        :param hard: nobody knows when they will be free; there is no way through.
        :param soft: they will be free again; gone round only where there is another way.
        """
        if hard != self._hard:
            self._nearer.clear()
            self._round_hard = self._without(hard)
        if (hard, soft) != (self._hard, self._soft):
            self._round_soft = self._without(hard | soft) if soft - hard else self._round_hard
        self._hard, self._soft = hard, soft

    def to(self, goal: int, start: int, *, is_patient: bool = True) -> memoryview:
        """int32 [vertices]: the distance of each to ``goal``, for a robot at ``start``.

        Valid until the next question. FAR at ``start`` itself when there is no way now.

        :param is_patient: whether the robot puts up with what will be free again by itself.
        """
        if not is_patient and self._round_soft is not self._round_hard:
            soft = self._round_soft.to(goal)
            if soft[start] < FAR:
                return soft.data
        return self._round_hard.to(goal).data

    def nearer(self, goal: int, start: int, *, is_patient: bool = True) -> Sequence[Sequence[int]]:
        """The vertices after ``start`` that are nearer to ``goal``, those of the best way first.

        In groups of equally good ones, each in ascending order.
        """
        if not is_patient and self._round_soft is not self._round_hard:
            return self._groups(self.to(goal, start, is_patient=False), start)
        key = (goal, start)
        groups = self._nearer.get(key)
        if groups is None:
            if len(self._nearer) >= NEARER_MAX:
                self._nearer.clear()
            groups = self._nearer[key] = self._groups(self.to(goal, start), start)
        return groups

    def _groups(self, left: memoryview, start: int) -> tuple[tuple[int, ...], ...]:
        costs, here = self._map.guided_costs, left[start]
        ranked = sorted(
            (costs[start, end] + left[end], end)
            for end in self._map.after[start]
            if left[end] < here
        )
        return tuple(
            tuple(end for _, end in group) for _, group in groupby(ranked, key=itemgetter(0))
        )

    def to_in_the_end(self, goal: int) -> memoryview:
        """The same as if nothing stood in the way."""
        return self._all.to(goal).data

    def _without(self, vertices: frozenset[int]) -> Distances:
        """No edge leads through the vertices; one that is a goal can still be come near to.

        What leads to them is kept for that, and what leads away from them is not.
        """
        graph = self._graph
        if not vertices:
            return self._all
        kept = ~np.isin(graph.starts, np.fromiter(vertices, dtype=np.int32))
        return Distances(_pruned(graph, kept), bytes_max=self._bytes_max)


def _without_ways_into_closed(map_: TrafficMap) -> Graph:
    graph = map_.guided
    kept = np.ones(len(graph.ends), dtype=np.bool_)
    for zone in map_.zones:
        if zone.is_closed:
            inside = np.fromiter(zone.vertices, dtype=np.int32)
            kept &= np.isin(graph.starts, inside) | ~np.isin(graph.ends, inside)
    return graph if kept.all() else _pruned(graph, kept)


def _pruned(graph: Graph, kept: npt.NDArray[np.bool_]) -> Graph:
    return Graph.of_edges(graph.count, graph.starts[kept], graph.ends[kept], graph.costs[kept])
