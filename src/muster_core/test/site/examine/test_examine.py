"""What is found wrong with sites, one test a finding; and nothing with good ones."""

import time
from pathlib import Path

import pytest

from muster_core.site import (
    Edge,
    FindingKind,
    Gravity,
    Place,
    PlaceKind,
    Site,
    Vertex,
    ZoneLimits,
    examine,
    load_site,
    parse_site,
)

DEMO = Path(__file__).parents[5] / "config" / "sites" / "small_warehouse.yaml"
SQUARE = """
vertices: {a: [0, 0], b: [4, 0], c: [4, 4], d: [0, 4], e: [8, 0], f: [12, 0], g: [16, 0]}
edges: [[a, b, c, d, a], %s]
places: {charger: {kind: charger, vertex: a}, parking: {kind: parking, vertex: c}, %s}
zones: {%s}
"""


def square(edges="", places="", zones=""):
    """A ring of a, b, c, d, from which e, f and g can be reached if edges say so."""
    return parse_site("site: s" + SQUARE % (edges, places, zones), "square")


def found(site, kind, **options):
    return [finding for finding in examine(site, **options) if finding.kind is kind]


def only(site, kind, **options):
    (finding,) = found(site, kind, **options)
    return finding


def test_nothing_is_wrong_with_a_ring_that_has_what_fleets_need():
    text = "site: s\nvertices: {a: [0, 0], b: [4, 0], c: [4, 4]}\nedges: [[a, b, c, a]]\nplaces: "
    places = "{charger: {kind: charger, vertex: a}, parking: {kind: parking, vertex: b}}"
    assert examine(parse_site(text + places, "ring")) == ()


def test_demo_site_has_no_faults_and_no_warnings():
    findings = examine(load_site(DEMO), robot_m=1.0)
    assert {finding.gravity for finding in findings} <= {Gravity.NOTE}


def test_place_that_cannot_be_reached_is_a_fault():
    finding = only(square(places="shelf: {kind: shelf, vertex: e}"), FindingKind.CUT_OFF)
    assert finding.gravity is Gravity.FAULT
    assert finding.vertices == ("e", "f", "g")
    assert finding.sentence == (
        "3 vertices (e, f, g) with the place shelf cannot be reached from the rest of the site; "
        "add an edge, or leave them out"
    )


def test_vertices_that_nobody_can_reach_are_a_warning_without_a_place():
    assert only(square(), FindingKind.CUT_OFF).gravity is Gravity.WARNING
    way_out = only(square("[e, b, {one_way: true}], [f, g]"), FindingKind.NO_WAY_IN)
    assert (way_out.vertices, way_out.gravity) == (("e",), Gravity.WARNING)
    assert "1 vertex (e) can be left but not reached; open a way in" in way_out.sentence


def test_one_way_trap_is_a_fault_with_or_without_a_place():
    site = square("[b, e, {one_way: true}], [e, f, g]", "shelf: {kind: shelf, vertex: f}")
    trap = only(site, FindingKind.TRAP)
    assert (trap.vertices, trap.gravity) == (("e", "f", "g"), Gravity.FAULT)
    assert "with the place shelf can be entered but not left: a robot that drives" in trap.sentence
    assert only(square("[b, e, {one_way: true}]"), FindingKind.TRAP).gravity is Gravity.FAULT


def test_zone_can_make_a_trap():
    edges = "[b, e, f, g]"
    assert not found(square(edges), FindingKind.TRAP)
    trap = only(square(edges, zones="z: {vertices: [f], one_way: east}"), FindingKind.TRAP)
    assert trap.vertices == ("f", "g")


def test_dead_end_of_several_vertices_traps_robots():
    finding = only(square("[b, e, f, g]"), FindingKind.DEAD_END)
    assert (finding.vertices, finding.gravity) == (("e", "f", "g"), Gravity.WARNING)
    assert "3 vertices are a dead end (e, f, g): a robot there is trapped by" in finding.sentence
    assert "robots_max 1" in finding.sentence


@pytest.mark.parametrize(
    ("zone", "is_found"),
    [
        ("z: {vertices: [e, f, g], robots_max: 1}", False),
        ("z: {vertices: [b, e, f, g], robots_max: 1}", False),
        ("z: {vertices: [e, f, g], robots_max: 2}", True),
        ("z: {vertices: [f, g], robots_max: 1}", True),
    ],
)
def test_dead_end_that_lets_in_one_robot_at_a_time_is_none(zone, is_found):
    assert bool(found(square("[b, e, f, g]", zones=zone), FindingKind.DEAD_END)) is is_found


def test_dead_ends_beyond_a_bound_share_one_sentence():
    names = [f"{side}{i}" for i in range(15) for side in "pq"]
    vertices = {"a": (0, 0), "b": (1, 0), "c": (1, 1), **{n: (9, i) for i, n in enumerate(names)}}
    pairs = [("a", "b"), ("b", "c"), ("c", "a")]
    pairs += [pair for i in range(15) for pair in (("a", f"p{i}"), (f"p{i}", f"q{i}"))]
    site = Site(
        name="s",
        vertices=tuple(Vertex(name, float(x), float(y)) for name, (x, y) in vertices.items()),
        edges=tuple(Edge(*ends, 20.0) for a, b in pairs for ends in ((a, b), (b, a))),
    )
    ends = found(site, FindingKind.DEAD_END)
    assert len(ends) == 11
    assert ends[-1].sentence == "5 more dead ends can trap robots in the same way"
    assert len(ends[-1].vertices) == 10


def test_site_without_a_ring_is_one_warning():
    text = "site: s\nvertices: {a: [0, 0], b: [1, 0], c: [2, 0], d: [3, 0]}\nedges: [[a, b, c, d]]"
    finding = only(parse_site(text, "line"), FindingKind.DEAD_END)
    assert "no two ways lead to any of the site's 4 vertices" in finding.sentence


def test_bays_are_a_note_that_counts_them():
    finding = only(square("[b, e], [c, f]"), FindingKind.BAY)
    assert (finding.vertices, finding.gravity) == (("e", "f"), Gravity.NOTE)
    assert "2 vertices are bays (e, f)" in finding.sentence


def test_vertex_that_alone_joins_two_rings_is_a_warning():
    finding = only(square("[b, e, f, b]"), FindingKind.NOT_BICONNECTED)
    assert (finding.vertices, finding.gravity) == (("b",), Gravity.WARNING)
    assert "1 vertex holds parts of the site together alone: b (cuts off 2)" in finding.sentence
    assert not found(square("[b, e, f, c]"), FindingKind.NOT_BICONNECTED)


def test_places_on_one_vertex_are_a_warning():
    places = "shelf_1: {kind: shelf, vertex: b}, shelf_2: {kind: shelf, vertex: b}"
    finding = only(square(places=places), FindingKind.SHARED_VERTEX)
    assert (finding.vertices, finding.gravity) == (("b",), Gravity.WARNING)
    assert "the places shelf_1, shelf_2 are all on vertex b" in finding.sentence


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bin", "bin"),
        ("bin_1", "bin-1"),
        ("bin 1", "bin_01"),
        ("bin_007", "bin_7"),
        ("\u2170", "i"),
    ],
)
def test_names_that_are_easily_confused_are_a_warning(one, other):
    places = "".join(f'"{name}": {{kind: shelf, vertex: b}}, ' for name in (one, other))
    finding = only(square(places=places), FindingKind.NAMES_ALIKE)
    assert finding.gravity is Gravity.WARNING
    assert one in finding.sentence and other in finding.sentence


@pytest.mark.parametrize(
    ("one", "other"), [("bin_1", "bin_11"), ("bin_10", "bin_1"), ("bin_100", "bin_10"), ("i", "l")]
)
def test_names_that_differ_are_not_confused(one, other):
    places = "".join(f"{name}: {{kind: shelf, vertex: b}}, " for name in (one, other))
    assert not found(square(places=places), FindingKind.NAMES_ALIKE)


def test_vertices_of_like_names_are_found_too():
    vertices = (Vertex("a1", 0.0, 0.0), Vertex("A1", 4.0, 0.0))
    finding = only(Site(name="s", vertices=vertices), FindingKind.NAMES_ALIKE)
    assert "the vertices A1, a1 have names" in finding.sentence


def test_place_named_like_a_vertex_elsewhere_is_a_warning():
    finding = only(square(places="d: {kind: shelf, vertex: b}"), FindingKind.NAMES_ALIKE)
    assert "place d is on vertex b, but there is a vertex d too" in finding.sentence
    assert finding.vertices == ("b", "d")
    assert not found(square(places="d: {kind: shelf, vertex: d}"), FindingKind.NAMES_ALIKE)


def test_vertices_on_one_point_are_a_fault_and_too_close_ones_a_warning():
    vertices = (Vertex("a", 0.0, 0.0), Vertex("b", 0.0, 0.0), Vertex("c", 0.6, 0.0))
    site = Site(name="s", vertices=vertices)
    finding = only(site, FindingKind.TOO_CLOSE)
    assert (finding.vertices, finding.gravity) == (("a", "b"), Gravity.FAULT)
    assert "a and b (0.00 m); move or merge them" in finding.sentence
    assert only(site, FindingKind.TOO_CLOSE, robot_m=0.7).vertices == ("a", "b", "c")
    apart = Site(name="s", vertices=vertices[1:])
    assert not found(apart, FindingKind.TOO_CLOSE, robot_m=0.5)
    near = only(apart, FindingKind.TOO_CLOSE, robot_m=0.7)
    assert near.gravity is Gravity.WARNING
    assert "2 vertices stand closer than 0.7 m to another" in near.sentence


def test_close_vertices_that_share_a_zone_for_one_robot_are_fine():
    zone = "z: {vertices: [a, b], robots_max: 1}"
    text = "site: s\nvertices: {a: [0, 0], b: [0, 0]}\nzones: {%s}"
    assert not found(parse_site(text % zone, "s"), FindingKind.TOO_CLOSE)
    assert found(parse_site(text % zone.replace("1", "2"), "s"), FindingKind.TOO_CLOSE)


def test_edge_shorter_than_the_straight_line_contradicts_its_ends():
    finding = only(square("[a, c, {length_m: 2.0}]"), FindingKind.TOO_SHORT)
    assert finding.gravity is Gravity.WARNING
    assert "2 edges are shorter than the straight line" in finding.sentence
    assert "a -> c (2.00 m for 5.66 m)" in finding.sentence
    assert not found(square("[a, c, {length_m: 9.0}]"), FindingKind.TOO_SHORT)


def test_kinds_of_place_that_fleets_need_are_missed():
    site = Site(name="s", vertices=(Vertex("a", 0.0, 0.0),))
    missing = found(site, FindingKind.MISSING_KIND)
    assert [finding.sentence.split(":")[0] for finding in missing] == [
        "the site has no charger",
        "the site has no parking",
    ]


def test_places_in_a_closed_zone_are_a_note_and_nothing_else():
    zones = "z: {vertices: [e, f, g]}"
    site = square("[b, e, f, g]", "shelf: {kind: shelf, vertex: f}", zones)
    findings = examine(site.with_limits("z", ZoneLimits(is_closed=True)))
    assert [finding.kind for finding in findings] == [FindingKind.CLOSED]
    assert findings[0].gravity is Gravity.NOTE
    assert "zone z is closed, and with it the place shelf" in findings[0].sentence


def test_worst_comes_first_and_every_sentence_is_one():
    vertices = (Vertex("a", 0.0, 0.0), Vertex("A", 0.0, 0.0), Vertex("b", 9.0, 0.0))
    places = {name: Place(name, "b", PlaceKind.SHELF) for name in ("p", "q")}
    findings = examine(Site(name="s", vertices=vertices, places=places))
    order = [list(Gravity).index(finding.gravity) for finding in findings]
    assert order == sorted(order) and len(set(order)) == 3
    for finding in findings:
        assert "\n" not in finding.sentence and not finding.sentence.endswith(".")
        assert len(finding.sentence) < 500


def test_site_of_one_vertex_can_be_examined():
    assert found(Site(name="s", vertices=(Vertex("a", 0.0, 0.0),)), FindingKind.CUT_OFF) == []


def test_grid_of_70_000_cells_is_examined_in_seconds(tmp_path):
    path = tmp_path / "large.map"
    path.write_bytes(b"type octile\nheight 140\nwidth 500\nmap\n" + (b"." * 500 + b"\n") * 140)
    site = load_site(path)
    begun_s = time.process_time()
    findings = examine(site, robot_m=0.9)
    assert time.process_time() - begun_s < 5.0
    assert {finding.kind for finding in findings} == {FindingKind.MISSING_KIND}
