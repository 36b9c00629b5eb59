"""Site files: a site as people write it down, in YAML.

A small one, whole::

    site: two_aisles          # its name
    frame: map                # optional, this is the default
    speed_mps: 1.0            # optional; travel times assume this speed, m/s
    allows_fetch: true        # optional, false; robots may take items over from lost robots

    vertices:                 # points where robots can stand: name: [x, y], m
      a1: [0.0, 0.0]
      a2: [0.0, 3.0]
      b1: [4.0, 0.0]
      b2: [4.0, 3.0]

    edges:                    # each line is a chain of vertices, driven both ways
      - [a1, a2, b2, b1]
      - [b1, a1, {one_way: true, speed_mps: 0.5}]

    places:                   # what orders can name
      pack_1: {kind: station, vertex: b1}
      shelf_1: {kind: shelf, at: [-1.5, 3.0], beside: a2}

    zones:                    # optional; limits on some of the vertices
      aisle_a: {vertices: [a1, a2], robots_max: 1}
      east: {polygon: [[3, -1], [5, -1], [5, 4], [3, 4]], speed_mps: 0.5, one_way: north}

An edge is as long as the straight line, unless a chain of two vertices says ``length_m``. Chain
options hold for each of its edges. A place is either ``vertex: b1``, an existing vertex, or a
dead end of its own ``at: [x, y], beside: a2``: a new vertex of the place's name, joined both ways
to ``a2``, so that a robot that works there blocks nobody. Kinds are shelf, station, charger and
parking. No name of a place begins with ``@``: tasks write ``@a2`` for the vertex itself.

A zone's limits are ``robots_max`` (how many at once), ``speed_mps``, ``one_way`` (east, north,
west, south, or degrees counter-clockwise from the x axis) and ``closed``. In a grid it may also be
given as ``rows: [2, 5]``, ``columns: [0, 56]``, or both; the last ones are within.

With ``map: other.map`` the file builds on a map of another format beside it: it has that one's
vertices, edges and places, besides those that it adds; ``cell_m`` is how far a grid's cells are
apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Mapping
from itertools import pairwise
from typing import Any

import yaml

from muster_core.errors import SiteError
from muster_core.site.elements import Edge, Place, PlaceKind, Vertex, kind_names
from muster_core.site.grid import CELL_M_DEFAULT
from muster_core.site.model import FRAME_DEFAULT, SPEED_MPS_DEFAULT, Site
from muster_core.site.names import closest, shown
from muster_core.site.yaml_values import (
    read_list,
    read_mapping,
    read_named,
    read_number,
    read_text,
    read_truth,
)
from muster_core.site.yaml_zones import read_zones

NESTING_MAX = 16

_SITE_KEYS = (
    "site",
    "frame",
    "speed_mps",
    "allows_fetch",
    "map",
    "cell_m",
    "vertices",
    "edges",
    "places",
    "zones",
)
_EDGE_KEYS = ("one_way", "speed_mps", "length_m")
_PLACE_KEYS = ("kind", "vertex", "at", "beside")

# What the parser raises of a value that is not what it looks like or what its tag says, such as a
# date 2030-99-99 or an empty !!int.
_MEANINGLESS = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)

LoadMap = Callable[[str, float], Site]


def parse_site(text: str, source: str | None = None, *, load_map: LoadMap | None = None) -> Site:
    """The site that ``text`` describes, in the format above.

    :param source: where the text is from, for error sentences.
    :param load_map: gives the site in a file that ``map`` names, its cells as many m apart; None =
        there are no other files.
    :raises SiteError: when it cannot be used; one sentence with ``source`` and the line or key.
    """
    try:
        return _site(_parse_yaml(text), load_map)
    except SiteError as error:
        if source is None:
            raise
        raise SiteError(f"{source}: {error}") from error


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Safe YAML that refuses what would lose content or grow without bound."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Refuse merge keys (merges of merges grow exponentially) and keys given twice."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue  # refused later, as every key that is not text
            if key.tag == "tag:yaml.org,2002:merge":
                raise yaml.MarkedYAMLError(problem="'<<' is not used", problem_mark=key.start_mark)
            if key.value in seen:
                problem = f"{shown(key.value)} is given twice; keep one"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value)


def _check_nesting(text: str) -> None:
    """Refuse deep nesting: the C loader recurses without a limit and would take Python with it."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > NESTING_MAX:
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise SiteError(f"line {line}: is nested more than {NESTING_MAX} deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _parse_yaml(text: str) -> Any:
    try:
        _check_nesting(text)
        return yaml.load(text, Loader=_Loader)  # a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        what = ", ".join(filter(None, (error.context, error.problem))) or "is not YAML"
        raise SiteError(f"{where}{what}") from error
    except yaml.YAMLError as error:
        raise SiteError(f"is not YAML: {' '.join(str(error).split())}") from error
    except _MEANINGLESS as error:
        raise SiteError(f"has a value that YAML cannot mean: {error}") from error


def _site(document: Any, load_map: LoadMap | None) -> Site:
    if document is None:
        raise SiteError("is empty; a site file begins with 'site:', its name")
    content = read_mapping("the file", document, _SITE_KEYS)
    for key in ("site", "vertices") if "map" not in content else ("site",):
        if key not in content:
            raise SiteError(f"{key}: is missing; a site needs its name and its vertices")
    base = _base(content, load_map)
    vertices = {vertex.name: vertex for vertex in base.vertices} if base else {}
    for name, point in read_named("vertices", content.get("vertices")):
        _check_new("vertices", name, vertices)
        vertices[name] = _vertex(f"vertices.{name}", name, point)
    edges = list(base.edges) if base else []
    places = dict(base.places) if base else {}
    for name, entry in read_named("places", content.get("places")):
        _check_new("places", name, places)
        places[name] = _place(name, entry, vertices, edges)
    chains = content.get("edges")
    pairs: set[tuple[str, str]] = set()
    for number, chain in enumerate([] if chains is None else read_list("edges", chains), 1):
        for edge in _chain(f"edges, entry {number}", chain, vertices):
            if (edge.start, edge.end) in pairs:  # here, for aliases can repeat a chain for ever
                raise SiteError(
                    f"edges: {edge.start} -> {edge.end} is given twice, again in entry {number}; "
                    "keep one, and make it one_way if only that is so"
                )
            pairs.add((edge.start, edge.end))
            edges.append(edge)
    frame = content.get("frame", base.frame if base else FRAME_DEFAULT)
    speed_mps = content.get("speed_mps", base.speed_mps if base else SPEED_MPS_DEFAULT)
    return Site(
        name=read_text("site", content["site"]),
        frame=read_text("frame", frame),
        speed_mps=read_number("speed_mps", speed_mps),
        vertices=tuple(vertices.values()),
        edges=tuple(edges),
        places=places,
        allows_fetch=read_truth("allows_fetch", content.get("allows_fetch", False)),
        zones=read_zones(content.get("zones"), vertices),
        notes=base.notes if base else (),
    )


def _base(content: Mapping[str, Any], load_map: LoadMap | None) -> Site | None:
    """The site in the file that ``map`` names, which this one builds on; None without one."""
    if "map" not in content:
        if "cell_m" in content:
            raise SiteError("cell_m: is for the cells of a 'map', which is not given")
        return None
    file = read_text("map", content["map"])
    if load_map is None:
        raise SiteError(f"map: {shown(file)} cannot be read, for this text is in no folder")
    try:
        return load_map(file, read_number("cell_m", content.get("cell_m", CELL_M_DEFAULT)))
    except SiteError as error:
        raise SiteError(f"map: {error}") from error


def _check_new(key: str, name: str, known: Container[str]) -> None:
    if name in known:  # YAML refuses what it has twice itself
        raise SiteError(f"{key}.{name}: is in the map already; choose another name")


def _vertex(key: str, name: str, value: Any) -> Vertex:
    if not isinstance(value, list) or len(value) != 2:
        raise SiteError(f"{key} is {shown(value)}; write [x, y] in m")
    return Vertex(name, read_number(f"{key}: x", value[0]), read_number(f"{key}: y", value[1]))


def _place(name: str, entry: Any, vertices: dict[str, Vertex], edges: list[Edge]) -> Place:
    """The place; one with ``at`` adds its dead end to ``vertices`` and ``edges``."""
    key = f"places.{name}"
    options = read_mapping(key, entry, _PLACE_KEYS)
    kind = _kind(f"{key}: kind", options.get("kind"))
    if "vertex" in options and not options.keys() & {"at", "beside"}:
        return Place(name, read_text(f"{key}: vertex", options["vertex"]), kind)
    if options.keys() != {"kind", "at", "beside"}:
        raise SiteError(f"{key} needs either 'vertex', or both 'at' and 'beside'")
    if name in vertices:
        raise SiteError(f"{key}: a vertex has the same name; use 'vertex', or rename one of them")
    vertices[name] = _vertex(f"{key}: at", name, options["at"])
    beside = _known(f"{key}: beside", options["beside"], vertices)
    edges.extend(_both_ways(vertices[name], beside, _length_m(vertices[name], beside), None))
    return Place(name, name, kind)


def _kind(key: str, value: Any) -> PlaceKind:
    try:
        return PlaceKind(value)
    except ValueError:
        raise SiteError(f"{key} is {shown(value)}; use one of {kind_names()}") from None


def _chain(key: str, value: Any, vertices: Mapping[str, Vertex]) -> Iterable[Edge]:
    """The edges of one line under ``edges``."""
    names = read_list(key, value)
    options = (
        read_mapping(key, names[-1], _EDGE_KEYS) if names and isinstance(names[-1], dict) else {}
    )
    chain = [_known(key, name, vertices) for name in (names[:-1] if options else names)]
    if len(chain) < 2:
        raise SiteError(f"{key} is {shown(value)}; name at least two vertices, as in [a1, a2]")
    if "length_m" in options and len(chain) != 2:
        raise SiteError(f"{key}: length_m is for chains of two vertices; this has {len(chain)}")
    speed = options.get("speed_mps")
    speed_mps_max = None if speed is None else read_number(f"{key}: speed_mps", speed)
    is_one_way = read_truth(f"{key}: one_way", options.get("one_way", False))
    for start, end in pairwise(chain):
        length = options.get("length_m")
        length_m = (
            _length_m(start, end) if length is None else read_number(f"{key}: length_m", length)
        )
        edges = _both_ways(start, end, length_m, speed_mps_max)
        yield from edges[:1] if is_one_way else edges


def _both_ways(a: Vertex, b: Vertex, length_m: float, speed_mps_max: float | None) -> list[Edge]:
    return [
        Edge(a.name, b.name, length_m, speed_mps_max),
        Edge(b.name, a.name, length_m, speed_mps_max),
    ]


def _length_m(start: Vertex, end: Vertex) -> float:
    return math.hypot(end.x - start.x, end.y - start.y)


def _known(key: str, value: Any, vertices: Mapping[str, Vertex]) -> Vertex:
    name = read_text(key, value)
    if name not in vertices:
        nearest = closest(name, vertices)
        hint = f"; did you mean {nearest!r}?" if nearest else "; add it under 'vertices'"
        raise SiteError(f"{key}: {shown(name)} is not a vertex{hint}")
    return vertices[name]
