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

An edge is as long as the straight line, unless a chain of two vertices says ``length_m``. Chain
options hold for each of its edges. A place is either ``vertex: b1``, an existing vertex, or a
dead end of its own ``at: [x, y], beside: a2``: a new vertex of the place's name, joined both ways
to ``a2``, so that a robot that works there blocks nobody. Kinds are shelf, station, charger and
parking. No name of a place begins with ``@``: tasks write ``@a2`` for the vertex itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import Any

import yaml

from muster_core.errors import SiteError
from muster_core.site.elements import Edge, Place, PlaceKind, Vertex, kind_names
from muster_core.site.model import FRAME_DEFAULT, SPEED_MPS_DEFAULT, Site
from muster_core.site.names import check_name, closest, shown
from muster_core.site.validation import EDGES_MAX, check_count

FILE_BYTES_MAX = 4 * 1024 * 1024
NESTING_MAX = 16

_SITE_KEYS = ("site", "frame", "speed_mps", "allows_fetch", "vertices", "edges", "places")
_EDGE_KEYS = ("one_way", "speed_mps", "length_m")
_PLACE_KEYS = ("kind", "vertex", "at", "beside")


def load_site(path: str | PathLike[str]) -> Site:
    """The site in the file at ``path``.

    :raises SiteError: when there is none or it cannot be used; one sentence with the path and the
        line or key.
    """
    source = str(path)
    try:
        text = _read(Path(path))
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise SiteError(f"{source}: cannot be read: {getattr(error, 'strerror', error)}") from error
    return parse_site(text, source)


def parse_site(text: str, source: str) -> Site:
    """The site that ``text`` describes, in the format above.

    :param source: where the text is from, for error sentences.
    :raises SiteError: when it cannot be used; one sentence with ``source`` and the line or key.
    """
    try:
        return _site(_parse_yaml(text))
    except SiteError as error:
        raise SiteError(f"{source}: {error}") from error


def _read(path: Path) -> str:
    """The file's text; never more than ``FILE_BYTES_MAX`` of it is read."""
    if path.exists() and not path.is_file():
        raise SiteError(f"{path}: is not a file; name the site's YAML file")
    with path.open("rb") as file:
        content = file.read(FILE_BYTES_MAX + 1)
    if len(content) > FILE_BYTES_MAX:
        size = path.stat().st_size
        raise SiteError(f"{path}: has {size} bytes; a site file has at most {FILE_BYTES_MAX}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SiteError(f"{path}: line {line}: is not UTF-8 text; save it as UTF-8") from error


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
    except ValueError as error:  # such as a date 2030-99-99
        raise SiteError(f"has a value that YAML cannot mean: {error}") from error


def _site(document: Any) -> Site:
    if document is None:
        raise SiteError("is empty; a site file begins with 'site:', its name")
    content = _mapping("the file", document, _SITE_KEYS)
    for key in ("site", "vertices"):
        if key not in content:
            raise SiteError(f"{key}: is missing; a site needs its name and its vertices")
    vertices = {
        name: _vertex(f"vertices.{name}", name, point)
        for name, point in _named("vertices", content["vertices"])
    }
    edges: list[Edge] = []
    places: dict[str, Place] = {}
    for name, entry in _named("places", content.get("places")):
        places[name] = _place(name, entry, vertices, edges)
    chains = content.get("edges")
    for number, chain in enumerate([] if chains is None else _list("edges", chains), 1):
        edges.extend(_chain(f"edges, entry {number}", chain, vertices))
        check_count("edges", len(edges), EDGES_MAX)  # here, for aliases can repeat a chain for ever
    return Site(
        name=_text("site", content["site"]),
        frame=_text("frame", content.get("frame", FRAME_DEFAULT)),
        speed_mps=_number("speed_mps", content.get("speed_mps", SPEED_MPS_DEFAULT)),
        vertices=tuple(vertices.values()),
        edges=tuple(edges),
        places=places,
        allows_fetch=_truth("allows_fetch", content.get("allows_fetch", False)),
    )


def _vertex(key: str, name: str, value: Any) -> Vertex:
    if not isinstance(value, list) or len(value) != 2:
        raise SiteError(f"{key} is {shown(value)}; write [x, y] in m")
    return Vertex(name, _number(f"{key}: x", value[0]), _number(f"{key}: y", value[1]))


def _place(name: str, entry: Any, vertices: dict[str, Vertex], edges: list[Edge]) -> Place:
    """The place; one with ``at`` adds its dead end to ``vertices`` and ``edges``."""
    key = f"places.{name}"
    options = _mapping(key, entry, _PLACE_KEYS)
    kind = _kind(f"{key}: kind", options.get("kind"))
    if "vertex" in options and not options.keys() & {"at", "beside"}:
        return Place(name, _text(f"{key}: vertex", options["vertex"]), kind)
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
    names = _list(key, value)
    options = _mapping(key, names[-1], _EDGE_KEYS) if names and isinstance(names[-1], dict) else {}
    chain = [_known(key, name, vertices) for name in (names[:-1] if options else names)]
    if len(chain) < 2:
        raise SiteError(f"{key} is {shown(value)}; name at least two vertices, as in [a1, a2]")
    if "length_m" in options and len(chain) != 2:
        raise SiteError(f"{key}: length_m is for chains of two vertices; this has {len(chain)}")
    speed = options.get("speed_mps")
    speed_mps_max = None if speed is None else _number(f"{key}: speed_mps", speed)
    is_one_way = _truth(f"{key}: one_way", options.get("one_way", False))
    for start, end in pairwise(chain):
        length = options.get("length_m")
        length_m = _length_m(start, end) if length is None else _number(f"{key}: length_m", length)
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
    name = _text(key, value)
    if name not in vertices:
        nearest = closest(name, vertices)
        hint = f"; did you mean {nearest!r}?" if nearest else "; add it under 'vertices'"
        raise SiteError(f"{key}: {shown(name)} is not a vertex{hint}")
    return vertices[name]


def _mapping(key: str, value: Any, allowed: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SiteError(f"{key} is {shown(value)}; write a mapping with {', '.join(allowed)}")
    for name in value:
        if name not in allowed:
            raise SiteError(f"{key}: {shown(name)} is not a key; use {', '.join(allowed)}")
    return value


def _named(key: str, value: Any) -> Iterable[tuple[str, Any]]:
    """The entries of a mapping with names as keys; none when it is left empty."""
    if value is None:
        return
    if not isinstance(value, dict):
        raise SiteError(f"{key} is {shown(value)}; write one 'name: ...' a line")
    for name, entry in value.items():
        check_name(key, _text(f"{key}: the name", name))
        yield name, entry


def _list(key: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise SiteError(f"{key} is {shown(value)}; write a list of vertices, as in [a1, a2, a3]")
    return value


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise SiteError(
            f"{key} is {shown(value)}; write text, in quotes if YAML takes it otherwise"
        )
    return value


def _number(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SiteError(f"{key} is {shown(value)}; write a number")
    try:
        return float(value)
    except OverflowError:
        raise SiteError(f"{key} is {shown(value)}; that is too large") from None


def _truth(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise SiteError(f"{key} is {shown(value)}; use true or false")
    return value
