"""Route graphs of Nav2."""

import copy
import json

import pytest

from muster_core.errors import SiteError
from muster_core.site import Edge, Place, PlaceKind, Vertex, nav2_file
from muster_core.site.nav2_file import parse_nav2

SMALL = json.loads(nav2_file.__doc__.partition("whole::\n\n")[2].partition("\n\n")[0])


def load(*features, **changes):
    """The small graph with these features besides, and changes to properties of its edge."""
    file = copy.deepcopy(SMALL)
    file["features"][2]["properties"].update(changes)
    file["features"] += features
    return parse_nav2(json.dumps(file).encode(), "named_by_file")


def node(number, x=0.0, y=0.0, **properties):
    point = {"type": "Point", "coordinates": [x, y]}
    return {"type": "Feature", "properties": {"id": number, **properties}, "geometry": point}


def edge(number, start, end, *points, shape="LineString", **properties):
    ends = {"id": number, "startid": start, "endid": end, **properties}
    return {
        "type": "Feature",
        "properties": ends,
        "geometry": {"type": shape, "coordinates": list(points)},
    }


def test_graph_of_the_docstring_loads_as_it_says():
    site = load()
    assert (site.name, site.frame) == ("named_by_file", "map")
    assert site.vertices == (Vertex("0", 0.0, 0.0), Vertex("1", 4.0, 0.0))
    assert site.edges == (Edge("0", "1", 4.0, 0.5),)
    assert dict(site.places) == {"charger_0": Place("charger_0", "0", PlaceKind.CHARGER)}
    assert site.notes == ()


@pytest.mark.parametrize(
    ("metadata", "speed_mps"),
    [
        ({"abs_speed_limit": 0.4}, 0.4),
        ({"speed_limit": 85}, 0.85),
        ({"speed_limit": 0.85}, 0.85),
        ({"speed_limit": 50, "abs_speed_limit": 0.3}, 0.3),
        ({"speed_limit": 0}, None),
        ({}, None),
    ],
)
def test_speed_limits_are_read_as_nav2_reads_them(metadata, speed_mps):
    assert load(metadata=metadata).edges[0].speed_mps_max == speed_mps


def test_node_of_a_class_that_is_a_kind_of_place_is_one():
    named = node(5, metadata={"class": "shelf", "name": "shelf_a"})
    other = node(6, metadata={"class": "living_room", "name": "x"})
    site = load(named, other)
    assert site.place("shelf_a") == Place("shelf_a", "5", PlaceKind.SHELF)
    assert "x" not in site.places
    assert site.notes == (
        "a site does not keep these attributes of nodes: metadata.class (1), metadata.name (1)",
    )


def test_graph_without_places_says_so():
    file = {"features": [node(0), node(1, 1.0), edge(2, 0, 1)]}
    notes = parse_nav2(json.dumps(file).encode(), "s").notes
    assert notes == (
        "nodes whose metadata have a class that is a kind of place: none of 2; orders can name "
        "vertices, as @0",
    )


def test_what_a_site_does_not_keep_is_counted():
    operations = {"door": {"type": "open_door", "trigger": "ON_ENTER"}}
    site = load(
        node(7, 1.0, 1.0, operations=operations),
        edge(20, 0, 7, [0, 0], [5, 5], [1, 1], cost=6.0, overridable=False),
        edge(21, 0, 7, metadata={"penalty": 3}),
        edge(22, 7, 1, [[1, 1], [4, 0]], shape="MultiLineString", metadata={"penalty": 3, "a": {}}),
        edge(23, 7, 7),
        {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": []}},
    )
    assert len(site.edges) == 3
    assert set(site.notes) == {
        "a site does not keep these attributes of nodes: operations (1)",
        "a site does not keep these attributes of edges: cost (1), overridable (1), "
        "metadata.penalty (1), metadata.a (1)",
        "edges that lead where an earlier one does are left out: 1",
        "edges that lead back to where they start are left out: 1",
        "edges drawn with bends are straight here, as for Nav2: 1",
        "features that are neither points nor lines are left out: 1",
    }


@pytest.mark.parametrize(
    ("feature", "sentence"),
    [
        (3, "features[3]: expected an object, got int"),
        ({"geometry": None}, "features[3].geometry: expected an object, got null"),
        ({"geometry": {"type": "Point"}}, "features[3].properties: is missing; a node or edge"),
        (node("0"), "features[3].properties.id: expected int, got str"),
        (node(-1), "features[3].properties.id: expected int >= 0"),
        (node(2**40), "features[3].properties.id: expected int"),
        (node(0), "features[3].properties.id: 0 is given to two nodes; rename one"),
        (node(9, "a"), "features[3].geometry.coordinates[0]: expected float, got str"),
        (node(9, 1e300), "vertices.9: x is 1e+300"),
        (node(9, frame="odom"), "node 9 is in 'odom' but node 0 in 'map'; bring all into one"),
        (node(9, metadata=3), "features[3].properties.metadata: expected an object, got int"),
        (
            node(9, metadata={"class": "charger", "name": "charger_0"}),
            "features[3].properties.metadata.name: 'charger_0' is given to two places",
        ),
        (edge(9, 0, 5), "features[3].properties.endid: 5 is not the id of a node"),
        (edge(9, None, 0), "features[3].properties.startid: is missing; name the id of a node"),
        (edge(9, "a", 0), "features[3].properties.startid: expected int"),
        (
            edge(9, 1, 0, metadata={"speed_limit": 101}),
            "features[3].properties.metadata.speed_limit: is 101.0; it must lie between 0 and 100",
        ),
        (edge(9, 1, 0, metadata={"abs_speed_limit": -1}), "edges: 1 -> 0: speed_mps is -1.0"),
        (edge(9, 1, 0, metadata={"x": "y" * 2**20}), "metadata: is longer than 1048576 bytes"),
    ],
)
def test_wrong_feature_is_one_sentence_with_its_path(feature, sentence):
    with pytest.raises(SiteError) as caught:
        load(feature)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_nodes_on_one_point_that_an_edge_joins_are_refused():
    with pytest.raises(SiteError, match=r"edges: 0 -> 8: length_m is 0.0; .* same point"):
        load(node(8, 0.0, 0.0), edge(9, 0, 8))


@pytest.mark.parametrize("features", ["", '{"geometry": {"type": "Polygon"}}'])
def test_graph_without_nodes_is_refused(features):
    with pytest.raises(SiteError, match="has no Point"):
        parse_nav2(f'{{"features": [{features}]}}'.encode(), "s")
