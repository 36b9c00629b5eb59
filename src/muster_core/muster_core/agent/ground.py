"""The site as a robot must know it that traffic leads."""

from __future__ import annotations

import math

from muster_core.site import Routes, Site


class Ground:
    """What an agent looks up of its site. For one thread."""

    def __init__(self, site: Site, routes: Routes) -> None:
        self._lengths_m: dict[tuple[str, str], float] = {}
        self._positions_m: dict[str, tuple[float, float]] = {}
        self.use(site, routes)

    def use(self, site: Site, routes: Routes) -> None:
        """Go by this site from now on. What the one before had may still be held, and is known."""
        self._site = site
        self._routes = routes
        self._lengths_m |= {(edge.start, edge.end): edge.length_m for edge in site.edges}
        self._positions_m |= {vertex.name: (vertex.x, vertex.y) for vertex in site.vertices}
        self._neighbours: dict[str, set[str]] = {}
        for edge in site.edges:
            self._neighbours.setdefault(edge.start, set()).add(edge.end)
            self._neighbours.setdefault(edge.end, set()).add(edge.start)

    def vertex_of(self, place: str) -> str:
        """The vertex of a place.

        :raises SiteError: when there is no such place.
        """
        return self._site.place(place).vertex

    def neighbours_of(self, vertex: str, here: str) -> tuple[str, ...]:
        """The vertices next to ``vertex`` that can be reached from ``here``, the quickest first."""
        times_s = {
            neighbour: self._routes.travel_time_s(here, neighbour)
            for neighbour in sorted(self._neighbours.get(vertex, ()))
        }
        reachable = [name for name, time_s in times_s.items() if not math.isinf(time_s)]
        return tuple(sorted(reachable, key=times_s.__getitem__))

    def edge_length_m(self, start: str, end: str) -> float:
        """How long the edge is, m; of one that traffic knows and this site does not, its chord."""
        length_m = self._lengths_m.get((start, end))
        return self.distance_m(start, self.position_m(end)) if length_m is None else length_m

    def position_m(self, vertex: str) -> tuple[float, float]:
        """Where the vertex is, in the site's frame, m."""
        return self._positions_m[vertex]

    def distance_m(self, vertex: str, point_m: tuple[float, float]) -> float:
        """How far a point is from the vertex as the crow flies, m."""
        return math.dist(self.position_m(vertex), point_m)
