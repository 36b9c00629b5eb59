"""Layouts in the Layout Interchange Format of VDMA, which goes with VDA 5050 (LIF 1.0 and 2.0).

A small one, whole::

    {"metaInformation": {"projectIdentification": "two bays", "lifVersion": "1.0.0"},
     "layouts": [{"layoutId": "ground", "nodes": [
        {"nodeId": "n1", "nodePosition": {"x": 0.0, "y": 0.0}, "vehicleTypeNodeProperties": [
          {"vehicleTypeId": "lift", "actions": [{"actionType": "startCharging"}]}]},
        {"nodeId": "n2", "nodePosition": {"x": 6.0, "y": 0.0},
         "vehicleTypeNodeProperties": [{"vehicleTypeId": "lift"}]}],
      "edges": [
        {"edgeId": "e1", "startNodeId": "n1", "endNodeId": "n2",
         "vehicleTypeEdgeProperties": [{"vehicleTypeId": "lift", "maxSpeed": 0.8}]}],
      "stations": [{"stationId": "bay_1", "interactionNodeIds": ["n1"]}]}]}

A node is the vertex of its id, a station the place of its id at its first interaction node. What
vehicles can do at its nodes says what it is for: whatever charges is a charger, ``pick`` without
``drop`` a shelf, any ``pick`` or ``drop`` else a station, and one without any of these parking.
An edge is as long as its trajectory, or as what line-guided vehicles are told, or straight; its
speed is the least that is said for any type of vehicle.

A site is one level: the layouts with the ``layoutLevelId`` of the first are taken together, others
are left out, and so are the edges that lead to them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from muster_core.errors import SiteError
from muster_core.site.elements import Edge, Place, PlaceKind, Vertex
from muster_core.site.json_text import ABSENT, decode, is_said, left_out
from muster_core.site.model import Site
from muster_core.site.names import NAME_LENGTH_MAX, hint, is_name, shown
from muster_core.site.validation import EDGES_MAX, PLACES_MAX, VERTICES_MAX, check_count

LAYOUTS_MAX = 1000
INTERACTION_NODES_MAX = 1000
TURN_LENGTH_M = 0.001
"""How long an edge between two nodes on one point is: LIF writes a turn on the spot so."""


class _Shape(msgspec.Struct, rename="camel", kw_only=True):
    """An object of the format; only what a site keeps, or counts, is named."""


class _Action(_Shape):
    action_type: str


class _Point(_Shape):
    x: float
    y: float


class _Trajectory(_Shape):
    control_points: list[_Point]
    degree: float | None = None


class _Guide(_Shape):
    length: float | None = None


class _NodeProperty(_Shape):
    vehicle_type_id: str | None = None
    vehicle_type_ids: list[str] | None = None
    actions: list[_Action] | None = None
    theta: msgspec.Raw = ABSENT
    load_restriction: msgspec.Raw = ABSENT
    maximum_allowed_deviation: msgspec.Raw = ABSENT
    allowed_deviation: msgspec.Raw = msgspec.field(default=ABSENT, name="allowedDeviationXY")


class _EdgeProperty(_Shape):
    vehicle_type_id: str | None = None
    vehicle_type_ids: list[str] | None = None
    max_speed: float | None = None
    trajectory: _Trajectory | None = None
    physical_line_guided_property: _Guide | None = None
    vehicle_orientation: msgspec.Raw = ABSENT
    orientation_type: msgspec.Raw = ABSENT
    rotation_allowed: msgspec.Raw = ABSENT
    rotation_at_start_node_allowed: msgspec.Raw = ABSENT
    rotation_at_end_node_allowed: msgspec.Raw = ABSENT
    max_rotation_speed: msgspec.Raw = ABSENT
    min_height: msgspec.Raw = ABSENT
    max_height: msgspec.Raw = ABSENT
    load_restriction: msgspec.Raw = ABSENT
    actions: msgspec.Raw = ABSENT
    reentry_allowed: msgspec.Raw = ABSENT
    corridor: msgspec.Raw = ABSENT


_LEFT_OF_NODES = ("theta", "load_restriction", "maximum_allowed_deviation", "allowed_deviation")
_LEFT_OF_EDGES = tuple(
    name
    for name in _EdgeProperty.__struct_fields__
    if name
    not in (
        "vehicle_type_id",
        "vehicle_type_ids",
        "max_speed",
        "trajectory",
        "physical_line_guided_property",
    )
)


class _Node(_Shape):
    node_id: str
    node_position: _Point
    vehicle_type_node_properties: list[_NodeProperty] | None = None
    map_id: str | None = None


class _LifEdge(_Shape):
    edge_id: str
    start_node_id: str
    end_node_id: str
    vehicle_type_edge_properties: list[_EdgeProperty]


class _Station(_Shape):
    station_id: str
    interaction_node_ids: list[str]
    station_height: msgspec.Raw = ABSENT
    station_position: msgspec.Raw = ABSENT


class _Layout(_Shape):
    layout_id: str
    nodes: list[_Node]
    edges: list[_LifEdge]
    stations: list[_Station] | None = None
    layout_level_id: str | None = None


class _Origin(_Shape):
    layouts: list[_Layout]


class _Meta(_Shape):
    project_identification: str | None = None
    lif_id: str | None = None


class _File(_Shape):
    meta_information: _Meta | None = None
    layouts: list[_Layout] | None = None
    origins: list[_Origin] | None = None


class _Reading:
    """What was read so far.

    :param elsewhere: the ids of nodes in layouts that are left out.
    """

    def __init__(self, elsewhere: set[str]) -> None:
        self.elsewhere = elsewhere
        self.vertices: dict[str, Vertex] = {}
        self.actions: dict[str, set[str]] = {}
        self.edges: dict[tuple[str, str], Edge] = {}
        self.places: dict[str, Place] = {}
        self.vehicle_types: set[str] = set()
        self.edge_types: Counter[frozenset[str]] = Counter()
        self.map_ids: set[str] = set()
        self.left_of_nodes: Counter[str] = Counter()
        self.left_of_edges: Counter[str] = Counter()
        self.left_of_stations: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()


def parse_lif(content: bytes, name: str) -> Site:
    """The site in a LIF file.

    :param name: the site's, if the file has none.
    :raises SiteError: when it cannot be used; one sentence with the line or the path.
    """
    file = decode(content, _File)
    layouts, others = _one_level(file)
    reading = _Reading({node.node_id for layout in others for node in layout.nodes})
    for where, layout in layouts:
        for number, node in enumerate(layout.nodes):
            _add_node(reading, f"{where}.nodes[{number}]", node)
    for where, layout in layouts:
        for number, edge in enumerate(layout.edges):
            _add_edge(reading, f"{where}.edges[{number}]", edge)
        for number, station in enumerate(layout.stations or ()):
            _add_station(reading, f"{where}.stations[{number}]", station)
    if others:
        reading.counts["layouts of other levels or origins are left out: {}"] = len(others)
    return Site(
        name=_site_name(file.meta_information or _Meta(), name),
        vertices=tuple(reading.vertices.values()),
        edges=tuple(reading.edges.values()),
        places=reading.places,
        notes=tuple(_notes(reading)),
    )


def _one_level(file: _File) -> tuple[list[tuple[str, _Layout]], list[_Layout]]:
    """The layouts that are the site, each with its path in the file; and the others."""
    if file.layouts is not None:
        every = [(f"layouts[{i}]", layout) for i, layout in enumerate(file.layouts)]
        ours = every
    else:
        every = [
            (f"origins[{i}].layouts[{j}]", layout)
            for i, origin in enumerate(file.origins or ())
            for j, layout in enumerate(origin.layouts)
        ]
        ours = [pair for pair in every if pair[0].startswith("origins[0].")] or every
    check_count("layouts", len(every), LAYOUTS_MAX)
    if not every:
        raise SiteError("layouts: is empty; a LIF file has at least one layout")
    level = ours[0][1].layout_level_id
    ours = [pair for pair in ours if pair[1].layout_level_id == level]
    for key, count, count_max in (
        ("nodes", sum(len(layout.nodes) for _, layout in ours), VERTICES_MAX),
        ("edges", sum(len(layout.edges) for _, layout in ours), EDGES_MAX),
        ("stations", sum(len(layout.stations or ()) for _, layout in ours), PLACES_MAX),
    ):
        check_count(key, count, count_max)
    taken = {where for where, _ in ours}
    return ours, [layout for where, layout in every if where not in taken]


def _add_node(reading: _Reading, where: str, node: _Node) -> None:
    if node.node_id in reading.vertices:
        raise SiteError(f"{where}.nodeId: {shown(node.node_id)} is given twice; rename one")
    reading.vertices[node.node_id] = Vertex(
        node.node_id, node.node_position.x, node.node_position.y
    )
    actions = reading.actions[node.node_id] = set()
    for owner in node.vehicle_type_node_properties or ():
        reading.vehicle_types.update(_types(owner))
        actions.update(action.action_type for action in owner.actions or ())
        _count(reading.left_of_nodes, owner, _LEFT_OF_NODES)
    if node.map_id is not None:
        reading.map_ids.add(node.map_id)


def _add_edge(reading: _Reading, where: str, edge: _LifEdge) -> None:
    for key, end in (("startNodeId", edge.start_node_id), ("endNodeId", edge.end_node_id)):
        if end in reading.elsewhere and end not in reading.vertices:
            reading.counts["edges that lead to layouts left out are left out too: {}"] += 1
            return
        _check_node(reading, f"{where}.{key}", end)
    owners = edge.vehicle_type_edge_properties
    if not owners:
        reading.counts["edges that are for no type of vehicle are left out: {}"] += 1
        return
    if edge.start_node_id == edge.end_node_id:
        reading.counts["edges that lead back to where they start are left out: {}"] += 1
        return
    types = frozenset(name for owner in owners for name in _types(owner))
    reading.vehicle_types.update(types)
    reading.edge_types[types] += 1
    reading.counts["edges with a trajectory, of which only the length is kept: {}"] += any(
        owner.trajectory for owner in owners
    )
    for owner in owners:
        _count(reading.left_of_edges, owner, _LEFT_OF_EDGES)
    made = Edge(
        edge.start_node_id,
        edge.end_node_id,
        _length_m(reading, edge),
        min((owner.max_speed for owner in owners if owner.max_speed is not None), default=None),
    )
    known = reading.edges.get((made.start, made.end))
    if known is not None:
        reading.counts["edges that lead where another does, of which the shortest is kept: {}"] += 1
    if known is None or made.length_m < known.length_m:
        reading.edges[made.start, made.end] = made


def _length_m(reading: _Reading, edge: _LifEdge) -> float:
    """The shortest of the ways that types of vehicles have along the edge."""
    start, end = reading.vertices[edge.start_node_id], reading.vertices[edge.end_node_id]
    straight_m = math.hypot(end.x - start.x, end.y - start.y)
    lengths_m = []
    for owner in edge.vehicle_type_edge_properties:
        guide = owner.physical_line_guided_property
        if owner.trajectory is not None and len(owner.trajectory.control_points) > 1:
            lengths_m.append(_curve_length_m(owner.trajectory))
        elif guide is not None and guide.length is not None:
            lengths_m.append(guide.length)
    length_m = max(straight_m, min(lengths_m, default=straight_m))
    if not length_m:
        reading.counts["edges that turn a vehicle on the spot are 1 mm long here: {}"] += 1
    return length_m or TURN_LENGTH_M


def _curve_length_m(trajectory: _Trajectory) -> float:
    """About how long a trajectory is, from its control points (J. Gravesen, 1997).

    A curve is longer than its chord and shorter than its control polygon. For a single Bezier
    curve a mean of the two is within some percent; a spline of many points is near its polygon.
    """
    points = [(point.x, point.y) for point in trajectory.control_points]
    polygon_m = sum(math.dist(a, b) for a, b in pairwise(points))
    degree = len(points) - 1
    if degree < 2 or trajectory.degree != degree:
        return polygon_m
    return (2.0 * math.dist(points[0], points[-1]) + (degree - 1) * polygon_m) / (degree + 1)


def _add_station(reading: _Reading, where: str, station: _Station) -> None:
    name = station.station_id
    if name in reading.places:
        raise SiteError(f"{where}.stationId: {shown(name)} is given twice; rename one")
    nodes = station.interaction_node_ids
    check_count(f"{where}.interactionNodeIds", len(nodes), INTERACTION_NODES_MAX)
    if not nodes:
        raise SiteError(f"{where}.interactionNodeIds: is empty; name the node of {shown(name)}")
    here = [node for node in nodes if node in reading.vertices]
    if not here and all(node in reading.elsewhere for node in nodes):
        reading.counts["stations in layouts left out are left out too: {}"] += 1
        return
    for node in nodes:
        if node not in reading.elsewhere:
            _check_node(reading, f"{where}.interactionNodeIds", node)
    actions = {action for node in here for action in reading.actions[node]}
    reading.places[name] = Place(name, here[0], _kind(actions))
    reading.counts["stations with several interaction nodes, of which the first is kept: {}"] += (
        len(nodes) > 1
    )
    _count(reading.left_of_stations, station, ("station_height", "station_position"))


def _kind(actions: Iterable[str]) -> PlaceKind:
    """What a station is for, by the actions at its nodes."""
    names = {action.casefold() for action in actions}
    if any("charg" in name for name in names):
        return PlaceKind.CHARGER
    if "pick" in names and "drop" not in names:
        return PlaceKind.SHELF
    return PlaceKind.STATION if names & {"pick", "drop"} else PlaceKind.PARKING


def _check_node(reading: _Reading, where: str, node: str) -> None:
    if node not in reading.vertices:
        raise SiteError(f"{where}: {shown(node)} is not a node{hint(node, reading.vertices)}")


def _types(owner: _NodeProperty | _EdgeProperty) -> list[str]:
    single = [] if owner.vehicle_type_id is None else [owner.vehicle_type_id]
    return single + (owner.vehicle_type_ids or [])


def _count(counts: Counter[str], owner: _Shape, fields: Sequence[str]) -> None:
    """Count the fields that are said and that a site does not keep, by their names in the file."""
    for name in fields:
        counts[name] += is_said(getattr(owner, name))


def _site_name(meta: _Meta, otherwise: str) -> str:
    for text in (meta.project_identification, meta.lif_id):
        name = " ".join((text or "").split())[:NAME_LENGTH_MAX].strip()
        if is_name(name):
            return name
    return otherwise


def _notes(reading: _Reading) -> Iterable[str]:
    for counts, shape, owner in (
        (reading.left_of_nodes, _NodeProperty, "nodes"),
        (reading.left_of_edges, _EdgeProperty, "edges"),
        (reading.left_of_stations, _Station, "stations"),
    ):
        spelled = dict(zip(shape.__struct_fields__, shape.__struct_encode_fields__, strict=True))
        yield from left_out(Counter({spelled[k]: n for k, n in counts.items() if n}), owner)
    for sentence, count in reading.counts.items():
        if count:
            yield sentence.format(count)
    narrow = sum(n for types, n in reading.edge_types.items() if types != reading.vehicle_types)
    if narrow:
        yield (
            f"edges that only some of {len(reading.vehicle_types)} types of vehicles may use are "
            f"open to any robot here: {narrow}"
        )
    if len(reading.map_ids) > 1:
        yield f"maps (mapId) that are taken for one plane: {len(reading.map_ids)}"
