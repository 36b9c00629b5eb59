"""The site as the twin's robots drive it: lengths, speeds and directions, looked up by name."""

from __future__ import annotations

import math
from functools import cached_property
from typing import NamedTuple

from muster_core.site import PlaceKind, Routes, Site
from muster_core.traffic.map import TrafficMap


class DrivenEdge(NamedTuple):
    """An edge as robots drive it.

    :param speed_mps_max: inf = as fast as the robot can.
    :param heading: the direction that it leads in, rad.
    """

    length_m: float
    speed_mps_max: float
    heading: float


class Ground:
    """What does not change while a warehouse runs.

    :param site: with the zones that are in force.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.routes = Routes(site)
        edges = site.open_edges()
        self.positions_m = {vertex.name: (vertex.x, vertex.y) for vertex in site.vertices}
        self.edges = {
            (edge.start, edge.end): DrivenEdge(
                edge.length_m,
                edge.speed_mps_max or math.inf,
                self._heading(edge.start, edge.end),
            )
            for edge in edges
        }
        self.charger_vertices = frozenset(
            place.vertex for place in site.places_of_kind(PlaceKind.CHARGER)
        )

    @cached_property
    def map(self) -> TrafficMap:
        """The site as traffic sees it."""
        return TrafficMap.of_site(self.site)

    def vertex_of(self, place: str) -> str:
        """The vertex of a place.

        :raises SiteError: when there is no such place.
        """
        return self.site.place(place).vertex

    def edge_length_m(self, start: str, end: str) -> float:
        """How long an edge is, m."""
        return self.edges[start, end].length_m

    def _heading(self, start: str, end: str) -> float:
        (x, y), (to_x, to_y) = self.positions_m[start], self.positions_m[end]
        return math.atan2(to_y - y, to_x - x)
