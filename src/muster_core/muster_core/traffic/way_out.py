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

from muster_core.traffic.distances import FAR, Distances

NO_GOAL = -1
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
    """Where all robots are, and as bits which of them have been at their goals."""

    configuration: Configuration
    arrived: int


def find_way_out(
    distances: Distances,
    starts: Sequence[int],
    goals: Sequence[int],
    *,
    budget: Budget,
    is_allowed: Callable[[Configuration], bool] = lambda _: True,
) -> list[Move] | None:
    """Moves, one after the other, until every robot has been at its goal once.

    A robot that has been there may be sent away again for the others' sake.

    :param starts: all different.
    :param goals: NO_GOAL for robots that only make way.
    :param budget: what is looked at is taken from it; None is returned when it is spent, or sooner
        when there is no way.
    :param is_allowed: whether a configuration keeps to further limits.
    """
    return _Search(distances, goals, is_allowed).run(tuple(starts), budget)


class _Search:
    def __init__(
        self,
        distances: Distances,
        goals: Sequence[int],
        is_allowed: Callable[[Configuration], bool],
    ) -> None:
        graph = distances.graph
        ends, costs, begins = graph.ends.tolist(), graph.costs.tolist(), graph.indptr.tolist()
        self._edges = [list(zip(ends[a:b], costs[a:b], strict=True)) for a, b in pairwise(begins)]
        self._goals = tuple(goals)
        self._left = [None if g == NO_GOAL else distances.to(g).tolist() for g in goals]
        self._is_allowed = is_allowed
        self._reached_from: dict[_State, tuple[_State, Move] | None] = {}

    def run(self, starts: Configuration, budget: Budget) -> list[Move] | None:
        arrived = 0
        for robot, (vertex, goal) in enumerate(zip(starts, self._goals, strict=True)):
            arrived |= (goal in (NO_GOAL, vertex)) << robot
        first = _State(starts, arrived)
        if self._cost_left(first) >= FAR:
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
            goal = self._goals[robot]
            for end, cost in self._edges[vertex]:
                if end in where:
                    continue
                configuration = (*where[:robot], end, *where[robot + 1 :])
                after = _State(configuration, arrived | (end == goal) << robot)
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
