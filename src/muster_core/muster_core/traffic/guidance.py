"""Preferred directions of lanes that are driven both ways, so that robots seldom meet head-on.

Every row of vertices in a straight line is a street. Parallel streets that lie beside each other
prefer opposite directions, as one-way streets of a town do; going against costs
``AGAINST_FACTOR`` times as much. That changes which way robots choose and never whether there is
one. (Highways: L. Cohen, T. Uras, S. Koenig, SoCS 2015.)
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from muster_core.traffic.graph import Graph, Int32s

AGAINST_FACTOR = 6
"""What an edge costs against the preferred direction of its street, compared to along it."""
STREET_EDGES_MIN = 2
"""Shorter rows have no direction: nobody meets anybody on them for long."""
STRAIGHT_COSINE_MAX = -0.87
"""Two edges of a vertex are one street where they make an angle of at least 150 degrees."""
PARALLEL_DEG = 15.0
"""Streets within so many degrees of each other are taken for parallel."""

ANGLE_MIN = 1e-9
"""Lesser angles are none, rad."""

Points = Sequence[tuple[float, float]]
_Pair = tuple[int, int]


def guided_costs(graph: Graph, positions_m: Points) -> Int32s:
    """int32 [edges]: the costs by which ways are chosen, at least those of the graph."""
    costs = graph.costs.copy()
    edges = _two_way_edges(graph)
    numbers = {pair: number for number, pair in enumerate(_pairs(graph))}
    for street in _against(_streets(edges, positions_m), positions_m):
        for pair in street:
            costs[numbers[pair]] *= AGAINST_FACTOR
    return costs


def _pairs(graph: Graph) -> Iterable[_Pair]:
    return zip(graph.starts.tolist(), graph.ends.tolist(), strict=True)


def bridges_of(graph: Graph) -> set[_Pair]:
    """Edges that no other way leads round, whichever way they are driven; lesser vertex first."""
    pairs = {(min(pair), max(pair)) for pair in _pairs(graph)}
    both = np.array(sorted(pairs | {(b, a) for a, b in pairs}), dtype=np.int32).reshape(-1, 2)
    symmetric = Graph.of_edges(graph.count, both[:, 0], both[:, 1])
    near = symmetric.near
    rows, columns = np.nonzero(symmetric.bridges)
    found = zip(near[rows, 0].tolist(), near[rows, columns].tolist(), strict=True)
    return {pair for pair in found if pair[0] < pair[1]}


def _two_way_edges(graph: Graph) -> set[_Pair]:
    """Edges that are driven both ways and that another way leads round; the lesser vertex first."""
    pairs = set(_pairs(graph))
    return {(a, b) for a, b in pairs if a < b and (b, a) in pairs} - bridges_of(graph)


def _streets(edges: set[_Pair], positions_m: Points) -> list[list[int]]:
    """Straight rows of vertices, each in the order in which they lie along it."""
    ends: dict[int, list[int]] = defaultdict(list)
    for a, b in sorted(edges):
        ends[a].append(b)
        ends[b].append(a)
    onward: dict[_Pair, int] = {}  # from where and over which vertex to where
    for vertex, around in ends.items():
        for one, other in _straight_pairs(vertex, around, positions_m):
            onward[one, vertex], onward[other, vertex] = other, one
    streets = []
    left = set(edges)
    for first in sorted(edges):
        if first not in left:
            continue
        street = list(first)
        for _ in range(2):  # on at one end, then at the other
            while True:
                after = onward.get((street[-2], street[-1]))
                if after is None or after == street[0]:
                    break
                street.append(after)
            street.reverse()
        left.difference_update((min(a, b), max(a, b)) for a, b in pairwise(street))
        if len(street) > STREET_EDGES_MIN:
            streets.append(street)
    return streets


def _straight_pairs(vertex: int, around: list[int], positions_m: Points) -> Iterable[_Pair]:
    """Which of the vertices around lie opposite each other, the straightest pairs first."""
    pairs = sorted(
        (_cosine(vertex, one, other, positions_m), one, other)
        for index, one in enumerate(around)
        for other in around[index + 1 :]
    )
    taken: set[int] = set()
    for cosine, one, other in pairs:
        if cosine <= STRAIGHT_COSINE_MAX and not taken & {one, other}:
            taken |= {one, other}
            yield one, other


def _cosine(vertex: int, one: int, other: int, positions_m: Points) -> float:
    (x, y), (ax, ay), (bx, by) = positions_m[vertex], positions_m[one], positions_m[other]
    lengths = math.hypot(ax - x, ay - y) * math.hypot(bx - x, by - y)
    return ((ax - x) * (bx - x) + (ay - y) * (by - y)) / lengths if lengths else 1.0


def _against(streets: list[list[int]], positions_m: Points) -> Iterable[Iterable[_Pair]]:
    """For each street its edges in the direction that is not preferred."""
    families: dict[int, list[tuple[float, list[int]]]] = defaultdict(list)
    families_max = round(180.0 / PARALLEL_DEG)
    for found in streets:
        (ax, ay), (bx, by) = positions_m[found[0]], positions_m[found[-1]]
        angle = math.atan2(by - ay, bx - ax)
        # The same way round for all that are parallel.
        is_backward = angle < -ANGLE_MIN or angle > math.pi - ANGLE_MIN
        street = found[::-1] if is_backward else found
        family = round(math.degrees(angle) / PARALLEL_DEG) % families_max
        along = math.radians(family * PARALLEL_DEG)
        middle_x, middle_y = positions_m[street[len(street) // 2]]
        offset = middle_y * math.cos(along) - middle_x * math.sin(along)
        families[family].append((round(offset, 3), street))
    for beside in families.values():
        offsets = sorted({offset for offset, _ in beside})
        rank = {offset: number for number, offset in enumerate(offsets)}
        for offset, street in beside:
            wrong = street if rank[offset] % 2 else street[::-1]
            yield pairwise(wrong)
