"""Layouts in the Layout Interchange Format."""

import copy
import json
import math

import pytest

from muster_core.errors import SiteError
from muster_core.site import Edge, Place, PlaceKind, Vertex, lif_file
from muster_core.site.lif_file import parse_lif

SMALL = json.loads(lif_file.__doc__.partition("whole::\n\n")[2].partition("\n\n")[0])


def changed(change):
    """The small file with one change."""
    file = copy.deepcopy(SMALL)
    change(file, file["layouts"][0])
    return json.dumps(file).encode()


def load(change=lambda file, layout: None):
    return parse_lif(changed(change), "named_by_file")


def node(name, x=0.0, y=0.0, *actions):
    owner = {"vehicleTypeId": "lift", "actions": [{"actionType": action} for action in actions]}
    position = {"x": x, "y": y}
    return {"nodeId": name, "nodePosition": position, "vehicleTypeNodeProperties": [owner]}


def edge(start, end, **properties):
    owner = {"vehicleTypeId": "lift", **properties}
    ends = {"edgeId": f"{start}-{end}", "startNodeId": start, "endNodeId": end}
    return {**ends, "vehicleTypeEdgeProperties": [owner]}


def test_file_of_the_docstring_loads_as_it_says():
    site = load()
    assert site.name == "two bays"
    assert site.vertices == (Vertex("n1", 0.0, 0.0), Vertex("n2", 6.0, 0.0))
    assert site.edges == (Edge("n1", "n2", 6.0, 0.8),)
    assert dict(site.places) == {"bay_1": Place("bay_1", "n1", PlaceKind.CHARGER)}
    assert site.notes == ()


@pytest.mark.parametrize(
    ("actions", "kind"),
    [
        (["startCharging", "pick"], PlaceKind.CHARGER),
        (["pick"], PlaceKind.SHELF),
        (["pick", "drop"], PlaceKind.STATION),
        (["drop"], PlaceKind.STATION),
        (["finePositioning"], PlaceKind.PARKING),
        ([], PlaceKind.PARKING),
    ],
)
def test_actions_at_its_nodes_say_what_a_station_is_for(actions, kind):
    def change(file, layout):
        layout["nodes"][0] = node("n1", 0.0, 0.0, *actions)

    assert load(change).place("bay_1").kind is kind


@pytest.mark.parametrize(
    ("properties", "length_m"),
    [
        ({}, 6.0),
        ({"trajectory": {"degree": 1, "controlPoints": [(0, 0), (0, 4), (6, 4), (6, 0)]}}, 14.0),
        ({"trajectory": {"controlPoints": [(0, 0)]}}, 6.0),
        ({"physicalLineGuidedProperty": {"length": 7.5}}, 7.5),
        ({"physicalLineGuidedProperty": {"direction": "left"}}, 6.0),
    ],
)
def test_edge_is_as_long_as_the_way_that_is_driven(properties, length_m):
    def change(file, layout):
        curve = properties.get("trajectory")
        if curve:
            points = [{"x": x, "y": y} for x, y in curve["controlPoints"]]
            properties["trajectory"] = {**curve, "knotVector": [], "controlPoints": points}
        layout["edges"] = [edge("n1", "n2", **properties)]

    assert load(change).edges[0].length_m == length_m


def test_length_of_a_curve_is_near_that_of_the_arc():
    """A quarter of a circle of radius 1 as a cubic Bezier curve, as drawing programs make it."""
    k = 0.5523
    points = [(1.0, 0.0), (1.0, k), (k, 1.0), (0.0, 1.0)]

    def change(file, layout):
        layout["nodes"] = [node("n1", *points[0]), node("n2", *points[-1])]
        curve = {"degree": 3, "controlPoints": [{"x": x, "y": y} for x, y in points]}
        layout["edges"] = [edge("n1", "n2", trajectory=curve)]

    site = load(change)
    assert site.edges[0].length_m == pytest.approx(math.pi / 2, rel=0.01)
    assert "edges with a trajectory, of which only the length is kept: 1" in site.notes


def test_speed_is_the_least_that_is_said_for_any_vehicle():
    def change(file, layout):
        owners = [
            {"vehicleTypeId": name, "maxSpeed": speed} for name, speed in (("a", 2), ("b", 1))
        ]
        layout["edges"][0]["vehicleTypeEdgeProperties"] = [*owners, {"vehicleTypeId": "c"}]

    assert load(change).edges[0].speed_mps_max == 1.0


def test_of_edges_between_the_same_nodes_the_shortest_is_kept_and_they_are_counted():
    def change(file, layout):
        longer = {"physicalLineGuidedProperty": {"length": 9.0}}
        layout["edges"] = [edge("n1", "n2", **longer), edge("n1", "n2"), edge("n1", "n2", **longer)]

    site = load(change)
    assert site.edges == (Edge("n1", "n2", 6.0),)
    assert "edges that lead where another does, of which the shortest is kept: 2" in site.notes


def test_turn_on_the_spot_between_two_nodes_is_a_very_short_edge():
    def change(file, layout):
        layout["nodes"].append(node("n3", 6.0, 0.0))
        layout["edges"].append(edge("n2", "n3"))

    site = load(change)
    assert Edge("n2", "n3", 0.001) in site.edges
    assert "edges that turn a vehicle on the spot are 1 mm long here: 1" in site.notes


def test_layouts_of_one_level_are_taken_together_and_others_counted():
    def change(file, layout):
        layout["layoutLevelId"] = "0"
        layout["edges"] += [edge("n2", "m1"), edge("n2", "u1")]
        beside = {"layoutId": "b", "layoutLevelId": "0", "nodes": [node("m1", 9.0)], "edges": []}
        station = {"stationId": "up", "interactionNodeIds": ["u1"]}
        upstairs = {"layoutId": "u", "layoutLevelId": "1", "nodes": [node("u1")], "edges": []}
        layout["stations"].append(station)
        file["layouts"] += [beside, upstairs]

    site = load(change)
    assert [vertex.name for vertex in site.vertices] == ["m1", "n1", "n2"]
    assert ("n2", "m1") in {(edge.start, edge.end) for edge in site.edges}
    assert set(site.notes) == {
        "edges that lead to layouts left out are left out too: 1",
        "stations in layouts left out are left out too: 1",
        "layouts of other levels or origins are left out: 1",
    }


def test_version_2_has_origins_and_lists_of_vehicle_types():
    def change(file, layout):
        file["metaInformation"] = {"lifId": "hall", "lifVersion": "2.0.0"}
        for owner in layout["edges"][0]["vehicleTypeEdgeProperties"]:
            owner["vehicleTypeIds"] = [owner.pop("vehicleTypeId")]
        file["origins"] = [
            {"originId": "o", "layouts": file.pop("layouts")},
            {"originId": "p", "layouts": [{"layoutId": "x", "nodes": [node("x")], "edges": []}]},
        ]

    site = load(change)
    assert site.name == "hall"
    assert len(site.vertices) == 2 and len(site.edges) == 1
    assert site.notes == ("layouts of other levels or origins are left out: 1",)


def test_what_a_site_does_not_keep_is_counted_by_its_name():
    def change(file, layout):
        layout["nodes"][0]["vehicleTypeNodeProperties"][0]["theta"] = 0.5
        layout["edges"] = [
            edge(
                "n1", "n2", loadRestriction={"loaded": False}, rotationAllowed=True, maxHeight=None
            ),
            edge("n2", "n1", rotationAllowed=False),
        ]
        layout["edges"][1]["vehicleTypeEdgeProperties"].append({"vehicleTypeId": "truck"})
        layout["stations"][0].update(stationHeight=0.4, interactionNodeIds=["n1", "n2"])

    assert set(load(change).notes) == {
        "a site does not keep these attributes of nodes: theta (1)",
        "a site does not keep these attributes of edges: rotationAllowed (2), loadRestriction (1)",
        "a site does not keep these attributes of stations: stationHeight (1)",
        "stations with several interaction nodes, of which the first is kept: 1",
        "edges that only some of 2 types of vehicles may use are open to any robot here: 1",
    }


def test_edges_that_nobody_may_drive_and_loops_are_left_out_and_counted():
    def change(file, layout):
        layout["edges"] += [edge("n1", "n1"), {**edge("n2", "n1"), "vehicleTypeEdgeProperties": []}]

    site = load(change)
    assert len(site.edges) == 1
    assert set(site.notes) == {
        "edges that are for no type of vehicle are left out: 1",
        "edges that lead back to where they start are left out: 1",
    }


def test_name_that_the_file_does_not_say_or_that_is_none_is_that_of_the_file():
    assert load(lambda file, layout: file.pop("metaInformation")).name == "named_by_file"
    blank = {"projectIdentification": " \n"}
    assert load(lambda file, layout: file.update(metaInformation=blank)).name == "named_by_file"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda f, x: f.pop("layouts"), "layouts: is empty; a LIF file has at least one layout"),
        (lambda f, x: f.update(layouts=[]), "layouts: is empty"),
        (lambda f, x: f.update(layouts={}), "layouts: expected array, got an object"),
        (lambda f, x: f["layouts"].append(3), "layouts[1]: expected an object, got int"),
        (lambda f, x: x.pop("nodes"), "layouts[0]: object missing required field nodes"),
        (lambda f, x: x.update(nodes=[]), "layouts[0].edges[0].startNodeId: 'n1' is not a node"),
        (lambda f, x: x["nodes"][1].update(nodeId=7), "layouts[0].nodes[1].nodeId: expected str"),
        (lambda f, x: x["nodes"][1].update(nodeId="n1"), "nodes[1].nodeId: 'n1' is given twice"),
        (lambda f, x: x["nodes"].append(node(" ")), "vertices: ' ' is not a name"),
        (
            lambda f, x: x["nodes"][1]["nodePosition"].update(x="6"),
            "layouts[0].nodes[1].nodePosition.x: expected float, got str",
        ),
        (
            lambda f, x: x["nodes"][1]["nodePosition"].update(x=1e300),
            "vertices.n2: x is 1e+300; it must lie between",
        ),
        (
            lambda f, x: x["edges"][0].update(endNodeId="N2"),
            "edges[0].endNodeId: 'N2' is not a node",
        ),
        (lambda f, x: x["edges"][0].update(endNodeId="N2"), "did you mean 'n2'?"),
        (
            lambda f, x: x["edges"][0]["vehicleTypeEdgeProperties"][0].update(maxSpeed=-1),
            "edges: n1 -> n2: speed_mps is -1.0; it must lie between",
        ),
        (
            lambda f, x: x["stations"][0].update(interactionNodeIds=[]),
            "stations[0].interactionNodeIds: is empty; name the node of 'bay_1'",
        ),
        (
            lambda f, x: x["stations"][0].update(interactionNodeIds=["n1", "q"]),
            "stations[0].interactionNodeIds: 'q' is not a node",
        ),
        (lambda f, x: x["stations"].append(x["stations"][0]), "stationId: 'bay_1' is given twice"),
        (lambda f, x: x["stations"][0].update(stationId="@n1"), "places.@n1: the name of a place"),
        (lambda f, x: f.update(layouts=[x] * 1001), "layouts has 1001 entries; at most 1000"),
    ],
)
def test_wrong_file_is_one_sentence_with_its_path(change, sentence):
    with pytest.raises(SiteError) as caught:
        load(change)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is cut off"),
        (b'{"layouts": [', "is cut off"),
        (b'{"layouts":\n[}', "line 2: is not JSON: "),
        (b"[1]", "the file: expected an object, got array"),
        (b'{"x": ' + b"[" * 100_000, "is nested too deep"),
        (b'{"metaInformation": {"lifId": "\xff"}}', "is not UTF-8 text"),
        (b'{"layouts": [NaN]}', "line 1: is not JSON: "),
    ],
)
def test_what_is_no_json_is_one_sentence_with_its_line(content, sentence):
    with pytest.raises(SiteError) as caught:
        parse_lif(content, "s")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
