"""The picture of a site."""

import math
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster_core.site import (
    Place,
    PlaceKind,
    RobotMark,
    Site,
    Vertex,
    draw_site,
    legend,
    load_site,
    parse_site,
    robot_label,
)

DEMO = Path(__file__).parents[4] / "config" / "sites" / "small_warehouse.yaml"
TINY = parse_site(
    """
site: tiny
vertices: {a1: [0, 0], a2: [0, 4], b1: [8, 0], b2: [8, 4]}
edges: [[a1, a2, b2, b1], [b1, a1, {one_way: true}]]
places:
  shelf_1: {kind: shelf, at: [3, 2], beside: a2}
  pack_1: {kind: station, vertex: b1}
  charger_1: {kind: charger, vertex: a1}
  parking: {kind: parking, vertex: b2}
""",
    "tiny",
)

GOLDEN = [
    "  ┌──────────────────────────□",
    "  │ ···                      │",
    "  │    ····                  │",
    "  │        ·▤1               │",
    "  │                          │",
    "  │                          │",
    " 1↯────────────←─────────────▣1",
]


def test_tiny_site_looks_as_it_should():
    assert draw_site(TINY, width=32, height=7).lines() == GOLDEN


def test_demo_site_shows_every_place():
    seen = Counter(cell.style for row in draw_site(load_site(DEMO)).rows for cell in row)
    assert {style: seen[style] for style in ("shelf", "station", "charger", "parking")} == {
        "shelf": 24,
        "station": 3,
        "charger": 3,
        "parking": 6,
    }
    assert seen["label"] == 9 + 2 * 15 + 3 + 3 + 6


@given(st.integers(1, 200), st.integers(1, 60))
def test_picture_is_never_larger_than_asked_and_its_rows_are_equally_long(width, height):
    picture = draw_site(TINY, [RobotMark("1", 3.0, 2.0)], width=width, height=height)
    assert 1 <= len(picture.rows) <= height
    assert {len(row) for row in picture.rows} == {len(picture.rows[0])}
    assert 1 <= len(picture.rows[0]) <= width


def test_runs_are_the_rows():
    picture = draw_site(TINY, width=32, height=7)
    text = ["".join(text for text, _ in runs).rstrip() for runs in picture.runs()]
    assert text == picture.lines()


def test_robot_covers_what_is_below_it_with_its_own_style():
    picture = draw_site(TINY, [RobotMark("②", 8.0, 4.0, "fault")])
    faulty = [cell.character for row in picture.rows for cell in row if cell.style == "fault"]
    assert faulty == ["②"]
    assert "□" not in "".join(picture.lines())


@pytest.mark.parametrize(("count", "character"), [(2, "❷"), (3, "❸"), (10, "❿"), (40, "❿")])
def test_robots_that_share_a_cell_are_counted_and_named(count, character):
    robots = [RobotMark(robot_label(i), 0.0, 0.0) for i in range(count)]
    picture = draw_site(TINY, robots)
    assert character in "".join(picture.lines())
    assert picture.crowds == (tuple(robot.label for robot in robots),)


@given(st.lists(st.tuples(st.floats(), st.floats()), max_size=30))
def test_no_robot_vanishes_wherever_it_says_it_is(positions):
    robots = [RobotMark(robot_label(i), x, y) for i, (x, y) in enumerate(positions)]
    picture = draw_site(TINY, robots)
    alone = [cell.character for row in picture.rows for cell in row if cell.style == "robot"]
    crowded = [label for crowd in picture.crowds for label in crowd]
    assert Counter([*alone, *crowded, *picture.unplaced]) == Counter(r.label for r in robots)
    lost = sum(not (math.isfinite(x) and math.isfinite(y)) for x, y in positions)
    assert len(picture.unplaced) == lost


def test_different_places_on_one_cell_are_shown_as_several():
    places = {k.value: Place(k.value, "a", k) for k in (PlaceKind.SHELF, PlaceKind.CHARGER)}
    site = Site(name="s", vertices=(Vertex("a", 0.0, 0.0),), places=places)
    assert "".join(draw_site(site).lines()).strip() == "◈"


def test_robot_label_that_would_break_the_row_is_replaced():
    for label in ("", "\n", "\x1b[31m"):
        assert "?" in "".join(draw_site(TINY, [RobotMark(label, 0.0, 0.0)]).lines())


def test_legend_explains_every_kind_of_place():
    assert {kind.value for kind in PlaceKind} <= {glyph.style for glyph in legend()}
