"""The search for a joint way out."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence

import numpy as np
import pytest

from muster_core.traffic.distances import Distances
from muster_core.traffic.graph import Graph
from muster_core.traffic.grid import Grid
from muster_core.traffic.way_out import NO_GOAL, Budget, Move, find_way_out

NODES_MAX = 100_000


def follow(
    graph: Graph, starts: Sequence[int], goals: Sequence[int], moves: Sequence[Move]
) -> None:
    """Drive the moves; every one must be along an edge into a free vertex, and all arrive."""
    where = list(starts)
    arrived = {i for i, goal in enumerate(goals) if goal in (NO_GOAL, where[i])}
    for robot, vertex in moves:
        assert vertex in graph.after(where[robot]) and vertex not in where
        where[robot] = vertex
        if vertex == goals[robot]:
            arrived.add(robot)
    assert len(arrived) == len(starts)


def random_tree(chance: random.Random) -> Graph:
    count = chance.randint(4, 9)
    starts, ends = [], []
    for vertex in range(1, count):
        parent = max(0, vertex - chance.choice((1, 1, 2, 3)))
        starts += [vertex, parent]
        ends += [parent, vertex]
    return Graph.of_edges(count, np.array(starts, dtype=np.int32), np.array(ends, dtype=np.int32))


def is_solvable(graph: Graph, starts: Sequence[int], goals: Sequence[int]) -> bool:
    """By looking at every state."""
    robots = range(len(starts))

    def state(where: tuple[int, ...], arrived: frozenset[int]) -> tuple[object, frozenset[int]]:
        return where, arrived | {i for i in robots if where[i] == goals[i]}

    first = state(tuple(starts), frozenset())
    seen, waiting = {first}, deque([first])
    while waiting:
        where, arrived = waiting.popleft()
        assert isinstance(where, tuple)
        if len(arrived) == len(robots):
            return True
        for robot in robots:
            for end in graph.after(where[robot]):
                if end not in where:
                    after = state((*where[:robot], end, *where[robot + 1 :]), arrived)
                    if after not in seen:
                        seen.add(after)
                        waiting.append(after)
    return False


@pytest.mark.parametrize("seed", range(60))
def test_way_is_found_wherever_there_is_one(seed: int) -> None:
    chance = random.Random(seed)
    graph = random_tree(chance)
    robots = chance.randint(2, 3)
    starts = chance.sample(range(graph.count), robots)
    goals = chance.sample(range(graph.count), robots)
    moves = find_way_out(Distances(graph), starts, goals, budget=Budget(NODES_MAX))
    assert (moves is not None) == is_solvable(graph, starts, goals)
    if moves is not None:
        follow(graph, starts, goals, moves)


def test_robots_without_goal_only_make_way() -> None:
    grid = Grid.of_text("...\n@.@")
    moves = find_way_out(Distances(grid.graph), [0, 1], [2, NO_GOAL], budget=Budget(NODES_MAX))
    assert moves is not None
    follow(grid.graph, [0, 1], [2, NO_GOAL], moves)


def test_search_ends_at_its_bound() -> None:
    grid = Grid.of_text("..........\n@.@@@@@@@@")
    assert find_way_out(Distances(grid.graph), [0, 9], [9, 0], budget=Budget(3)) is None


def test_limits_are_kept_to() -> None:
    grid = Grid.of_text("...\n...")
    moves = find_way_out(
        Distances(grid.graph),
        [0],
        [2],
        budget=Budget(NODES_MAX),
        is_allowed=lambda where: 1 not in where,
    )
    assert moves == [Move(0, 3), Move(0, 4), Move(0, 5), Move(0, 2)]
