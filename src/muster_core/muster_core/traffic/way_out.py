"""A joint way for a few robots that have locked each other in.

A best-first search over where all of them are, one robot moving at a time into a free vertex
(weighted A*: I. Pohl, 1970; weight and ties favour what looks nearest to the end). It finds a way
wherever there is one, unless its bound comes first. Such a way needs no common clock: it may be
driven in any timing that keeps the order in which the robots come to each vertex.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from muster_core.traffic.distances import FAR
from muster_core.traffic.graph import Graph

GREED = 2
"""How much more the way that is left weighs than the way driven so far."""

Configuration = tuple[int, ...]
"""The vertex of each robot."""


class Move(NamedTuple):
    """One robot, by its place in the sequences asked with, drives along one edge."""

    robot: int
    vertex: int


@dataclass(slots=True)
class Budget:
    """How many states searches may still look at; shared by those that are tried in turn."""

    nodes: int


class _State(NamedTuple):
    """Where all robots are, and as bits which of them have done enough."""

    configuration: Configuration
    arrived: int


@dataclass(frozen=True, slots=True)
class Target:
    """What a robot has to come near to.

    :param left: for each vertex how far it is to the robot's goal; FAR = no way.
    :param enough: it has done enough once it has been where no more than that was left.
    """

    left: Sequence[int]
    enough: int = 0


def find_way_out(
    graph: Graph,
    starts: Sequence[int],
    targets: Sequence[Target | None],
    *,
    budget: Budget,
    is_allowed: Callable[[Configuration], bool] = lambda _: True,
) -> list[Move] | None:
    """Moves, one after the other, until every robot has been where its target is fulfilled.

    A robot that has been there may be sent away again for the others' sake.

    :param starts: all different.
    :param targets: None for robots that only make way.
    :param budget: what is looked at is taken from it; None is returned when it is spent, or sooner
        when there is no way.
    :param is_allowed: whether a configuration keeps to further limits.
    """
    return _Search(graph, targets, is_allowed).run(tuple(starts), budget)


class _Search:
    def __init__(
        self,
        graph: Graph,
        targets: Sequence[Target | None],
        is_allowed: Callable[[Configuration], bool],
    ) -> None:
        ends, costs, begins = graph.ends.tolist(), graph.costs.tolist(), graph.indptr.tolist()
        self._edges = [list(zip(ends[a:b], costs[a:b], strict=True)) for a, b in pairwise(begins)]
        # What is left until it is enough; 0 and less is enough.
        self._left = [
            None if target is None else [left - target.enough for left in target.left]
            for target in targets
        ]
        self._is_allowed = is_allowed
        self._reached_from: dict[_State, tuple[_State, Move] | None] = {}

    def run(self, starts: Configuration, budget: Budget) -> list[Move] | None:
        arrived = 0
        for robot, (vertex, left) in enumerate(zip(starts, self._left, strict=True)):
            arrived |= (left is None or left[vertex] <= 0) << robot
        first = _State(starts, arrived)
        if self._cost_left(first) >= FAR // 2:
            return None
        everybody = (1 << len(starts)) - 1
        self._reached_from = {first: None}
        newest = 0  # of equally good states the newest first: it is the deepest
        queue = [(0, newest, 0, first)]
        while queue and budget.nodes > 0:
            budget.nodes -= 1
            _, _, cost, state = heapq.heappop(queue)
            if state.arrived == everybody:
                return self._way_to(state)
            for after, edge_cost in self._after(state):
                newest -= 1
                driven = cost + edge_cost
                rank = driven + GREED * self._cost_left(after)
                heapq.heappush(queue, (rank, newest, driven, after))
        return None

    def _after(self, state: _State) -> list[tuple[_State, int]]:
        """The states one move away that the search has not come to before, and their costs."""
        where, arrived = state
        found = []
        for robot, vertex in enumerate(where):
            left = self._left[robot]
            for end, cost in self._edges[vertex]:
                if end in where:
                    continue
                is_enough = left is not None and left[end] <= 0
                configuration = (*where[:robot], end, *where[robot + 1 :])
                after = _State(configuration, arrived | is_enough << robot)
                if after not in self._reached_from and self._is_allowed(configuration):
                    self._reached_from[after] = state, Move(robot, end)
                    found.append((after, cost))
        return found

    def _cost_left(self, state: _State) -> int:
        total = 0
        for robot, (vertex, left) in enumerate(zip(state.configuration, self._left, strict=True)):
            if left is not None and not state.arrived >> robot & 1:
                total += left[vertex]
        return total

    def _way_to(self, state: _State) -> list[Move]:
        way = []
        came = self._reached_from[state]
        while came is not None:
            state, move = came
            way.append(move)
            came = self._reached_from[state]
        return way[::-1]
