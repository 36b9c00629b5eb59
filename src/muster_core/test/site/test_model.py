"""What a site refuses to be, and what it answers."""

import dataclasses
import math

import pytest

from muster_core.errors import SiteError
from muster_core.site import Edge, Place, PlaceKind, Site, Vertex
from muster_core.site.validation import VERTICES_MAX

A, B = Vertex("a", 0.0, 0.0), Vertex("b", 3.0, 4.0)
AB = Edge("a", "b", 5.0)
SHELF = Place("shelf_1", "b", PlaceKind.SHELF)


def site(**changes):
    content = {"name": "s", "vertices": (A, B), "edges": (AB,), "places": {"shelf_1": SHELF}}
    return Site(**{**content, **changes})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"vertices": (), "edges": (), "places": {}}, "vertices is empty"),
        ({"vertices": (A, B, A)}, "vertices.a is given twice"),
        ({"vertices": (A, B, Vertex("c", math.nan, 0.0))}, "vertices.c: x is nan; it must lie"),
        ({"vertices": (A, B, Vertex("c", 0.0, math.inf))}, "vertices.c: y is inf; it must lie"),
        ({"vertices": (A, B, Vertex("c\nd", 0.0, 0.0))}, r"'c\\nd' is not a name"),
        ({"vertices": (A,) * (VERTICES_MAX + 1)}, "vertices has 200001 entries; at most 200000"),
        ({"edges": (Edge("a", "c", 1.0),)}, "edges: a -> c: 'c' is not a vertex"),
        ({"edges": (Edge("a", "a", 1.0),)}, "edges: a -> a leads nowhere"),
        ({"edges": (AB, AB)}, "edges: a -> b is given twice"),
        ({"edges": (Edge("a", "b", 0.0),)}, "length_m is 0.0; it must be greater than 0"),
        ({"edges": (Edge("a", "b", -1.0),)}, "length_m is -1.0; it must be greater than 0"),
        ({"edges": (Edge("a", "b", math.nan),)}, "length_m is nan; it must be greater than 0"),
        ({"edges": (Edge("a", "b", 5.0, 0.0),)}, "speed_mps is 0.0; it must lie between 0.01"),
        ({"places": {"p": Place("p", "z", PlaceKind.SHELF)}}, "places.p: vertex: 'z' is not a ver"),
        ({"places": {"p": SHELF}}, "places.p is filed under another name"),
        ({"places": {"@p": Place("@p", "a", PlaceKind.SHELF)}}, "places.@p: .* write 'p'"),
        ({"places": {"p": Place("p", "a", "shelf")}}, "places.p: kind is 'shelf'; use one of"),
        ({"speed_mps": -1.0}, "speed_mps is -1.0; it must lie between 0.01 and 100 m/s"),
        ({"name": ""}, "site: '' is not a name"),
        ({"frame": " map"}, "frame: ' map' is not a name"),
    ],
)
def test_unusable_content_is_refused_with_its_sentence(changes, sentence):
    with pytest.raises(SiteError, match=sentence):
        site(**changes)


def test_digest_ignores_the_order_of_the_content_and_so_do_indices():
    edges = (AB, Edge("b", "a", 5.0))
    one, other = site(edges=edges), site(vertices=(B, A), edges=edges[::-1])
    assert one == other
    assert one.digest == other.digest
    assert one.vertex_index("b") == other.vertex_index("b") == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "t"},
        {"frame": "odom"},
        {"speed_mps": 2.0},
        {"vertices": (A, Vertex("b", 3.0, 4.1))},
        {"edges": (Edge("a", "b", 5.1),)},
        {"edges": (Edge("a", "b", 5.0, 0.5),)},
        {"edges": (Edge("b", "a", 5.0),)},
        {"places": {"shelf_1": Place("shelf_1", "b", PlaceKind.STATION)}},
    ],
)
def test_digest_changes_with_any_content(changes):
    assert site(**changes).digest != site().digest


def test_digest_is_the_same_in_every_release():
    assert site().digest == "e668e29271925bb99696ecc99b59e63ab4b4bd32cbb5ab2431cd77b841eddfea"


def test_names_are_kept_in_natural_order():
    vertices = tuple(Vertex(f"v{i}", float(i), 0.0) for i in (10, 2, 1))
    places = {f"p{i}": Place(f"p{i}", "v1", PlaceKind.SHELF) for i in (10, 2)}
    ordered = Site(name="s", vertices=vertices, places=places)
    assert [vertex.name for vertex in ordered.vertices] == ["v1", "v2", "v10"]
    assert [place.name for place in ordered.places_of_kind(PlaceKind.SHELF)] == ["p2", "p10"]


def test_nearest_vertex_is_the_nearest_and_ties_go_by_name():
    assert site().nearest_vertex(2.9, 3.0) == "b"
    assert site().nearest_vertex(1.5, 2.0) == "a"
    with pytest.raises(SiteError, match="not a finite point"):
        site().nearest_vertex(math.nan, 0.0)


def test_unknown_names_are_answered_with_the_closest():
    assert site().closest_name("Shelf_1") == "shelf_1"
    assert site().closest_name("shelf1") == "shelf_1"
    assert site().closest_name("dock") is None
    with pytest.raises(SiteError, match="has no place 'shlf_1'; did you mean 'shelf_1'"):
        site().place("shlf_1")
    with pytest.raises(SiteError, match="has no vertex 'z'"):
        site().vertex("z")


def test_every_vertex_is_a_place_by_its_name_after_an_at_sign():
    there = site().place("@a")
    assert (there.name, there.vertex) == ("@a", "a")
    assert site().has_place("@a") and site().has_place("shelf_1")
    assert "@a" not in site().places
    assert site().places_of_kind(there.kind) == ()


@pytest.mark.parametrize("name", ["@c", "@", "a", ""])
def test_at_sign_makes_no_vertex(name):
    assert not site().has_place(name)
    with pytest.raises(SiteError, match="no vertex" if name[:1] == "@" else "no place"):
        site().place(name)


def test_sentence_about_a_very_long_name_stays_short():
    with pytest.raises(SiteError) as caught:
        site().place("x" * 1_000_000)
    assert len(str(caught.value)) < 200


def test_site_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        site().name = "t"
