"""Distances to goals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csgraph

from muster_core.traffic.distances import FAR, Distances, distances_to
from muster_core.traffic.graph import Graph
from muster_core.traffic.grid import Grid, warehouse


@pytest.mark.parametrize("goal", [0, 7, 300])
def test_steps_are_those_of_dijkstra(goal: int) -> None:
    graph = Grid.of_free(warehouse(30, 40)).graph
    expected = csgraph.dijkstra(graph.backward, indices=goal, unweighted=True)
    assert distances_to(graph, goal).tolist() == expected.tolist()


def test_costs_of_directed_edges_add_up_towards_the_goal() -> None:
    starts, ends = np.array([0, 1, 2], dtype=np.int32), np.array([1, 2, 0], dtype=np.int32)
    graph = Graph.of_edges(3, starts, ends, np.array([5, 7, 11], dtype=np.int32))
    assert distances_to(graph, 2).tolist() == [12, 7, 0]


def test_no_way_is_far() -> None:
    starts, ends = np.array([0], dtype=np.int32), np.array([1], dtype=np.int32)
    for costs in (1, 9):
        graph = Graph.of_edges(3, starts, ends, costs)
        assert distances_to(graph, 1).tolist() == [costs, 0, FAR]
        assert distances_to(graph, 0).tolist() == [0, FAR, FAR]


def test_row_used_longest_ago_gives_way_at_the_bound() -> None:
    graph = Grid.of_text("...").graph
    distances = Distances(graph, bytes_max=2 * 3 * 4)
    assert distances.rows_max == 2
    distances.rows([0, 1])
    distances.to(0)
    distances.to(2)
    assert distances.evictions == 1
    assert distances.to(0).tolist() == [0, 1, 2]
    assert distances.evictions == 1
    assert distances.to(1).tolist() == [1, 0, 1]
    assert distances.evictions == 2
