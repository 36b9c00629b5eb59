"""The site as the twin's robots drive it: lengths, speeds and directions, looked up by name."""

from __future__ import annotations

import math

from muster_core.site import PlaceKind, Routes, Site
from muster_core.traffic.map import TrafficMap


class Ground:
    """What does not change while a warehouse runs.

    :param site: with the zones that are in force.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.routes = Routes(site)
        edges = site.open_edges()
        self.lengths_m = {(edge.start, edge.end): edge.length_m for edge in edges}
        self.speeds_mps = {(edge.start, edge.end): edge.speed_mps_max or math.inf for edge in edges}
        self.positions_m = {vertex.name: (vertex.x, vertex.y) for vertex in site.vertices}
        self.charger_vertices = frozenset(
            place.vertex for place in site.places_of_kind(PlaceKind.CHARGER)
        )
        self.map = TrafficMap.of_site(site)

    def vertex_of(self, place: str) -> str:
        """The vertex of a place.

        :raises SiteError: when there is no such place.
        """
        return self.site.place(place).vertex

    def edge_length_m(self, start: str, end: str) -> float:
        """How long an edge is, m."""
        return self.lengths_m[start, end]

    def heading(self, start: str, end: str) -> float:
        """The direction from one vertex to another, rad."""
        (x, y), (to_x, to_y) = self.positions_m[start], self.positions_m[end]
        return math.atan2(to_y - y, to_x - x)
