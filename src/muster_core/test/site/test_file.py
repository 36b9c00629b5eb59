"""Which format a file has, and that no file is worse than one sentence and its bound of time."""

import random
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster_core.errors import SiteError
from muster_core.site import (
    Site,
    SiteFormat,
    lif_file,
    load_site,
    mapd_file,
    movingai_file,
    nav2_file,
    yaml_file,
)
from muster_core.site.file import FILE_BYTES_MAX

DEMO = Path(__file__).parents[4] / "config" / "sites" / "small_warehouse.yaml"
REFUSED_S_MAX = 2.0
"""CPU time within which a file of any size is refused that is too large."""
SMALL_S_MAX = 2.0
"""CPU time within which any file of some kB is read or refused."""


def shown_by(module):
    """The file that the module's docstring shows."""
    block = module.__doc__.partition("whole::\n\n")[2]
    lines = block.split("\n")
    end = next(i for i, line in enumerate(lines) if line and not line.startswith("    "))
    return "\n".join(line[4:] for line in lines[:end]).strip()


GOOD = {
    SiteFormat.YAML: shown_by(yaml_file),
    SiteFormat.MOVINGAI: shown_by(movingai_file),
    SiteFormat.MAPD: shown_by(mapd_file),
    SiteFormat.LIF: shown_by(lif_file),
    SiteFormat.NAV2: shown_by(nav2_file),
}


@pytest.mark.parametrize(
    ("name", "file_format"),
    [
        ("s.yaml", SiteFormat.YAML),
        ("s.yml", SiteFormat.YAML),
        ("s", SiteFormat.YAML),
        ("s.map", SiteFormat.MOVINGAI),
        ("s.txt", SiteFormat.MOVINGAI),
        ("s.map", SiteFormat.MAPD),
        ("s", SiteFormat.MAPD),
        ("s.json", SiteFormat.LIF),
        ("s.lif", SiteFormat.LIF),
        ("s", SiteFormat.LIF),
        ("s.geojson", SiteFormat.NAV2),
        ("s.JSON", SiteFormat.NAV2),
        ("s.map", SiteFormat.NAV2),
    ],
)
def test_format_is_told_by_name_and_content(tmp_path, name, file_format):
    path = tmp_path / name
    path.write_text(GOOD[file_format])
    assert load_site(path) == load_site(path, file_format=file_format)


def test_name_of_a_site_that_its_file_does_not_say_is_the_files(tmp_path):
    path = tmp_path / " my hall .map"
    path.write_text(GOOD[SiteFormat.MOVINGAI])
    assert load_site(path).name == "my hall"


def test_cells_are_as_far_apart_as_asked(tmp_path):
    path = tmp_path / "s.map"
    path.write_text(GOOD[SiteFormat.MOVINGAI])
    assert {edge.length_m for edge in load_site(path, cell_m=1.5).edges} == {1.5}


def test_wrong_format_that_was_asked_for_is_one_sentence(tmp_path):
    path = tmp_path / "s.map"
    path.write_text(GOOD[SiteFormat.MOVINGAI])
    with pytest.raises(SiteError, match=r"s.map: line 1: is not JSON"):
        load_site(path, file_format=SiteFormat.LIF)


def test_json_of_something_else_is_refused(tmp_path):
    path = tmp_path / "s.json"
    path.write_text('{"nodes": []}')
    with pytest.raises(SiteError, match=r"s.json: is JSON without 'layouts'.* 'features'"):
        load_site(path)


@pytest.mark.parametrize("name", ["s.yaml", "s.map", "s.json", "s.geojson", "s.lif", "s"])
@pytest.mark.parametrize("content", [b"", b"\n", b" ", b"\xef\xbb\xbf"])
def test_empty_file_is_one_sentence_that_says_so(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SiteError, match=r": is empty; "):
        load_site(path)


@pytest.mark.parametrize("name", ["s.yaml", "s.map", "s.json", "s.geojson", "s.lif", "s"])
@pytest.mark.parametrize("head", [b"", b"{", b"type octile\n", b"3,5\n"])
def test_file_of_100_mb_is_refused_at_once_whatever_it_is(tmp_path, name, head):
    path = tmp_path / name
    with path.open("wb") as file:
        file.write(head)
        file.truncate(100 * 1024 * 1024)
    begun_s = time.process_time()
    with pytest.raises(SiteError, match=r"has 104857600 bytes; a site file has at most \d+"):
        load_site(path)
    assert time.process_time() - begun_s < REFUSED_S_MAX


def one_sentence(error, path):
    message = str(error)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message and len(message) < 500
    return True


@pytest.mark.parametrize("file_format", list(SiteFormat))
@given(percent=st.integers(0, 100))
def test_truncated_file_is_one_sentence_or_a_site(tmp_path_factory, file_format, percent):
    text = GOOD[file_format]
    path = tmp_path_factory.mktemp("cut") / "s"
    path.write_text(text[: len(text) * percent // 100])
    try:
        site = load_site(path, file_format=file_format)
    except SiteError as error:
        assert one_sentence(error, path)
    else:
        assert isinstance(site, Site)


_PIECES = [
    b"", b"\0", b"\n", b"-", b"-1", b"0", b"1e999", b"99999999999999999999", b"[", b"]", b"{", b"}",
    b'"', b"null", b"true", b"a1", b"n1", b"@", b"\xff", b"\xc3\xa4", b": ", b", ", b"&a ", b"*a",
    b"!!int ", b"nan", b".inf", b"{}", b"[]", b"[[[[[[[[[[[[[[[[[[[[", b"map: s", b"r0c0", b"T",
]  # fmt: skip


@pytest.mark.parametrize("file_format", list(SiteFormat))
@given(seed=st.integers(0, 2**32), count=st.integers(1, 6))
def test_mutated_file_is_one_sentence_or_a_site_within_its_time(
    tmp_path_factory, file_format, seed, count
):
    chance = random.Random(seed)
    content = GOOD[file_format].encode()
    for _ in range(count):
        start = chance.randrange(len(content) + 1)
        end = start + chance.choice([0, 1, 1, 3, 10, 100])
        piece = chance.choice([*_PIECES, content[start:end] * 2, content[end : end + 20]])
        content = content[:start] + piece + content[end:]
    path = tmp_path_factory.mktemp("mutated") / "s"
    path.write_bytes(content)
    begun_s = time.process_time()
    for wanted in (file_format, None):
        try:
            load_site(path, file_format=wanted)
        except SiteError as error:
            assert one_sentence(error, path)
    assert time.process_time() - begun_s < SMALL_S_MAX


LONG = {
    "flat.yaml": ("site: s\nvertices: [", "1,", "]"),
    "deep.yaml": ("", "- ", ""),
    "zone.yaml": ("site: s\nvertices: {a: [0, 0]}\nzones: {z: {vertices: [", "a,", "]}}"),
    "deep.json": ('{"layouts": ', "[", ""),
    "flat.json": ('{"features": [', "[],", "[]]}"),
    "keys.json": (
        '{"features": [{"geometry": {"type": "Point", "coordinates": [0, 0]}, '
        '"properties": {"id": 1, "metadata": {',
        '"k":1,',
        '"k":2}}}]}',
    ),
    "rows.map": ("type octile\nheight 3\nwidth 3\nmap\n", ".\n", ""),
    "lines.map": ("", "\n", ""),
    "long.map": ("", "1,", ""),
}


@pytest.mark.parametrize("name", LONG)
def test_quarter_of_a_megabyte_of_anything_is_one_sentence_or_a_site_within_seconds(tmp_path, name):
    begin, piece, end = LONG[name]
    path = tmp_path / name
    path.write_text(begin + piece * (2**18 // len(piece)) + end)
    begun_s = time.process_time()
    try:
        load_site(path)
    except SiteError as error:
        assert one_sentence(error, path)
    assert time.process_time() - begun_s < 10.0


def test_bounds_are_below_100_mb():
    assert set(FILE_BYTES_MAX) == set(SiteFormat)
    assert max(FILE_BYTES_MAX.values()) < 100 * 1024 * 1024


def write_pair(folder, text, grid=None):
    (folder / "grid.map").write_text(GOOD[SiteFormat.MOVINGAI] if grid is None else grid)
    path = folder / "s.yaml"
    path.write_text(text)
    return path


def test_yaml_file_builds_on_a_map_beside_it(tmp_path):
    path = write_pair(
        tmp_path,
        """
site: hall
map: grid.map
cell_m: 2.0
vertices: {dock: [-2, 0]}
edges: [[dock, r2c0]]
places:
  charger_1: {kind: charger, vertex: dock}
  parking_1: {kind: parking, at: [12, 0], beside: r2c4}
zones:
  top: {rows: [0, 0], speed_mps: 0.5}
""",
    )
    site = load_site(path)
    base = load_site(tmp_path / "grid.map", cell_m=2.0)
    assert site.name == "hall"
    assert {vertex.name for vertex in site.vertices} == {
        *(vertex.name for vertex in base.vertices),
        "dock",
        "parking_1",
    }
    assert set(site.places) == {*base.places, "charger_1", "parking_1"}
    assert site.zone("top").vertices == ("r0c0", "r0c1", "r0c3", "r0c4")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("site: s\nmap: none.map", "s.yaml: map: none.map: cannot be read: No such file"),
        ("site: s\nmap: s.yaml", "s.yaml: map: s.yaml: is YAML; build on a map of another format"),
        ("site: s\nmap: .", "map: .: is not a file"),
        ('site: s\nmap: "a\\0b"', "cannot be read"),
        ("site: s\nmap: 3", "map is 3; write text"),
        ("site: s\nmap: grid.map\ncell_m: 0", "map: grid.map: cell_m is 0.0; it must lie"),
        ("site: s\ncell_m: 2\nvertices: {a: [0, 0]}", "cell_m: is for the cells of a 'map'"),
        (
            "site: s\nmap: grid.map\nvertices: {r0c0: [0, 0]}",
            "vertices.r0c0: is in the map",
        ),
        (
            "site: s\nmap: grid.map\nplaces: {shelf_r1c1: {kind: shelf, vertex: r0c0}}",
            "places.shelf_r1c1: is in the map already",
        ),
        ("site: s\nmap: grid.map\nedges: [[r0c0, r0c1]]", "r0c0 -> r0c1 is given twice"),
        ("map: grid.map", "site: is missing"),
    ],
)
def test_map_that_cannot_be_built_on_is_one_sentence(tmp_path, text, sentence):
    path = write_pair(tmp_path, text)
    with pytest.raises(SiteError) as caught:
        load_site(path)
    assert sentence in str(caught.value)
    assert one_sentence(caught.value, path)


def test_text_in_no_folder_cannot_build_on_a_map():
    with pytest.raises(SiteError, match=r"map: 'grid.map' cannot be read, for this text is in no"):
        yaml_file.parse_site("site: s\nmap: grid.map", "text")


def test_notes_of_the_map_are_the_sites(tmp_path):
    path = write_pair(tmp_path, "site: s\nmap: grid.map", "type octile\nheight 1\nwidth 2\nmap\n.W")
    assert load_site(path).notes == ("cells of water (W) that are blocked here: 1",)


def test_demo_site_has_nothing_left_out():
    assert load_site(DEMO).notes == ()
