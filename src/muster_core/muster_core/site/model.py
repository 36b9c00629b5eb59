"""The site: the map that a fleet shares, as a graph of vertices and edges with named places.

Rules for editors: a :class:`Site` that exists is valid, and its content stands in one canonical
order, so that equal digests mean equal vertex numbers and equal answers on every machine.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from muster_core.errors import SiteError
from muster_core.site.access import Access, access_under
from muster_core.site.digest import site_digest
from muster_core.site.edge_arrays import EdgeArrays, edge_arrays
from muster_core.site.elements import Edge, Place, PlaceKind, Vertex
from muster_core.site.names import closest, hint, natural, shown
from muster_core.site.validation import (
    AT_VERTEX,
    EDGES_MAX,
    check_count,
    check_edges,
    check_head,
    check_places,
    check_vertices,
    check_zones,
)
from muster_core.site.zone import Zone, ZoneLimits

SPEED_MPS_DEFAULT = 1.0
FRAME_DEFAULT = "map"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Site:
    """The map that a fleet shares. Two sites are equal when their digests and zones are.

    Whatever order the content is given in, it is kept in the order of names (``a2`` before
    ``a10``).

    :param speed_mps: the reference speed of travel times, m/s.
    :param allows_fetch: whether a robot may take an item over from one that was lost with it.
    :param zones: limits on parts of the site, by name; :meth:`with_zones` changes them.
    :param notes: what the site's file says that a site does not keep, each a counted sentence.
    :param vertices: a vertex's number, wherever arrays count vertices, is its index here.
    :param edge_arrays: the same as ``edges``, in the same order.
    :param access: what the zones in force leave of the edges.
    :param digest: 64 hexadecimal digits, SHA-256 of the content; lengths count to the micrometre.
        Zones count as they were first given: they change while the site stays the same.
    :raises SiteError: when the content is not usable; one sentence with the key and the value.
    """

    name: str
    frame: str = FRAME_DEFAULT
    speed_mps: float = SPEED_MPS_DEFAULT
    vertices: tuple[Vertex, ...] = field(repr=False)
    edges: tuple[Edge, ...] = field(default=(), repr=False)
    places: Mapping[str, Place] = field(default_factory=dict, repr=False)
    allows_fetch: bool = False
    zones: Mapping[str, Zone] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = field(default=(), repr=False)
    digest: str = field(init=False)
    edge_arrays: EdgeArrays = field(init=False, repr=False)
    access: Access = field(init=False, repr=False)
    positions_m: npt.NDArray[np.float64] = field(init=False, repr=False)
    _indices: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_head(self.name, self.frame, self.speed_mps)
        check_vertices(self.vertices)
        check_count("edges", len(self.edges), EDGES_MAX)
        vertices = tuple(sorted(self.vertices, key=lambda vertex: natural(vertex.name)))
        indices = {vertex.name: i for i, vertex in enumerate(vertices)}
        arrays = edge_arrays(self.edges, indices)
        check_edges(self.edges, arrays, indices)
        check_places(self.places, indices)
        check_zones(self.zones, indices)
        order = np.lexsort((arrays.ends, arrays.starts))
        positions_m = np.array([(v.x, v.y) for v in vertices], dtype=np.float64)
        positions_m.flags.writeable = False
        assign = object.__setattr__  # the one place where a frozen site is still being made
        assign(self, "vertices", vertices)
        assign(self, "edges", tuple([self.edges[i] for i in order.tolist()]))
        assign(
            self, "places", {name: self.places[name] for name in sorted(self.places, key=natural)}
        )
        assign(self, "edge_arrays", arrays.taken(order))
        assign(self, "positions_m", positions_m)
        assign(self, "_indices", indices)
        self._set_zones(self.zones)
        head = (self.name, self.frame, self.speed_mps, self.allows_fetch)
        content = (self.vertices, self.edges, self.places.values(), self.zones.values())
        assign(self, "digest", site_digest(head, *content))

    def _set_zones(self, zones: Mapping[str, Zone]) -> None:
        """Make valid zones those in force; only for a site that nobody has seen yet."""
        index = self._indices.__getitem__
        ordered = {
            name: replace(zone, vertices=tuple(sorted(set(zone.vertices), key=index)))
            for name, zone in _in_order(zones).items()
        }
        access = access_under(ordered.values(), self.edge_arrays, self._indices, self.positions_m)
        object.__setattr__(self, "zones", ordered)
        object.__setattr__(self, "access", access)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Site) and self.digest == other.digest and self.zones == other.zones

    def __hash__(self) -> int:
        return hash(self.digest)

    def with_zones(self, *zones: Zone) -> Site:
        """The same site, of the same digest, with these zones set and the others as they are.

        A zone of a name that the site has is replaced; any other is added.

        :raises SiteError: when one cannot be used.
        """
        changed = {**self.zones, **{zone.name: zone for zone in zones}}
        check_zones(changed, self._indices)
        site = copy.copy(self)
        site._set_zones(changed)
        return site

    def with_limits(self, name: str, limits: ZoneLimits) -> Site:
        """The same site with other limits in force in the zone of that name.

        :raises SiteError: when there is no such zone, or the limits cannot be used.
        """
        return self.with_zones(replace(self.zone(name), limits=limits))

    def zone(self, name: str) -> Zone:
        """The zone of that name.

        :raises SiteError: when there is none; the message offers the nearest name.
        """
        zone = self.zones.get(name)
        if zone is None:
            raise SiteError(f"site {self.name!r} has no zone {shown(name)}{hint(name, self.zones)}")
        return zone

    def zones_of(self, vertex: str) -> tuple[Zone, ...]:
        """The zones that the vertex is in, in the order of their names."""
        return tuple(zone for zone in self.zones.values() if vertex in zone.vertices)

    def open_edges(self) -> tuple[Edge, ...]:
        """The edges that may be driven now, each with the speed that the zones in force leave it.

        Made anew by each call; a caller that needs them often keeps them.
        """
        if not self.zones:
            return self.edges
        speeds = self.access.speeds_mps.tolist()
        return tuple(
            edge
            if speed == (edge.speed_mps_max or math.inf)
            else replace(edge, speed_mps_max=speed)
            for edge, speed, is_open in zip(
                self.edges, speeds, self.access.is_open.tolist(), strict=True
            )
            if is_open
        )

    def is_closed(self, vertex: str) -> bool:
        """Whether the vertex is in a closed zone: nobody is sent there.

        :raises SiteError: when there is no such vertex.
        """
        return bool(self.access.is_closed[self.vertex_index(vertex)])

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
                f"site {self.name!r} has no vertex {shown(name)}{hint(name, self._indices)}"
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
                f"site {self.name!r} has no place {shown(name)}{hint(name, self.places)}"
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
        offsets_m = self.positions_m - (x, y)
        return self.vertices[int(np.argmin(np.einsum("ij,ij->i", offsets_m, offsets_m)))].name

    def closest_name(self, name: str) -> str | None:
        """The place whose name reads most like ``name``; None when none does."""
        return closest(name, self.places)


_Named = TypeVar("_Named")


def _in_order(named: Mapping[str, _Named]) -> dict[str, _Named]:
    return {name: named[name] for name in sorted(named, key=natural)}
