"""Routes against an oracle that tries everything."""

import math
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster_core.errors import SiteError
from muster_core.site import Edge, Place, PlaceKind, Routes, Site, Vertex


def site_of(count, edges, speed_mps=1.0):
    vertices = tuple(Vertex(f"v{i}", float(i), 0.0) for i in range(count))
    places = {f"p{i}": Place(f"p{i}", f"v{i}", PlaceKind.SHELF) for i in range(count)}
    return Site(name="s", speed_mps=speed_mps, vertices=vertices, edges=edges, places=places)


@st.composite
def sites(draw):
    count = draw(st.integers(1, 7))
    pairs = [(a, b) for a, b in product(range(count), repeat=2) if a != b]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    length = st.one_of(st.integers(1, 3).map(float), st.floats(0.001, 1000.0))
    speed = st.one_of(st.none(), st.floats(0.1, 5.0))
    edges = tuple(Edge(f"v{a}", f"v{b}", draw(length), draw(speed)) for a, b in chosen)
    return site_of(count, edges, draw(st.floats(0.1, 3.0)))


def edge_time_s(site, edge):
    return edge.length_m / min(site.speed_mps, edge.speed_mps_max or math.inf)


def oracle_times_s(site):
    """Floyd and Warshall (1962): float [start, end]."""
    count = len(site.vertices)
    times_s = np.full((count, count), math.inf)
    np.fill_diagonal(times_s, 0.0)
    for edge in site.edges:
        at = site.vertex_index(edge.start), site.vertex_index(edge.end)
        times_s[at] = edge_time_s(site, edge)
    for via in range(count):
        times_s = np.minimum(times_s, times_s[:, [via]] + times_s[[via], :])
    return times_s


@given(sites())
def test_travel_times_are_those_of_brute_force(site):
    expected_s, routes = oracle_times_s(site), Routes(site)
    for vertex in site.vertices:
        times_s = routes.travel_times_to(vertex.name)
        assert times_s.dtype == np.float32
        column = expected_s[:, site.vertex_index(vertex.name)]
        np.testing.assert_allclose(times_s, column, rtol=1e-6, atol=1e-5)


@given(sites())
def test_path_is_a_way_that_takes_the_travel_time(site):
    routes = Routes(site)
    edges = {(edge.start, edge.end): edge for edge in site.edges}
    for start, end in product((vertex.name for vertex in site.vertices), repeat=2):
        time_s = routes.travel_time_s(start, end)
        if math.isinf(time_s):
            with pytest.raises(SiteError, match=f"no way from '{start}' to '{end}'"):
                routes.path(start, end)
            continue
        path = routes.path(start, end)
        assert (path[0], path[-1]) == (start, end)
        assert len(set(path)) == len(path)
        driven_s = sum(edge_time_s(site, edges[pair]) for pair in pairwise(path))
        assert driven_s == pytest.approx(time_s, rel=1e-6, abs=1e-5)


@given(sites())
def test_main_part_is_a_largest_set_where_all_reach_all(site):
    is_way = np.isfinite(oracle_times_s(site))
    routes = Routes(site)
    is_mutual = is_way & is_way.T
    main = [routes.is_main(vertex.name) for vertex in site.vertices]
    largest = int(is_mutual.sum(axis=1).max())
    assert sum(main) == largest
    assert is_mutual[np.ix_(main, main)].all()
    for place, belongs in zip(site.places.values(), main, strict=True):
        assert (routes.unreachable_reason(place.name) is None) == belongs


@given(st.permutations(range(8)))
def test_equal_ways_are_told_apart_by_name_whatever_the_order(order):
    pairs = [("v0", f"v{i}") for i in (1, 2, 3)] + [(f"v{i}", "v4") for i in (1, 2, 3)]
    edges = [Edge(a, b, 0.1 if a == "v0" else 0.2) for a, b in [*pairs, ("v4", "v0"), ("v1", "v0")]]
    routes = Routes(site_of(5, tuple(edges[i] for i in order)))
    assert routes.path("v0", "v4") == ("v0", "v1", "v4")


def test_ways_equal_but_for_rounding_are_equal():
    edges = (
        Edge("v0", "v2", 0.1),
        Edge("v2", "v3", 0.7),
        Edge("v0", "v1", 0.3),
        Edge("v1", "v3", 0.5),
    )
    assert 0.1 + 0.7 < 0.3 + 0.5 + 1e-9
    assert Routes(site_of(4, edges)).path("v0", "v3") == ("v0", "v1", "v3")


def test_places_outside_the_main_part_say_why():
    ring = (Edge("v0", "v1", 1.0), Edge("v1", "v0", 1.0))
    routes = Routes(site_of(5, (*ring, Edge("v0", "v2", 1.0), Edge("v3", "v0", 1.0))))
    assert routes.unreachable_reason("p0") is None
    assert "can be reached but not left" in routes.unreachable_reason("p2")
    assert "can be left but not reached" in routes.unreachable_reason("p3")
    assert "cannot be reached from the rest" in routes.unreachable_reason("p4")
    with pytest.raises(SiteError, match="has no place 'q'"):
        routes.unreachable_reason("q")


def test_cache_is_bounded_and_forgets_the_one_asked_longest_ago():
    routes = Routes(site_of(3, (Edge("v0", "v1", 1.0),)), cached_max=2)
    first = routes.travel_times_to("v0")
    second = routes.travel_times_to("v1")
    assert routes.travel_times_to("v0") is first
    routes.travel_times_to("v2")
    assert routes.travel_times_to("v0") is first
    assert routes.travel_times_to("v1") is not second


def test_shared_travel_times_cannot_be_written():
    times_s = Routes(site_of(2, ())).travel_times_to("v0")
    with pytest.raises(ValueError, match="read-only"):
        times_s[0] = 1.0
