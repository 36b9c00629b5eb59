"""The picture of a grid, and which sites are grids."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster_core.site import RobotMark, draw_site, parse_site
from muster_core.site.lattice import lattice_of
from muster_core.site.movingai_file import parse_movingai

ROWS = [
    "..........",
    ".S@@S.@@@E",
    ".S@@S.@@@E",
    "..........",
    "....@@@@..",
    "....@@@@..",
    "..........",
]


def grid(rows, cell_m=1.0):
    text = f"type octile\nheight {len(rows)}\nwidth {len(rows[0])}\nmap\n" + "\n".join(rows)
    return parse_movingai(text.encode(), "grid", cell_m=cell_m)


def picture(site, width, height, robots=()):
    return draw_site(site, robots, width=width, height=height).lines()


def test_grid_with_room_has_two_characters_a_cell():
    assert picture(grid(ROWS), 30, 10) == [
        "· · · · · · · · · ·",
        "· ▤ ░░░ ▤ · ░░░░░ ▣",
        "· ▤ ░░░ ▤ · ░░░░░ ▣",
        "· · · · · · · · · ·",
        "· · · · ░░░░░░░ · ·",
        "· · · · ░░░░░░░ · ·",
        "· · · · · · · · · ·",
    ]


@pytest.mark.parametrize("cell_m", [0.3, 1.0, 7.5])
def test_grid_with_less_room_has_one_whatever_its_size_in_metres(cell_m):
    assert picture(grid(ROWS, cell_m), 12, 7) == [
        "··········",
        "·▤░░▤·░░░▣",
        "·▤░░▤·░░░▣",
        "··········",
        "····░░░░··",
        "····░░░░··",
        "··········",
    ]


def test_large_grid_shows_what_most_cells_of_a_block_are():
    assert picture(grid(ROWS), 10, 4) == ["·▤░░▤·░░░▣", "·▤░░▤·░░░▣", "····░░░░··", "··········"]
    assert picture(grid(ROWS), 5, 2) == ["·░·░·", "··░░·"]


def test_robot_stands_on_its_cell_at_every_scale():
    site = grid(ROWS)
    for width, height in ((30, 10), (12, 7), (10, 4), (5, 2), (1, 1)):
        lines = draw_site(site, [RobotMark("R", 0.0, 0.0)], width=width, height=height).lines()
        assert lines[-1][0] == "R"
        lines = draw_site(site, [RobotMark("R", 9.0, 6.0)], width=width, height=height).lines()
        assert lines[0][-1] == "R"


def test_robot_between_two_cells_is_drawn_between_them():
    lines = picture(grid(ROWS), 30, 10, [RobotMark("R", 0.5, 6.0)])
    assert lines[0].startswith("·R· ·")


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 30))
def test_picture_of_a_grid_is_never_larger_than_asked(width, height):
    rows = draw_site(grid(ROWS), width=width, height=height).rows
    assert 1 <= len(rows) <= height
    assert {len(row) for row in rows} == {len(rows[0])}
    assert len(rows[0]) <= width


def test_grid_is_known_by_its_vertices():
    lattice = lattice_of(grid(ROWS, 2.0))
    assert (lattice.rows, lattice.columns, lattice.cell_m) == (7, 10, 2.0)
    assert (lattice.west, lattice.north) == (0.0, 12.0)
    site = grid(ROWS, 2.0)
    assert lattice.cells[site.vertex_index("r3c5")].tolist() == [3, 5]


def test_site_that_stands_on_no_grid_is_none():
    few = parse_site("site: s\nvertices: {a: [0, 0], b: [1, 0]}\nedges: [[a, b]]", "s")
    assert lattice_of(few) is None
    names = [f"v{i}" for i in range(60)]
    askew = "".join(f"  {name}: [{i}, {i * i / 7}]\n" for i, name in enumerate(names))
    text = f"site: s\nvertices:\n{askew}edges: [[{', '.join(names)}]]"
    assert lattice_of(parse_site(text, "s")) is None
