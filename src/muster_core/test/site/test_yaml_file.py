"""Site files: what they say, and the sentence for each way they can be wrong."""

import os
import time
from pathlib import Path

import pytest

from muster_core.errors import SiteError
from muster_core.site import (
    Edge,
    Place,
    PlaceKind,
    Routes,
    Vertex,
    load_site,
    parse_site,
    yaml_file,
)
from muster_core.site.file import FILE_BYTES_MAX, SiteFormat

DEMO = Path(__file__).parents[4] / "config" / "sites" / "small_warehouse.yaml"
HEAD = "site: s\nvertices: {a1: [0, 0], a2: [0, 3]}\n"


def test_format_in_the_docstring_loads_as_it_says():
    text = yaml_file.__doc__.partition("whole::")[2].partition("An edge is")[0]
    site = parse_site(text, "docstring")
    assert (site.name, site.frame, site.speed_mps) == ("two_aisles", "map", 1.0)
    assert site.vertex("shelf_1") == Vertex("shelf_1", -1.5, 3.0)
    assert site.place("shelf_1") == Place("shelf_1", "shelf_1", PlaceKind.SHELF)
    assert Edge("b1", "a1", 4.0, 0.5) in site.edges
    assert Edge("a2", "shelf_1", 1.5) in site.edges
    assert len(site.edges) == 3 * 2 + 1 + 2


def test_chain_of_two_may_state_its_length():
    site = parse_site(HEAD + "edges: [[a1, a2, {length_m: 4.5}]]", "text")
    assert {edge.length_m for edge in site.edges} == {4.5}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty; a site file begins with 'site:'"),
        ("# only this", "is empty"),
        ("[1, 2]", "the file is [1, 2]; write a mapping with site, frame"),
        ("vertices: {a: [0, 0]}", "site: is missing"),
        ("site: s", "vertices: is missing"),
        ("site: s\nvertices: {}", "vertices is empty"),
        ("site: {", "did not find expected node"),
        ("site:\n\t- a", "line 2: "),
        ("site: s\n---\nsite: t", "line 2: expected a single document"),
        ("site: a\0b", "is not YAML"),
        (HEAD + "site: t", "line 3: 'site' is given twice"),
        (HEAD + "<<: {frame: map}", "line 3: '<<' is not used"),
        (HEAD + "frame: !!python/object:os.system x", "line 3: could not determine"),
        (HEAD + "frame: 2030-99-99", "has a value that YAML cannot mean"),
        (HEAD + "frame: !!int ''", "has a value that YAML cannot mean"),
        (HEAD + "frame: !!bool x", "has a value that YAML cannot mean"),
        (HEAD + "frame: !!timestamp x", "has a value that YAML cannot mean"),
        (HEAD + "frame: 1", "frame is 1; write text"),
        (HEAD + "edge: []", "the file: 'edge' is not a key; use site, frame"),
        (HEAD + "speed_mps: fast", "speed_mps is 'fast'; write a number"),
        (HEAD + "speed_mps: true", "speed_mps is True; write a number"),
        (HEAD + "speed_mps: 0", "speed_mps is 0.0; it must lie between"),
        (HEAD + "speed_mps: 0x" + "f" * 9000, "speed_mps is a very large number"),
        ("site: yes\nvertices: {a: [0, 0]}", "site is True; write text, in quotes"),
        ("site: s\nvertices: {1: [0, 0]}", "vertices: the name is 1; write text"),
        ("site: s\nvertices: {a: [0, 0], a: [1, 1]}", "line 2: 'a' is given twice"),
        ("site: s\nvertices: {a: [0]}", "vertices.a is [0]; write [x, y] in m"),
        ("site: s\nvertices: {a: [.nan, 0]}", "vertices.a: x is nan"),
        ("site: s\nvertices: [a]", "vertices is ['a']; write one 'name: ...' a line"),
        (f"site: s\nvertices: {{{'a' * 100}: [0, 0]}}", "is not a name; a name is 1 to 64"),
        (HEAD + "edges: 0", "edges is 0; write a list"),
        (HEAD + "edges: [a1]", "edges, entry 1 is 'a1'; write a list"),
        (HEAD + "edges: [[]]", "edges, entry 1 is []; name at least two"),
        (HEAD + "edges: [[a1, a2], [a1]]", "edges, entry 2 is ['a1']; name at least two"),
        (HEAD + "edges: [[a1, zz]]", "edges, entry 1: 'zz' is not a vertex; add it"),
        (HEAD + "edges: [[a1, A2]]", "'A2' is not a vertex; did you mean 'a2'?"),
        (HEAD + "edges: [[a1, a2], [a2, a1]]", "edges: a2 -> a1 is given twice"),
        (HEAD + "edges: [[a1, a2, {oneway: true}]]", "'oneway' is not a key; use one_way"),
        (HEAD + "edges: [[a1, a2, {one_way: 1}]]", "one_way is 1; use true or false"),
        (HEAD + "edges: [[a1, a2, {length_m: 0}]]", "length_m is 0.0; it must be greater"),
        (HEAD + "edges: [[a1, a2, a1, {length_m: 1}]]", "length_m is for chains of two"),
        (HEAD + "edges: [[a1, a2, {speed_mps: -1}]]", "speed_mps is -1.0; it must lie"),
        (HEAD + "places: {p: a1}", "places.p is 'a1'; write a mapping with kind"),
        (HEAD + "places: {p: {vertex: a1}}", "places.p: kind is empty; use one of shelf"),
        (HEAD + "places: {p: {vertex: a1, kind: rack}}", "kind is 'rack'; use one of shelf, sta"),
        (HEAD + "places: {p: {vertex: zz, kind: shelf}}", "places.p: vertex: 'zz' is not a"),
        (HEAD + "places: {p: {at: [1, 1], kind: shelf}}", "needs either 'vertex', or both"),
        (HEAD + "places: {a1: {at: [1, 1], beside: a2, kind: shelf}}", "a vertex has the same"),
        (HEAD + "places: {p: {at: [0, 0], beside: a1, kind: shelf}}", "stand on the same point"),
        ("[" * 100_000, "line 1: is nested more than 16 deep"),
        ("- " * 100_000, "line 1: is nested more than 16 deep"),
        ("&a [*a]", "the file is [[[...]]]"),
    ],
)
def test_wrong_text_is_one_sentence_with_source_and_key(text, sentence):
    with pytest.raises(SiteError) as caught:
        parse_site(text, "warehouse.yaml")
    message = str(caught.value)
    assert message.startswith("warehouse.yaml: ")
    assert sentence in message
    assert "\n" not in message
    assert len(message) < 400


def test_aliases_cannot_multiply_a_chain_without_bound():
    chain = "&c [" + "a1, a2, " * 1000 + "]"
    with pytest.raises(SiteError, match=r"edges: .* is given twice, again in entry 1;"):
        parse_site(HEAD + f"edges: [{chain}, {'*c, ' * 100_000}]", "text")


def test_missing_file_is_one_sentence_with_its_path(tmp_path):
    with pytest.raises(SiteError, match=r"none.yaml: cannot be read: No such file"):
        load_site(tmp_path / "none.yaml")


def test_directory_is_refused(tmp_path):
    with pytest.raises(SiteError, match="is not a file; name the file of a site"):
        load_site(tmp_path)


def test_pipe_is_refused_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SiteError, match="is not a file"):
        load_site(tmp_path / "pipe")


def test_path_that_no_file_can_have_is_refused():
    with pytest.raises(SiteError, match="cannot be read"):
        load_site("a\0b")


def test_text_that_is_not_utf8_is_refused_with_its_line(tmp_path):
    (tmp_path / "latin.yaml").write_bytes(b"# one\nsite: l\xe4den\n")
    with pytest.raises(SiteError, match=r"latin.yaml: line 2: is not UTF-8"):
        load_site(tmp_path / "latin.yaml")


def test_byte_order_mark_is_accepted(tmp_path):
    (tmp_path / "bom.yaml").write_bytes(b"\xef\xbb\xbf" + HEAD.encode())
    assert load_site(tmp_path / "bom.yaml").name == "s"


def test_file_of_100_mb_is_refused_without_reading_it_whole(tmp_path):
    huge = tmp_path / "huge.yaml"
    bytes_max = FILE_BYTES_MAX[SiteFormat.YAML]
    with huge.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    begun_s = time.perf_counter()
    with pytest.raises(SiteError, match=f"has 104857600 bytes; .* at most {bytes_max}"):
        load_site(huge)
    assert time.perf_counter() - begun_s < 1.0


@pytest.mark.parametrize("percent", range(5, 100, 5))
def test_truncated_demo_file_is_one_sentence_or_a_smaller_site(tmp_path, percent):
    text = DEMO.read_text()
    part = tmp_path / "part.yaml"
    part.write_text(text[: len(text) * percent // 100])
    try:
        site = load_site(part)
    except SiteError as error:
        assert str(error).startswith(str(part))
        assert "\n" not in str(error)
    else:  # cut between two lines, which YAML cannot tell from a shorter file
        assert len(site.places) < len(load_site(DEMO).places)


def test_demo_file_cut_within_a_line_is_one_sentence(tmp_path):
    text = DEMO.read_text()
    part = tmp_path / "part.yaml"
    part.write_text(text[: text.index("beside: c2")])
    with pytest.raises(SiteError, match=r"part.yaml: line \d+: "):
        load_site(part)


def test_demo_site_has_what_it_promises():
    site = load_site(DEMO)
    counts = {kind.value: len(site.places_of_kind(kind)) for kind in PlaceKind}
    assert counts == {"shelf": 24, "station": 3, "charger": 3, "parking": 6}


def test_demo_site_is_connected_and_its_ways_take_10_to_40_s():
    site = load_site(DEMO)
    routes = Routes(site)
    assert all(routes.unreachable_reason(name) is None for name in site.places)
    for shelf in site.places_of_kind(PlaceKind.SHELF):
        for station in site.places_of_kind(PlaceKind.STATION):
            assert 10.0 <= routes.travel_time_s(shelf.vertex, station.vertex) <= 40.0
            assert 10.0 <= routes.travel_time_s(station.vertex, shelf.vertex) <= 40.0
