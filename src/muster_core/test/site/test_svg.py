"""Sites as SVG: that it is well-formed, says everything, and marks what was found."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from muster_core.site import (
    Finding,
    FindingKind,
    Gravity,
    Place,
    PlaceKind,
    Site,
    Vertex,
    Zone,
    ZoneLimits,
    draw_svg,
    examine,
    load_site,
    parse_site,
    zone_words,
)
from muster_core.site.movingai_file import parse_movingai

DEMO = Path(__file__).parents[4] / "config" / "sites" / "small_warehouse.yaml"
TINY = """
site: tiny
vertices: {a: [0, 0], b: [4, 0], c: [4, 4], d: [8, 0]}
edges: [[a, b], [b, c, {one_way: true}], [c, a, {speed_mps: 0.5}], [b, d]]
places: {p: {kind: shelf, at: [0, 3], beside: a}}
"""
GRID = b"type octile\nheight 10\nwidth 10\nmap\n" + b"....@@...E\n" * 10


def drawn(site, findings=()):
    """The drawing, parsed; its words and its paths."""
    document = ElementTree.fromstring(draw_svg(site, findings=findings))
    words = [element.text for element in document.iter() if element.tag.endswith("text")]
    paths = [element for element in document.iter() if element.tag.endswith("path")]
    return document, words, paths


def lines_of(paths, stroke):
    """How many lines of the drawing have that colour; those of the legend are h, not L."""
    return sum(path.get("d").count("L") for path in paths if path.get("stroke") == stroke)


def test_graph_shows_each_way_once_and_every_name():
    _, words, paths = drawn(parse_site(TINY, "tiny"))
    assert {"tiny", "a", "b", "c", "d", "p", "shelf (1)", "one way", "slow"} <= set(words)
    assert lines_of(paths, "#a3aebb") == 4  # p - a, a - b, b - c, b - d
    assert lines_of(paths, "#c77700") == 1  # a - c


def test_demo_site_shows_all_its_places_and_nothing_is_marked():
    site = load_site(DEMO)
    _, words, paths = drawn(site, examine(site))
    assert set(site.places) <= set(words)
    assert not [path for path in paths if path.get("stroke") == "#d62839"]


def test_grid_is_drawn_by_runs_of_cells():
    _, words, paths = drawn(parse_movingai(GRID, "grid"))
    floor = next(path for path in paths if path.get("fill") == "#ffffff")
    assert floor.get("d").count("M") == 2 * 10
    assert {"grid", "station (10)", "blocked"} <= set(words)
    places = next(path for path in paths if path.get("fill") == "#2f9e6e")
    assert places.get("d").count("M") == 10


def test_zones_are_named_with_their_limits_and_what_they_shut_is_shown():
    zones = """
zones:
  slow: {vertices: [a, b], speed_mps: 0.3, robots_max: 1}
  shut: {vertices: [d], closed: true}
"""
    _, words, paths = drawn(parse_site(TINY + zones, "tiny"))
    assert {"slow: 1 robot at once, 0.3 m/s", "shut: closed"} <= set(words)
    assert lines_of(paths, "#d9a0a0") == 0  # d is left, so its line leads out


def test_way_that_no_direction_is_left_of_is_dashed():
    text = TINY.replace("[b, d]", "[b, d, {one_way: true}]")
    _, words, paths = drawn(
        parse_site(text + "zones: {shut: {vertices: [d], closed: true}}", "tiny")
    )
    assert lines_of(paths, "#d9a0a0") == 1
    assert "not open" in words


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (ZoneLimits(), "z"),
        (ZoneLimits(is_closed=True, robots_max=2), "z: closed, 2 robots at once"),
        (ZoneLimits(one_way_deg=90.0), "z: one way north"),
        (ZoneLimits(one_way_deg=45.0), "z: one way 45°"),
        (ZoneLimits(speed_mps_max=0.25), "z: 0.25 m/s"),
    ],
)
def test_words_of_a_zone_say_its_limits(limits, words):
    assert zone_words(Zone("z", ("a",), limits)) == words


def test_faults_and_warnings_are_marked_and_notes_are_not():
    site = parse_site(TINY, "tiny")
    findings = [
        Finding(FindingKind.TRAP, Gravity.FAULT, "", ("a", "b")),
        Finding(FindingKind.DEAD_END, Gravity.WARNING, "", ("c",)),
        Finding(FindingKind.BAY, Gravity.NOTE, "", ("d",)),
    ]
    _, words, paths = drawn(site, findings)
    rings = {
        path.get("stroke-dasharray"): path.get("d").count("M")
        for path in paths
        if path.get("stroke") == "#d62839" and path.get("d").count("a9 9")
    }
    assert rings == {"none": 2, "3 2": 1}
    assert {"fault (1)", "warning (1)"} <= set(words)


def test_names_cannot_break_the_document():
    name = "<a> & \"b\" 'c'"
    vertices = (Vertex(name, 0.0, 0.0), Vertex("b", 5.0, 0.0))
    places = {name: Place(name, name, PlaceKind.SHELF)}
    _, words, _ = drawn(Site(name=name, vertices=vertices, places=places))
    assert name in words


@pytest.mark.parametrize(
    "points", [[(0, 0)], [(0, 0), (0, 9)], [(0, 0), (9, 0)], [(5e5, 5e6), (5e5 + 1e4, 5e6)]]
)
def test_every_point_is_on_the_page(points):
    site = Site(
        name="s",
        vertices=tuple(Vertex(f"v{i}", float(x), float(y)) for i, (x, y) in enumerate(points)),
    )
    document, _, paths = drawn(site)
    _, _, width, height = map(float, document.get("viewBox").split())
    dots = [path.get("d") for path in paths if path.get("fill") == "#66727f"]
    for x, y in re.findall(r"M(-?[\d.]+) (-?[\d.]+)a", "".join(dots)):
        assert 0 <= float(x) <= width and 0 <= float(y) <= height
