"""Whether what a site is made of can be used; each check says in a sentence what cannot."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping, Sequence

import numpy as np

from muster_core.errors import SiteError
from muster_core.site.edge_arrays import EdgeArrays
from muster_core.site.elements import Edge, Place, PlaceKind, Vertex, kind_names
from muster_core.site.names import check_name, hint, is_name, shown
from muster_core.site.zone import Zone, ZoneLimits

VERTICES_MAX = 200_000
EDGES_MAX = 1_000_000
PLACES_MAX = 200_000
ZONES_MAX = 1000
ZONE_MEMBERS_MAX = 1_000_000
"""Vertices of all zones together; one that is in two zones counts twice."""
COORDINATE_M_MAX = 1e7  # holds UTM coordinates
LENGTH_M_MAX = 1e4
SPEED_MPS_MIN = 0.01
SPEED_MPS_MAX = 100.0
AT_VERTEX = "@"
"""Begins a place's name that is only a vertex: ``@a1``. A lost robot stands at no named place."""


def check_head(name: str, frame: str, speed_mps: float) -> None:
    """Check what is said of the site as a whole.

    :raises SiteError: when it cannot be used.
    """
    check_name("site", name)
    check_name("frame", frame)
    check_range("speed_mps", speed_mps, SPEED_MPS_MIN, SPEED_MPS_MAX, "m/s")


def check_vertices(vertices: Sequence[Vertex]) -> None:
    """Check vertices by themselves.

    :raises SiteError: when there are none or too many, or one cannot be used.
    """
    check_count("vertices", len(vertices), VERTICES_MAX)
    if not vertices:
        raise SiteError("vertices is empty; a site needs at least one vertex")
    names: set[str] = set()
    limit = COORDINATE_M_MAX
    for vertex in vertices:
        name = vertex.name
        if (
            name in names
            or not is_name(name)
            or not (-limit <= vertex.x <= limit and -limit <= vertex.y <= limit)
        ):
            _refuse_vertex(vertex, names)
        names.add(name)


def _refuse_vertex(vertex: Vertex, names: Container[str]) -> None:
    check_name("vertices", vertex.name)
    key = f"vertices.{vertex.name}"
    if vertex.name in names:
        raise SiteError(f"{key} is given twice; every vertex needs a name of its own")
    for axis, value in (("x", vertex.x), ("y", vertex.y)):
        check_range(f"{key}: {axis}", value, -COORDINATE_M_MAX, COORDINATE_M_MAX, "m")


def check_edges(edges: Sequence[Edge], arrays: EdgeArrays, indices: Mapping[str, int]) -> None:
    """Check edges against the vertices.

    :param arrays: the same edges.
    :raises SiteError: when there are too many, or one cannot be used; names the first.
    """
    if not _are_sound(arrays, len(indices)):
        pairs: set[tuple[str, str]] = set()
        for edge in edges:
            _check_edge(edge, indices, pairs)


def _are_sound(arrays: EdgeArrays, vertex_count: int) -> bool:
    """Whether no edge has anything wrong; quick, but does not know which one has."""
    starts, ends = arrays.starts.astype(np.int64), arrays.ends
    speeds = arrays.speeds_mps
    return bool(
        np.all((starts >= 0) & (ends >= 0) & (starts != ends))
        and np.all((arrays.lengths_m > 0.0) & (arrays.lengths_m <= LENGTH_M_MAX))
        and np.all((speeds >= SPEED_MPS_MIN) & (speeds <= SPEED_MPS_MAX) | np.isposinf(speeds))
        and len(np.unique(starts * vertex_count + ends)) == len(starts)
    )


def _check_edge(edge: Edge, indices: Mapping[str, int], pairs: set[tuple[str, str]]) -> None:
    key = f"edges: {edge.start} -> {edge.end}"
    for end in (edge.start, edge.end):
        _check_known(key, end, indices)
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
        check_range(f"{key}: speed_mps", edge.speed_mps_max, SPEED_MPS_MIN, SPEED_MPS_MAX, "m/s")
    pairs.add((edge.start, edge.end))


def check_places(places: Mapping[str, Place], indices: Mapping[str, int]) -> None:
    """Check places against the vertices.

    :raises SiteError: when there are too many, or one cannot be used.
    """
    check_count("places", len(places), PLACES_MAX)
    for name, place in places.items():
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
        _check_known(f"{key}: vertex", place.vertex, indices)


def check_zones(zones: Mapping[str, Zone], indices: Mapping[str, int]) -> None:
    """Check zones against the vertices.

    :raises SiteError: when there are too many, or one cannot be used.
    """
    check_count("zones", len(zones), ZONES_MAX)
    check_count("zones together", sum(len(z.vertices) for z in zones.values()), ZONE_MEMBERS_MAX)
    for name, zone in zones.items():
        check_name("zones", name)
        key = f"zones.{name}"
        if zone.name != name:
            raise SiteError(f"{key} is filed under another name than its own, {zone.name!r}")
        if not zone.vertices:
            raise SiteError(f"{key} has no vertex; name those that it is made of")
        for vertex in zone.vertices:
            _check_known(f"{key}: vertices", vertex, indices)
        _check_limits(key, zone.limits)


def _check_limits(key: str, limits: ZoneLimits) -> None:
    if limits.robots_max is not None and limits.robots_max < 1:
        raise SiteError(
            f"{key}: robots_max is {limits.robots_max}; it must be 1 or more (to keep robots out, "
            "close the zone)"
        )
    if limits.speed_mps_max is not None:
        speed = limits.speed_mps_max
        check_range(f"{key}: speed_mps", speed, SPEED_MPS_MIN, SPEED_MPS_MAX, "m/s")
    if limits.one_way_deg is not None and not 0.0 <= limits.one_way_deg < 360.0:
        raise SiteError(
            f"{key}: one_way is {limits.one_way_deg} degrees; it must be at least 0 and less than "
            "360, or east, north, west or south"
        )


def _check_known(key: str, vertex: str, names: Collection[str]) -> None:
    if vertex not in names:
        raise SiteError(f"{key}: {shown(vertex)} is not a vertex{hint(vertex, sorted(names))}")


def check_count(key: str, count: int, count_max: int) -> None:
    """Check a size.

    :raises SiteError: when there is too much of something.
    """
    if count > count_max:
        raise SiteError(f"{key} has {count} entries; at most {count_max} fit, so split the site")


def check_range(key: str, value: float, least: float, greatest: float, unit: str) -> None:
    """Check a number.

    :raises SiteError: when it lies outside, or is none.
    """
    if not least <= value <= greatest:  # also false for NaN
        raise SiteError(
            f"{key} is {value}; it must lie between {least:,.10g} and {greatest:,.10g} {unit}"
        )
