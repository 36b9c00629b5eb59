"""Grid maps: MovingAI's and the League's, and those of the pickup and delivery benchmark."""

import time
from collections import Counter
from pathlib import Path

import pytest

from muster_core.errors import SiteError
from muster_core.site import Edge, PlaceKind, Routes, Vertex, load_site, mapd_file, movingai_file
from muster_core.site.grid import cell_name, cell_of
from muster_core.site.mapd_file import parse_mapd
from muster_core.site.movingai_file import parse_movingai

DATA = Path(__file__).parents[5] / "shared" / "data"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"the maps of others are not at {DATA}, and not shipped"
)


def in_docstring(module):
    """The file that the module's docstring shows."""
    block = module.__doc__.partition("whole::\n\n")[2].partition("\n\n")[0]
    return "\n".join(line[4:] for line in block.split("\n")).encode()


OCTILE, MAPD = in_docstring(movingai_file), in_docstring(mapd_file)


def test_octile_map_of_the_docstring_loads_as_it_says():
    site = parse_movingai(OCTILE, "small", cell_m=2.0)
    assert site.name == "small"
    assert len(site.vertices) == 15 - 2
    assert site.vertex("r0c4") == Vertex("r0c4", 8.0, 4.0)
    assert site.vertex("r2c0") == Vertex("r2c0", 0.0, 0.0)
    assert Edge("r0c0", "r0c1", 2.0) in site.edges and Edge("r0c1", "r0c0", 2.0) in site.edges
    assert not any({edge.start, edge.end} == {"r0c1", "r0c3"} for edge in site.edges)
    kinds = {place.name: (place.vertex, place.kind.value) for place in site.places.values()}
    assert kinds == {
        "station_r0c4": ("r0c4", "station"),
        "shelf_r1c1": ("r1c1", "shelf"),
        "shelf_r1c3": ("r1c3", "shelf"),
    }
    assert Routes(site).travel_time_s("r0c0", "r2c4") == 12.0


def test_pickup_and_delivery_map_of_the_docstring_loads_as_it_says():
    site = parse_mapd(MAPD, "small")
    places = {place.name: (place.vertex, place.kind.value) for place in site.places.values()}
    assert places == {
        "endpoint_0": ("r0c1", "shelf"),
        "endpoint_1": ("r0c3", "shelf"),
        "endpoint_2": ("r1c1", "shelf"),
        "home_0": ("r1c4", "parking"),
    }
    assert site.notes == (
        "endpoints have no kind in the file; shelves here, for they are beside walls: 3 of 3",
        "a time horizon belongs to a run and is left out: 1000",
    )


def test_every_free_cell_is_joined_to_its_free_neighbours_and_to_no_other():
    rows = ["..@.", ".@..", "...."]
    text = "type octile\nheight 3\nwidth 4\nmap\n" + "\n".join(rows)
    site = parse_movingai(text.encode(), "s")
    free = {(r, c) for r, row in enumerate(rows) for c, cell in enumerate(row) if cell == "."}
    expected = {
        (cell_name(r, c), cell_name(r + dr, c + dc))
        for r, c in free
        for dr, dc in ((0, 1), (1, 0), (0, -1), (-1, 0))
        if (r + dr, c + dc) in free
    }
    assert {(edge.start, edge.end) for edge in site.edges} == expected


def test_line_ends_of_any_system_and_blank_lines_at_the_end_are_fine():
    crlf = OCTILE.replace(b"\n", b"\r\n") + b"\r\n\r\n"
    assert parse_movingai(crlf, "s") == parse_movingai(OCTILE, "s")
    assert parse_mapd(b"\xef\xbb\xbf" + MAPD.replace(b"\n", b"\r\n"), "s") == parse_mapd(MAPD, "s")


def test_water_is_blocked_and_counted():
    site = parse_movingai(b"type octile\nheight 1\nwidth 5\nmap\n.WGWO", "s")
    assert [vertex.name for vertex in site.vertices] == ["r0c0", "r0c2"]
    assert site.notes == ("cells of water (W) that are blocked here: 2",)


def head(rows=3, columns=5):
    return f"type octile\nheight {rows}\nwidth {columns}\nmap\n".encode()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty; a grid map begins with 'type octile'"),
        (b"\n \n", "is empty"),
        (b"hello\n", "line 1: 'hello' does not belong in the head"),
        (b"type octile\nheight 3\n", "line 3: '' does not belong in the head"),
        (b"type octile\nheight 3\nmap\n...", "line 3: the grid begins before its 'width' is said"),
        (b"height 3\nheight 3\nwidth 3\nmap\n", "line 2: 'height' is given twice"),
        (b"type hex\nheight 1\nwidth 1\nmap\n.", "type is 'hex'; only 'octile' can be read"),
        (b"height -1\nwidth 3\nmap\n", "height is '-1'; write a whole number"),
        (b"height 0\nwidth 3\nmap\n", "line 3: 0 rows; a grid has 1 to 10000 rows"),
        (head(9999, 9999), "are 99980001; a grid has at most 4000000 cells"),
        (head(), "line 5: the grid ends after 0 of 3 rows; is the file cut off?"),
        (head() + b".....\n.....\n", "line 7: the grid ends after 2 of 3 rows"),
        (head() + b".....\n.....\n...", "line 7: has 3 cells, where the head says 5"),
        (head() + b".....\n\n.....", "line 6: has 0 cells, where the head says 5"),
        (head() + b".....\n" * 4, "line 8: '.....' comes after the 3 rows"),
        (head() + b".....\n..x..\n.....", "line 6, column 3: 'x' is not a cell; use '.' (free)"),
        (head() + b".....\n..\xff..\n.....", "line 6, column 3: "),
        (head() + b"@@@@@\n" * 3, "no cell is free; at least one must be"),
        (head(500, 500) + (b"." * 500 + b"\n") * 500, "vertices has 250000 entries; at most"),
        (b"\n" * 20, "is empty"),
        (b"type octile\n" + b"\xff" * 10_000, "line 2: "),
    ],
)
def test_wrong_octile_map_is_one_sentence_with_its_line(content, sentence):
    with pytest.raises(SiteError) as caught:
        parse_movingai(content, "s")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "line 1: is ''; write 'rows,columns'"),
        (b"3x5\n", "line 1: is '3x5'; write 'rows,columns'"),
        (b"3,5\n", "line 2: is ''; write the number of task endpoints"),
        (b"3,5\n3\n1\nlong\n", "line 4: is 'long'; write the time horizon"),
        (b"0,5\n3\n1\n1\n", "line 1: 0 rows; a grid has 1 to 10000"),
        (MAPD.replace(b"\n3\n", b"\n4\n"), "line 2: says 4, but the grid has 3 task endpoints 'e'"),
        (MAPD.replace(b"\n1\n", b"\n2\n"), "line 3: says 2, but the grid has 1 robots' homes 'r'"),
        (MAPD.replace(b".r", b".T"), "line 6, column 5: 'T' is not a cell; use '.' (free)"),
        (MAPD[:-6], "line 7: the grid ends after 2 of 3 rows"),
        (MAPD[:-2], "line 7: has 3 cells, where the head says 5"),
    ],
)
def test_wrong_pickup_and_delivery_map_is_one_sentence_with_its_line(content, sentence):
    with pytest.raises(SiteError) as caught:
        parse_mapd(content, "s")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("cell_m", [0.0, -1.0, float("nan"), 1e9])
def test_cells_of_no_size_are_refused(cell_m):
    with pytest.raises(SiteError, match=r"cell_m is .*; it must lie between"):
        parse_movingai(OCTILE, "s", cell_m=cell_m)


def test_names_of_cells_are_read_back():
    assert cell_of(cell_name(3, 15)) == (3, 15)
    assert cell_of("r3") is None and cell_of("r3c5x") is None and cell_of("r123456c1") is None


def test_grid_of_70_000_cells_loads_in_seconds(tmp_path):
    path = tmp_path / "large.map"
    path.write_bytes(head(140, 500) + (b"." * 500 + b"\n") * 140)
    begun_s = time.process_time()
    site = load_site(path)
    assert time.process_time() - begun_s < 10.0
    assert len(site.vertices) == 70_000
    assert len(site.edges) == 2 * (140 * 499 + 139 * 500)


@needs_data
def test_warehouse_of_the_league_loads_with_its_places():
    site = load_site(DATA / "sites" / "warehouse_small.map")
    kinds = Counter(place.kind for place in site.places.values())
    text = (DATA / "sites" / "warehouse_small.map").read_text().partition("map\n")[2]
    assert kinds == {PlaceKind.SHELF: text.count("S"), PlaceKind.STATION: text.count("E")}
    assert len(site.vertices) == sum(text.count(letter) for letter in ".SE")
    routes = Routes(site)
    assert all(routes.unreachable_reason(name) is None for name in site.places)


@needs_data
@pytest.mark.parametrize("robots", [10, 30, 50])
def test_maps_for_pickup_and_delivery_load_with_endpoints_and_homes(robots):
    site = load_site(DATA / "mapd" / f"kiva-{robots}-500-5.map")
    assert len(site.places_of_kind(PlaceKind.PARKING)) == robots
    assert sum(name.startswith("endpoint_") for name in site.places) == 302
