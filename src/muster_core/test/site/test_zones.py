"""Zones: how files say them, what they leave of a site, and how they change."""

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster_core.errors import SiteError
from muster_core.site import (
    Edge,
    Place,
    PlaceKind,
    Routes,
    Site,
    Vertex,
    Zone,
    ZoneLimits,
    parse_site,
)
from muster_core.site.yaml_zones import points_within

# A ring, driven both ways: a (0, 0), b (2, 0), c (2, 2), d (0, 2).
RING = """
site: ring
vertices: {a: [0, 0], b: [2, 0], c: [2, 2], d: [0, 2]}
edges: [[a, b, c, d, a]]
places: {p: {kind: shelf, vertex: b}}
"""


def ring(zones=""):
    return parse_site(RING + (f"zones: {zones}" if zones else ""), "ring")


def opened(site):
    return {(edge.start, edge.end) for edge in site.open_edges()}


def test_every_limit_of_a_file_is_kept():
    site = ring("{z: {vertices: [b, a], robots_max: 2, speed_mps: 0.5, one_way: 90, closed: true}}")
    limits = ZoneLimits(robots_max=2, speed_mps_max=0.5, one_way_deg=90.0, is_closed=True)
    assert site.zone("z") == Zone("z", ("a", "b"), limits)
    assert site.zones_of("a") == (site.zone("z"),)
    assert site.zones_of("c") == ()


@pytest.mark.parametrize(
    ("members", "vertices"),
    [
        ("polygon: [[-1, -1], [3, -1], [3, 1], [-1, 1]]", "ab"),
        ("polygon: [[0, 0], [0, 2], [2, 2]]", "acd"),  # borders and corners are within
        ("polygon: [[1.9, 0.1], [2, 0], [1.9, -0.1]]", "b"),
    ],
)
def test_polygon_means_the_vertices_within(members, vertices):
    assert ring(f"{{z: {{{members}}}}}").zone("z").vertices == tuple(vertices)


def test_rows_and_columns_mean_cells_of_a_grid():
    names = [f"r{r}c{c}" for r, c in product(range(3), range(12))]
    vertices = "".join(f"  {n}: [{i}, 0]\n" for i, n in enumerate([*names, "other", "r1"]))
    text = f"site: g\nvertices:\n{vertices}zones:\n"
    site = parse_site(
        text + "  a: {rows: [1, 2], columns: [9, 10]}\n  b: {columns: [11, 99]}\n", "g"
    )
    assert site.zone("a").vertices == ("r1c9", "r1c10", "r2c9", "r2c10")
    assert site.zone("b").vertices == ("r0c11", "r1c11", "r2c11")


@pytest.mark.parametrize(
    ("zones", "sentence"),
    [
        ("[]", "zones is []; write one 'name: ...' a line"),
        ("{z: a}", "zones.z is 'a'; write a mapping with vertices, polygon"),
        ("{z: {}}", "zones.z needs either 'vertices', or 'polygon', or 'rows' and 'columns'"),
        ("{z: {vertices: [a], rows: [0, 1]}}", "zones.z needs either 'vertices', or"),
        ("{z: {vertices: []}}", "zones.z has no vertex; name those"),
        ("{z: {vertices: a}}", "zones.z: vertices is 'a'; write a list"),
        ("{z: {vertices: [1]}}", "zones.z: vertices is 1; write text"),
        ("{z: {vertices: [A]}}", "zones.z: 'A' is not a vertex; did you mean 'a'?"),
        ("{z: {vertices: [a], color: red}}", "'color' is not a key; use vertices"),
        ("{z: {vertices: [a], robots_max: 0}}", "robots_max is 0; it must be 1 or more"),
        ("{z: {vertices: [a], robots_max: 1.5}}", "robots_max is 1.5; write a whole number"),
        ("{z: {vertices: [a], robots_max: true}}", "robots_max is True; write a whole number"),
        ("{z: {vertices: [a], speed_mps: 0}}", "zones.z: speed_mps is 0.0; it must lie between"),
        ("{z: {vertices: [a], one_way: up}}", "one_way is 'up'; use east, north, west, south"),
        ("{z: {vertices: [a], one_way: 360}}", "one_way is 360.0 degrees; it must be at least 0"),
        ("{z: {vertices: [a], one_way: .nan}}", "one_way is nan degrees; it must be at least 0"),
        ("{z: {vertices: [a], closed: 1}}", "closed is 1; use true or false"),
        ("{z: {polygon: [[0, 0], [1, 1]]}}", "polygon has 2 corners; it needs at least 3"),
        ("{z: {polygon: [[0, 0], [1, 1], 2]}}", "polygon has 2; write corners as [x, y] in m"),
        ("{z: {polygon: [[.nan, 0], [1, 0], [0, 1]]}}", "zones.z: polygon is nan; it must lie"),
        ("{z: {polygon: [[.inf, 0], [1, 0], [0, 1]]}}", "zones.z: polygon is inf; it must lie"),
        ("{z: {polygon: [[9, 9], [8, 9], [9, 8]]}}", "zones.z: no vertex lies there"),
        ("{z: {rows: [0, 1]}}", "no vertex lies there; its rows mean nothing"),
        ("{z: {rows: [1, 0]}}", "rows is [1, 0]; write [first, last], counted from 0"),
        ("{z: {rows: 3}}", "rows is 3; write [first, last]"),
    ],
)
def test_wrong_zone_is_one_sentence(zones, sentence):
    with pytest.raises(SiteError) as caught:
        ring(zones)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_too_many_corners_are_refused_before_they_are_compared():
    corners = ", ".join("[0, 0]" for _ in range(501))
    with pytest.raises(SiteError, match="the corners of zones has 501 entries; at most 500"):
        ring(f"{{z: {{polygon: [{corners}]}}}}")


def test_zone_without_limits_leaves_everything_open():
    site = ring("{z: {vertices: [a], robots_max: 1}}")
    assert site.open_edges() == site.edges


def test_closed_zone_is_not_entered_but_may_be_left():
    site = ring("{z: {vertices: [b, c], closed: true}}")
    assert ("a", "b") not in opened(site) and ("d", "c") not in opened(site)
    assert {("b", "a"), ("c", "d"), ("b", "c"), ("c", "b")} <= opened(site)
    routes = Routes(site)
    assert routes.travel_time_s("c", "a") == 4.0
    assert routes.path("d", "a") == ("d", "a")
    assert math.isinf(routes.travel_time_s("a", "b"))
    assert site.is_closed("b") and not site.is_closed("a")


def test_nobody_is_sent_within_a_closed_zone_but_who_is_there_is_there():
    routes = Routes(ring("{z: {vertices: [b, c], closed: true}}"))
    assert math.isinf(routes.travel_time_s("c", "b"))
    assert routes.travel_time_s("b", "b") == 0.0
    assert routes.path("b", "b") == ("b",)
    with pytest.raises(SiteError, match="no way from 'c' to 'b'"):
        routes.path("c", "b")
    assert (
        routes.unreachable_reason("p") == "place 'p' (vertex 'b') is in zone 'z', which is closed"
    )


def test_larger_closed_part_is_not_the_main_part():
    routes = Routes(ring("{z: {vertices: [b, c, d], closed: true}}"))
    assert [routes.is_main(name) for name in "abcd"] == [True, False, False, False]


def test_speed_of_a_zone_holds_on_edges_that_touch_it():
    site = ring("{z: {vertices: [a], speed_mps: 0.5}, y: {vertices: [a, b], speed_mps: 0.8}}")
    speeds = {(edge.start, edge.end): edge.speed_mps_max for edge in site.open_edges()}
    assert speeds["d", "a"] == speeds["a", "b"] == 0.5
    assert speeds["b", "c"] == 0.8
    assert speeds["c", "d"] is None
    assert Routes(site).travel_time_s("c", "d") == 2.0
    assert Routes(site).travel_time_s("d", "a") == 4.0


def test_speed_of_a_zone_never_raises_that_of_an_edge():
    text = RING.replace("[[a, b, c, d, a]]", "[[a, b, {speed_mps: 0.25}], [b, c, d, a]]")
    site = parse_site(text + "zones: {z: {vertices: [a], speed_mps: 0.5}}", "ring")
    assert Routes(site).travel_time_s("a", "b") == 8.0


def test_one_way_zone_is_not_driven_against_its_direction_and_is_crossed_freely():
    site = ring("{z: {vertices: [a, b], one_way: east}}")
    assert ("b", "a") not in opened(site)
    assert {("a", "b"), ("b", "c"), ("c", "b"), ("d", "a"), ("a", "d")} <= opened(site)
    assert Routes(site).path("b", "a") == ("b", "c", "d", "a")


@given(
    st.lists(
        st.builds(
            ZoneLimits,
            speed_mps_max=st.none() | st.floats(0.1, 3.0),
            one_way_deg=st.none() | st.sampled_from([0.0, 45.0, 90.0, 200.0]),
            is_closed=st.booleans(),
        ),
        max_size=3,
    ),
    st.randoms(use_true_random=False),
)
def test_access_is_what_each_edge_by_itself_would_be_left(limits, chance):
    names = [f"r{r}c{c}" for r, c in product(range(4), range(4))]
    at = {name: (float(i % 4), float(i // 4)) for i, name in enumerate(names)}
    pairs = [(a, b) for a, b in product(names, names) if a != b and chance.random() < 0.2]
    zones = [Zone(f"z{i}", tuple(chance.sample(names, 5)), each) for i, each in enumerate(limits)]
    site = Site(
        name="s",
        vertices=tuple(Vertex(name, *point) for name, point in at.items()),
        edges=tuple(Edge(a, b, math.dist(at[a], at[b])) for a, b in pairs),
        zones={zone.name: zone for zone in zones},
    )
    closed = {name for zone in zones if zone.limits.is_closed for name in zone.vertices}
    expected = {}
    for a, b in pairs:
        touching = [zone.limits for zone in zones if {a, b} & set(zone.vertices)]
        heading = math.atan2(at[b][1] - at[a][1], at[b][0] - at[a][0])
        against = any(
            limit.one_way_deg is not None
            and math.cos(heading - math.radians(limit.one_way_deg)) < -0.01
            for limit in touching
        )
        if not against and not (b in closed and a not in closed):
            speeds = [z.speed_mps_max for z in touching if z.speed_mps_max is not None]
            expected[a, b] = min(speeds, default=None)
    found = {(edge.start, edge.end): edge.speed_mps_max for edge in site.open_edges()}
    assert found == expected


def test_changed_limits_keep_the_site_and_its_digest_but_not_its_equality():
    site = ring("{z: {vertices: [b], robots_max: 1}}")
    closed = site.with_limits("z", ZoneLimits(is_closed=True))
    assert closed.digest == site.digest and closed != site
    assert closed.edges is site.edges and closed.vertices is site.vertices
    assert closed.is_closed("b") and not site.is_closed("b")
    assert closed.with_limits("z", ZoneLimits(robots_max=1)) == site
    with pytest.raises(SiteError, match="no zone 'y'"):
        site.with_limits("y", ZoneLimits())
    with pytest.raises(SiteError, match=r"zones.z: robots_max is -1"):
        site.with_limits("z", ZoneLimits(robots_max=-1))


def test_zones_can_be_added_while_running():
    site = ring().with_zones(Zone("z", ("c", "b", "c"), ZoneLimits(is_closed=True)))
    assert site.zone("z").vertices == ("b", "c")
    assert site.digest == ring().digest
    with pytest.raises(SiteError, match=r"zones.y: vertices: 'q' is not a vertex"):
        site.with_zones(Zone("y", ("q",)))


def test_digest_counts_zones_as_they_were_first_given():
    plain, zoned = ring(), ring("{z: {vertices: [b]}}")
    assert plain.digest != zoned.digest
    assert zoned.digest != ring("{z: {vertices: [b], robots_max: 1}}").digest
    assert zoned.digest != ring("{z: {vertices: [c]}}").digest
    assert zoned == ring("{z: {vertices: [b, b]}}")


def test_zone_filed_under_another_name_is_refused():
    vertices = (Vertex("a", 0.0, 0.0),)
    with pytest.raises(SiteError, match="filed under another name"):
        Site(name="s", vertices=vertices, zones={"y": Zone("z", ("a",))})


def test_arrays_are_the_edges_in_their_order_and_cannot_be_written():
    site = ring()
    arrays = site.edge_arrays
    for i, edge in enumerate(site.edges):
        assert site.vertices[arrays.starts[i]].name == edge.start
        assert site.vertices[arrays.ends[i]].name == edge.end
        assert arrays.lengths_m[i] == edge.length_m
    assert np.isinf(arrays.speeds_mps).all()
    for array in (arrays.starts, site.access.is_open, site.positions_m):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=20))
def test_points_within_a_square_are_those_between_its_sides(points):
    square = np.array([[2.0, 2.0], [6.0, 2.0], [6.0, 6.0], [2.0, 6.0]])
    found = points_within(np.array(points, dtype=float), square)
    assert found.tolist() == [2 <= x <= 6 and 2 <= y <= 6 for x, y in points]


def test_place_in_a_reopened_zone_is_reachable_again():
    site = ring("{z: {vertices: [b], closed: true}}")
    opened_site = site.with_limits("z", ZoneLimits())
    assert Routes(opened_site).unreachable_reason("p") is None
    assert replace(site, zones={}).place("p") == Place("p", "b", PlaceKind.SHELF)
