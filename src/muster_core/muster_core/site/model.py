"""The site: the map that a fleet shares, as a graph of vertices and edges with named places.

Rules for editors: a :class:`Site` that exists is valid, and its content stands in one canonical
order, so that equal digests mean equal vertex numbers and equal answers on every machine.
"""

from __future__ import annotations

import difflib
import hashlib
import math
import re
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice

import msgspec
import numpy as np
import numpy.typing as npt

from muster_core.errors import SiteError

SPEED_MPS_DEFAULT = 1.0
FRAME_DEFAULT = "map"

VERTICES_MAX = 50_000
EDGES_MAX = 200_000
PLACES_MAX = 50_000
NAME_LENGTH_MAX = 64
COORDINATE_M_MAX = 1e7  # holds UTM coordinates
LENGTH_M_MAX = 1e4
SPEED_MPS_MIN = 0.01
SPEED_MPS_MAX = 100.0
CLOSEST_CANDIDATES_MAX = 2000
AT_VERTEX = "@"
"""Begins a place's name that is only a vertex: ``@a1``. A lost robot stands at no named place."""


class PlaceKind(str, Enum):
    """What a place is for."""

    SHELF = "shelf"
    STATION = "station"
    CHARGER = "charger"
    PARKING = "parking"


@dataclass(frozen=True, slots=True)
class Vertex:
    """A point where a robot can stand; ``x`` and ``y`` in m, in the site's frame (REP-103)."""

    name: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from one vertex to another, in this direction only.

    :param speed_mps_max: the greatest speed allowed here, m/s; None = the site's speed.
    """

    start: str
    end: str
    length_m: float
    speed_mps_max: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A vertex that orders can name, and what is there."""

    name: str
    vertex: str
    kind: PlaceKind


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Site:
    """The map that a fleet shares. Two sites are equal when their digests are.

    Whatever order the content is given in, it is kept in the order of names (``a2`` before
    ``a10``).

    :param speed_mps: the reference speed of travel times, m/s.
    :param allows_fetch: whether a robot may take an item over from one that was lost with it.
    :param vertices: a vertex's number, wherever arrays count vertices, is its index here.
    :param digest: 64 hexadecimal digits, SHA-256 of the content; lengths count to the micrometre.
    :raises SiteError: when the content is not usable, as :func:`validate` says.
    """

    name: str
    frame: str = FRAME_DEFAULT
    speed_mps: float = SPEED_MPS_DEFAULT
    vertices: tuple[Vertex, ...]
    edges: tuple[Edge, ...] = field(default=(), repr=False)
    places: Mapping[str, Place] = field(default_factory=dict, repr=False)
    allows_fetch: bool = False
    digest: str = field(init=False)
    _indices: dict[str, int] = field(init=False, repr=False)
    _positions_m: npt.NDArray[np.float64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        validate(self)
        vertices = tuple(sorted(self.vertices, key=lambda vertex: _natural(vertex.name)))
        edges = sorted(self.edges, key=lambda edge: (_natural(edge.start), _natural(edge.end)))
        places = {name: self.places[name] for name in sorted(self.places, key=_natural)}
        assign = object.__setattr__  # the one place where a frozen site is still being made
        assign(self, "vertices", vertices)
        assign(self, "edges", tuple(edges))
        assign(self, "places", places)
        assign(self, "digest", _digest(self))
        assign(self, "_indices", {vertex.name: i for i, vertex in enumerate(vertices)})
        assign(self, "_positions_m", np.array([(v.x, v.y) for v in vertices], dtype=np.float64))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Site) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def has_vertex(self, name: str) -> bool:
        """Whether there is a vertex of that name."""
        return name in self._indices

    def vertex_index(self, name: str) -> int:
        """The vertex's number in ``vertices``.

        :raises SiteError: when there is no such vertex.
        """
        index = self._indices.get(name)
        if index is None:
            raise SiteError(
                f"site {self.name!r} has no vertex {shown(name)}{_hint(name, self._indices)}"
            )
        return index

    def vertex(self, name: str) -> Vertex:
        """The vertex of that name.

        :raises SiteError: when there is none.
        """
        return self.vertices[self.vertex_index(name)]

    def has_place(self, name: str) -> bool:
        """Whether :meth:`place` knows the name."""
        return name in self.places or (name[:1] == AT_VERTEX and self.has_vertex(name[1:]))

    def place(self, name: str) -> Place:
        """The place of that name; ``@a1`` is the vertex ``a1``, whether or not it is a place.

        :raises SiteError: when there is none; the message offers the nearest name.
        """
        if name[:1] == AT_VERTEX:
            # Its kind is that of a place that is nothing but somewhere to stand.
            return Place(name, self.vertex(name[1:]).name, PlaceKind.PARKING)
        place = self.places.get(name)
        if place is None:
            raise SiteError(
                f"site {self.name!r} has no place {shown(name)}{_hint(name, self.places)}"
            )
        return place

    def places_of_kind(self, kind: PlaceKind) -> tuple[Place, ...]:
        """The places of ``kind``, in the order of their names."""
        return tuple(place for place in self.places.values() if place.kind is kind)

    def nearest_vertex(self, x: float, y: float) -> str:
        """The vertex nearest to the point as the crow flies; the first by name when several are.

        :param x: m, in the site's frame, as ``y``.
        :raises SiteError: when the point is not finite.
        """
        if not (math.isfinite(x) and math.isfinite(y)):
            raise SiteError(f"no vertex is nearest to ({x}, {y}), which is not a finite point")
        offsets_m = self._positions_m - (x, y)
        return self.vertices[int(np.argmin(np.einsum("ij,ij->i", offsets_m, offsets_m)))].name

    def closest_name(self, name: str) -> str | None:
        """The place whose name reads most like ``name``; None when none does."""
        return closest(name, self.places)


def validate(site: Site) -> None:
    """Check a site's content.

    :raises SiteError: with one sentence that names the key, the value and what would be right.
    """
    check_name("site", site.name)
    check_name("frame", site.frame)
    _check_range("speed_mps", site.speed_mps, SPEED_MPS_MIN, SPEED_MPS_MAX, "m/s")
    check_count("vertices", len(site.vertices), VERTICES_MAX)
    check_count("edges", len(site.edges), EDGES_MAX)
    check_count("places", len(site.places), PLACES_MAX)
    if not site.vertices:
        raise SiteError("vertices is empty; a site needs at least one vertex")
    names: set[str] = set()
    for vertex in site.vertices:
        _check_vertex(vertex, names)
    pairs: set[tuple[str, str]] = set()
    for edge in site.edges:
        _check_edge(edge, names, pairs)
    for name, place in site.places.items():
        _check_place(name, place, names)


def _check_vertex(vertex: Vertex, names: set[str]) -> None:
    check_name("vertices", vertex.name)
    key = f"vertices.{vertex.name}"
    if vertex.name in names:
        raise SiteError(f"{key} is given twice; every vertex needs a name of its own")
    for axis, value in (("x", vertex.x), ("y", vertex.y)):
        _check_range(f"{key}: {axis}", value, -COORDINATE_M_MAX, COORDINATE_M_MAX, "m")
    names.add(vertex.name)


def _check_edge(edge: Edge, names: set[str], pairs: set[tuple[str, str]]) -> None:
    key = f"edges: {edge.start} -> {edge.end}"
    for end in (edge.start, edge.end):
        _check_known(key, end, names)
    if edge.start == edge.end:
        raise SiteError(f"{key} leads nowhere; an edge needs two different vertices")
    if (edge.start, edge.end) in pairs:
        raise SiteError(f"{key} is given twice; keep one, and make it one_way if only that is so")
    if not 0.0 < edge.length_m <= LENGTH_M_MAX:
        raise SiteError(
            f"{key}: length_m is {edge.length_m}; it must be greater than 0 and at most "
            f"{LENGTH_M_MAX:,.10g} m (do the two vertices stand on the same point?)"
        )
    if edge.speed_mps_max is not None:
        _check_range(f"{key}: speed_mps", edge.speed_mps_max, SPEED_MPS_MIN, SPEED_MPS_MAX, "m/s")
    pairs.add((edge.start, edge.end))


def _check_place(name: str, place: Place, names: set[str]) -> None:
    check_name("places", name)
    key = f"places.{name}"
    if name.startswith(AT_VERTEX):
        raise SiteError(
            f"{key}: the name of a place cannot begin with {AT_VERTEX!r}, which stands for a "
            f"vertex; write {name.lstrip(AT_VERTEX) or 'another name'!r}"
        )
    if place.name != name:
        raise SiteError(f"{key} is filed under another name than its own, {place.name!r}")
    if not isinstance(place.kind, PlaceKind):
        raise SiteError(f"{key}: kind is {place.kind!r}; use one of {kind_names()}")
    _check_known(f"{key}: vertex", place.vertex, names)


def _check_known(key: str, vertex: str, names: set[str]) -> None:
    if vertex not in names:
        raise SiteError(f"{key}: {shown(vertex)} is not a vertex{_hint(vertex, sorted(names))}")


def check_name(key: str, name: str) -> None:
    """Check a name.

    :raises SiteError: when it is empty, too long, or would break a line.
    """
    if not 1 <= len(name) <= NAME_LENGTH_MAX or not name.isprintable() or name != name.strip():
        raise SiteError(
            f"{key}: {shown(name)} is not a name; a name is 1 to {NAME_LENGTH_MAX} printable "
            f"characters without spaces around them"
        )


def check_count(key: str, count: int, count_max: int) -> None:
    """Check a size.

    :raises SiteError: when there is too much of something.
    """
    if count > count_max:
        raise SiteError(f"{key} has {count} entries; at most {count_max} fit, so split the site")


def _check_range(key: str, value: float, least: float, greatest: float, unit: str) -> None:
    if not least <= value <= greatest:  # also false for NaN
        raise SiteError(
            f"{key} is {value}; it must lie between {least:,.10g} and {greatest:,.10g} {unit}"
        )


def kind_names() -> str:
    """The kinds of place, as a list for people."""
    return ", ".join(kind.value for kind in PlaceKind)


def closest(name: str, names: Iterable[str]) -> str | None:
    """The one of ``names`` that reads most like ``name``, whatever its case; None when none does.

    Its effort is bounded: of very many names, only some that begin alike are compared.
    """
    wanted = name[:NAME_LENGTH_MAX].casefold()
    folded: dict[str, str] = {}
    for known in names:
        folded.setdefault(known.casefold(), known)
    if wanted in folded:
        return folded[wanted]
    candidates = list(folded)
    if len(candidates) > CLOSEST_CANDIDATES_MAX:
        alike = (known for known in candidates if known[:2] == wanted[:2])
        candidates = list(islice(alike, CLOSEST_CANDIDATES_MAX))
    matches = difflib.get_close_matches(wanted, candidates, n=1)
    return folded[matches[0]] if matches else None


def _hint(name: str, names: Iterable[str]) -> str:
    nearest = closest(name, names)
    return f"; did you mean {nearest!r}?" if nearest else ""


_SHORT = reprlib.Repr()
_SHORT.maxlevel = 2
_SHORT.maxstring = _SHORT.maxother = NAME_LENGTH_MAX


def shown(value: object) -> str:
    """The value for an error sentence, cut short: it may be long, deep or cyclic."""
    try:
        return "empty" if value is None else _SHORT.repr(value)
    except ValueError:  # an integer of more digits than Python prints
        return "a very large number"


_DIGITS = re.compile(r"([0-9]+)")


def _natural(name: str) -> tuple[tuple[str | int, ...], str]:
    """A sort key that puts ``a2`` before ``a10``; total, for it ends with the name itself."""
    parts = _DIGITS.split(name)
    return tuple(int(part) if i % 2 else part for i, part in enumerate(parts)), name


def _digest(site: Site) -> str:
    """SHA-256 of the content; lengths to the micrometre, for their last bits differ by machine."""
    content: tuple[object, ...] = (
        site.name,
        site.frame,
        float(site.speed_mps),
        [(v.name, float(v.x) + 0.0, float(v.y) + 0.0) for v in site.vertices],  # + 0.0: no -0.0
        [
            (
                e.start,
                e.end,
                f"{e.length_m:.6f}",
                None if e.speed_mps_max is None else float(e.speed_mps_max),
            )
            for e in site.edges
        ],
        [(p.name, p.vertex, p.kind.value) for p in site.places.values()],
    )
    if site.allows_fetch:
        content = (*content, "allows_fetch")
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()
