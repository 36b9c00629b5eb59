"""Route graphs of Nav2's route server, in GeoJSON.

A small one, whole::

    {"type": "FeatureCollection", "features": [
      {"type": "Feature", "properties": {"id": 0, "frame": "map", "metadata": {"class": "charger"}},
       "geometry": {"type": "Point", "coordinates": [0.0, 0.0]}},
      {"type": "Feature", "properties": {"id": 1},
       "geometry": {"type": "Point", "coordinates": [4.0, 0.0]}},
      {"type": "Feature",
       "properties": {"id": 10, "startid": 0, "endid": 1, "metadata": {"abs_speed_limit": 0.5}},
       "geometry": {"type": "MultiLineString", "coordinates": [[[0.0, 0.0], [4.0, 0.0]]]}}]}

A node is the vertex of its id (``0``), an edge leads one way and is as long as the straight line.
Of an edge's metadata ``abs_speed_limit`` (m/s) and ``speed_limit`` are kept; the latter is a share
of the site's speed, in percent when above 1, for Nav2 itself reads it both ways. A node whose
metadata has a ``class`` that is a kind of place is one, named by the metadata's ``name``, else
by class and id (``charger_0``). Costs, penalties and operations belong to Nav2's planner and are
left out.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Annotated, TypeVar

import msgspec

from muster_core.errors import SiteError
from muster_core.site.elements import Edge, Place, PlaceKind, Vertex
from muster_core.site.json_text import ABSENT, decode, is_said, left_out
from muster_core.site.model import FRAME_DEFAULT, SPEED_MPS_DEFAULT, Site
from muster_core.site.names import is_name, shown
from muster_core.site.validation import EDGES_MAX, VERTICES_MAX, check_count

METADATA_BYTES_MAX = 1024 * 1024
"""How long the metadata of one node or edge may be."""
COUNTED_MAX = 1000
"""Keys of metadata that are counted each by itself."""

_LINES = ("LineString", "MultiLineString")
_KEPT_OF_NODES = frozenset({"class", "name"})
_KEPT_OF_EDGES = frozenset({"speed_limit", "abs_speed_limit"})


_Id = Annotated[int, msgspec.Meta(ge=0, lt=2**32)]  # as Nav2 has them


class _Geometry(msgspec.Struct):
    type: str
    coordinates: msgspec.Raw = ABSENT


class _Properties(msgspec.Struct):
    id: _Id
    startid: _Id | None = None
    endid: _Id | None = None
    frame: str | None = None
    metadata: msgspec.Raw = ABSENT
    cost: msgspec.Raw = ABSENT
    overridable: msgspec.Raw = ABSENT
    operations: msgspec.Raw = ABSENT


class _Feature(msgspec.Struct):
    geometry: _Geometry
    properties: msgspec.Raw = ABSENT  # a polygon's may be anything


class _Collection(msgspec.Struct):
    features: list[_Feature]


class _NodeMetadata(msgspec.Struct):
    kind: str | None = msgspec.field(default=None, name="class")
    name: str | None = None


class _EdgeMetadata(msgspec.Struct):
    speed_limit: float | None = None
    abs_speed_limit: float | None = None


_Metadata = TypeVar("_Metadata", _NodeMetadata, _EdgeMetadata)


class _Graph:
    """What was read so far."""

    def __init__(self) -> None:
        self.vertices: dict[int, Vertex] = {}
        self.edges: dict[tuple[int, int], Edge] = {}
        self.places: dict[str, Place] = {}
        self.frames: dict[str, int] = {}
        self.left_of_nodes: Counter[str] = Counter()
        self.left_of_edges: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()


def parse_nav2(content: bytes, name: str) -> Site:
    """The site in a route graph.

    :param name: the site's, for the file has none.
    :raises SiteError: when it cannot be used; one sentence with the line or the path.
    """
    features = decode(content, _Collection).features
    check_count("features", len(features), VERTICES_MAX + EDGES_MAX)
    graph = _Graph()
    for number, feature in enumerate(features):
        if feature.geometry.type == "Point":
            _add_node(graph, f"features[{number}]", feature)
    for number, feature in enumerate(features):
        if feature.geometry.type in _LINES:
            _add_edge(graph, f"features[{number}]", feature)
        elif feature.geometry.type != "Point":
            graph.counts["features that are neither points nor lines are left out: {}"] += 1
    if not graph.vertices:
        raise SiteError("features: has no Point; a node is a feature with a geometry of that type")
    return Site(
        name=name,
        frame=next(iter(graph.frames), FRAME_DEFAULT),
        vertices=tuple(graph.vertices.values()),
        edges=tuple(graph.edges.values()),
        places=graph.places,
        notes=tuple(_notes(graph)),
    )


def _add_node(graph: _Graph, where: str, feature: _Feature) -> None:
    properties = _properties(where, feature)
    if properties.id in graph.vertices:
        raise SiteError(f"{where}.properties.id: {properties.id} is given to two nodes; rename one")
    point = decode(feature.geometry.coordinates, list[float], where=f"{where}.geometry.coordinates")
    if not 2 <= len(point) <= 3:
        raise SiteError(f"{where}.geometry.coordinates: is {shown(point)}; write [x, y] in m")
    vertex = Vertex(str(properties.id), point[0], point[1])
    graph.vertices[properties.id] = vertex
    if properties.frame is not None:
        graph.frames.setdefault(properties.frame, properties.id)
        if len(graph.frames) > 1:
            (one, first), (other, second) = graph.frames.items()
            raise SiteError(
                f"{where}.properties.frame: node {second} is in {shown(other)} but node {first} in "
                f"{shown(one)}; bring all into one frame"
            )
    where = f"{where}.properties.metadata"
    metadata = _metadata(properties, _NodeMetadata, where)
    if metadata.kind in [kind.value for kind in PlaceKind]:
        place = Place(
            metadata.name or f"{metadata.kind}_{vertex.name}", vertex.name, PlaceKind(metadata.kind)
        )
        if place.name in graph.places:
            raise SiteError(f"{where}.name: {shown(place.name)} is given to two places; rename one")
        graph.places[place.name] = place
    else:
        graph.left_of_nodes["metadata.class"] += metadata.kind is not None
        graph.left_of_nodes["metadata.name"] += metadata.name is not None
    _count(graph.left_of_nodes, properties, _KEPT_OF_NODES, where)


def _add_edge(graph: _Graph, where: str, feature: _Feature) -> None:
    properties = _properties(where, feature)
    ends = []
    for key, end in (("startid", properties.startid), ("endid", properties.endid)):
        if end is None:
            raise SiteError(f"{where}.properties.{key}: is missing; name the id of a node")
        if end not in graph.vertices:
            raise SiteError(f"{where}.properties.{key}: {end} is not the id of a node")
        ends.append(end)
    start, end = ends
    if start == end:
        graph.counts["edges that lead back to where they start are left out: {}"] += 1
        return
    if (start, end) in graph.edges:
        graph.counts["edges that lead where an earlier one does are left out: {}"] += 1
        return
    where = f"{where}.properties.metadata"
    metadata = _metadata(properties, _EdgeMetadata, where)
    here, there = graph.vertices[start], graph.vertices[end]
    length_m = math.hypot(there.x - here.x, there.y - here.y)
    graph.edges[start, end] = Edge(here.name, there.name, length_m, _speed_mps(metadata, where))
    bends = "edges drawn with bends are straight here, as for Nav2: {}"
    graph.counts[bends] += _has_bends(feature.geometry)
    _count(graph.left_of_edges, properties, _KEPT_OF_EDGES, where)


def _properties(where: str, feature: _Feature) -> _Properties:
    where = f"{where}.properties"
    if not is_said(feature.properties):
        raise SiteError(f"{where}: is missing; a node or edge needs an id there")
    return decode(feature.properties, _Properties, where=where)


def _metadata(properties: _Properties, shape: type[_Metadata], where: str) -> _Metadata:
    if not is_said(properties.metadata):
        return shape()
    return decode(properties.metadata, shape, where=where)


def _speed_mps(metadata: _EdgeMetadata, where: str) -> float | None:
    """What the metadata allow, m/s; Nav2 takes a limit of 0 for none."""
    share = metadata.speed_limit
    if share is not None:
        if not 0.0 <= share <= 100.0:
            raise SiteError(f"{where}.speed_limit: is {share}; it must lie between 0 and 100")
        share = share if share <= 1.0 else share / 100.0
    limits = [metadata.abs_speed_limit, share and SPEED_MPS_DEFAULT * share]
    return min((limit for limit in limits if limit), default=None)


def _has_bends(geometry: _Geometry) -> bool:
    """Whether the line is drawn with more than its two ends."""
    brackets = bytes(geometry.coordinates).count(b"[")  # cheap: nothing depends on the line
    return brackets - (1 if geometry.type == "LineString" else 2) > 2


def _count(counts: Counter[str], properties: _Properties, kept: frozenset[str], where: str) -> None:
    """Count what is said and not kept."""
    for key in ("cost", "overridable", "operations"):
        counts[key] += is_said(getattr(properties, key))
    if is_said(properties.metadata):
        if len(bytes(properties.metadata)) > METADATA_BYTES_MAX:
            raise SiteError(f"{where}: is longer than {METADATA_BYTES_MAX} bytes; shorten it")
        for key in decode(properties.metadata, dict[str, msgspec.Raw], where=where):
            if key not in kept:
                name = f"metadata.{key if is_name(key) else shown(key)}"
                counts[name if name in counts or len(counts) < COUNTED_MAX else "others"] += 1


def _notes(graph: _Graph) -> list[str]:
    notes = [
        *left_out(+graph.left_of_nodes, "nodes"),
        *left_out(+graph.left_of_edges, "edges"),
    ]
    notes += [sentence.format(count) for sentence, count in graph.counts.items() if count]
    if not graph.places:
        notes.append(
            "nodes whose metadata have a class that is a kind of place: none of "
            f"{len(graph.vertices)}; orders can name vertices, as @0"
        )
    return notes
