"""The shape of graphs against oracles that try everything."""

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from muster_core.site import Edge, Site, Vertex
from muster_core.site.examine.ways import Ways, cut_vertices, peeled, pieces


@st.composite
def ways_of_sites(draw):
    count = draw(st.integers(1, 9))
    pairs = [(a, b) for a, b in product(range(count), repeat=2) if a != b]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    site = Site(
        name="s",
        vertices=tuple(Vertex(f"v{i}", float(i), 0.0) for i in range(count)),
        edges=tuple(Edge(f"v{a}", f"v{b}", 1.0) for a, b in chosen),
    )
    return Ways.of(site)


def whole(ways):
    return np.ones(len(ways.is_main), dtype=bool)


def parts_of(matrix, vertices):
    """The connected parts of these vertices, as sets, by spreading."""
    left, parts = set(vertices), []
    while left:
        part, edge = set(), [left.pop()]
        while edge:
            at = edge.pop()
            part.add(at)
            beside = {b for b in left if matrix[at, b]}
            left -= beside
            edge += beside
        parts.append(part)
    return parts


@given(ways_of_sites())
def test_cut_vertices_are_those_whose_removal_breaks_a_part(ways):
    joined = ways.neighbours(whole(ways))
    matrix = joined.toarray() > 0
    everything = set(range(len(matrix)))
    before = parts_of(matrix, everything)
    expected = {}
    for vertex in everything:
        own = next(part for part in before if vertex in part)
        after = parts_of(matrix, own - {vertex})
        if len(after) > 1:
            sizes = sorted(map(len, after))
            expected[vertex] = sum(sizes[:-1])
    assert cut_vertices(joined) == expected


@given(ways_of_sites())
def test_what_is_left_after_peeling_has_two_neighbours_left_or_none(ways):
    joined = ways.neighbours(whole(ways))
    is_peeled = peeled(joined)
    matrix = joined.toarray() > 0
    left = matrix[~is_peeled][:, ~is_peeled].sum(axis=1)
    assert ((left >= 2) | (left == 0)).all()


@given(ways_of_sites(), st.randoms(use_true_random=False))
def test_pieces_are_the_connected_parts_the_largest_first(ways, chance):
    joined = ways.neighbours(whole(ways))
    is_in = np.array([chance.random() < 0.7 for _ in ways.is_main])
    found = pieces(joined, is_in)
    expected = parts_of(joined.toarray() > 0, np.flatnonzero(is_in).tolist())
    assert {frozenset(piece) for piece in found} == {frozenset(part) for part in expected}
    assert [len(piece) for piece in found] == sorted(map(len, found), reverse=True)


@given(ways_of_sites())
def test_reached_and_leaving_are_ways_from_and_to_the_main_part(ways):
    matrix = np.eye(len(ways.is_main), dtype=bool) | (ways.forward.toarray() > 0)
    for _ in range(len(matrix)):
        matrix = matrix @ matrix
    main = int(np.argmax(ways.is_main))
    assert (ways.reached() == matrix[main]).all()
    assert (ways.leaving() == matrix[:, main]).all()
