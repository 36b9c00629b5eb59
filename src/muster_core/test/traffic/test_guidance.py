"""Which direction robots prefer on lanes that are driven both ways."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from muster_core.site import load_site, parse_site
from muster_core.site.grid import cell_name, grid_site
from muster_core.traffic.guidance import AGAINST_FACTOR, bridges_of
from muster_core.traffic.map import TrafficMap


def blocks() -> TrafficMap:
    """Three aisles of one cell, columns 0, 2 and 4, between two cross aisles."""
    is_free = np.ones((5, 5), dtype=bool)
    is_free[1:4, [1, 3]] = False
    return TrafficMap.of_site(grid_site("blocks", is_free, ()))


def factor(map_: TrafficMap, start: str, end: str) -> float:
    ends = (map_.numbers[start], map_.numbers[end])
    return map_.guided_costs[ends] / map_.costs[ends]


def is_southward(map_: TrafficMap, column: int) -> bool:
    """Whether the whole aisle prefers to be driven towards greater rows."""
    rows = [cell_name(row, column) for row in range(5)]
    along = {factor(map_, start, end) for start, end in pairwise(rows)}
    back = {factor(map_, end, start) for start, end in pairwise(rows)}
    assert {*along, *back} == {1, AGAINST_FACTOR}
    return along == {1}


def test_aisles_beside_each_other_prefer_opposite_directions() -> None:
    map_ = blocks()
    directions = [is_southward(map_, column) for column in (0, 2, 4)]
    assert directions[0] != directions[1] != directions[2]


def test_distances_in_the_plane_and_not_names_decide() -> None:
    text = """
site: rows
vertices: {z0: [0, 0], z1: [2, 0], z2: [4, 0], a0: [0, 2], a1: [2, 2], a2: [4, 2]}
edges: [[z0, z1, z2, a2, a1, a0, z0]]
"""
    map_ = TrafficMap.of_site(parse_site(text))
    assert factor(map_, "z0", "z1") != factor(map_, "a0", "a1")
    assert factor(map_, "z0", "z1") == factor(map_, "z1", "z2")


def test_way_without_another_way_round_costs_the_same_in_both_directions() -> None:
    text = """
site: spur
vertices: {a: [0, 0], b: [2, 0], c: [4, 0], d: [6, 0], e: [4, 2], f: [2, 2]}
edges: [[a, b, c, d], [c, e, f, b]]
"""
    map_ = TrafficMap.of_site(parse_site(text))
    assert factor(map_, "a", "b") == factor(map_, "b", "a") == 1
    assert factor(map_, "c", "d") == factor(map_, "d", "c") == 1


def test_bridges_are_found_among_one_way_edges() -> None:
    text = """
site: one_way
vertices: {a: [0, 0], b: [2, 0], c: [4, 0], d: [2, 2]}
edges: [[a, b, d, a, {one_way: true}], [b, c]]
"""
    map_ = TrafficMap.of_site(parse_site(text))
    assert bridges_of(map_.graph) == {(map_.numbers["b"], map_.numbers["c"])}
    assert {map_.names[v] for v in map_.narrows} == {"b", "c"}


def test_lanes_that_are_one_way_stay_as_they_are(small_warehouse_path: str) -> None:
    map_ = TrafficMap.of_site(load_site(small_warehouse_path))
    one_way = [pair for pair in map_.costs if pair[::-1] not in map_.costs]
    assert one_way
    assert all(map_.guided_costs[pair] == map_.costs[pair] for pair in one_way)


def test_graph_without_a_plane_has_no_directions() -> None:
    map_ = TrafficMap.of_graph(blocks().graph)
    assert map_.guided is map_.graph
