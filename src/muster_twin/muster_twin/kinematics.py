"""How a simulated robot moves: along edges at constant speed, as a pure function of time."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from muster_core.errors import SiteError
from muster_core.site import Edge, Site, Vertex

Edges = Mapping[tuple[str, str], Edge]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a robot is on its way; x and y in m, heading in rad, in the site's frame.

    :param index: of the vertex reached last, along the way.
    :param vertex: that vertex.
    :param next_vertex: the one that it is under way to; empty when it is at ``vertex``.
    :param distance_m: driven since the way's start.
    """

    x: float
    y: float
    heading: float
    index: int
    vertex: str
    next_vertex: str
    distance_m: float


@dataclass(frozen=True, slots=True)
class Drive:
    """One way along vertices.

    :param arrivals_s: when each vertex is reached, s since departure; the first is 0.
    :param distances_m: how far each vertex is along the way, m.
    :param heading: before the first edge, rad.
    """

    vertices: tuple[Vertex, ...]
    arrivals_s: tuple[float, ...]
    distances_m: tuple[float, ...]
    heading: float

    @property
    def duration_s(self) -> float:
        """How long all of it takes, s."""
        return self.arrivals_s[-1]

    def at(self, elapsed_s: float) -> Whereabouts:
        """Where the robot is ``elapsed_s`` after departure; at the end, once that is reached."""
        index = max(0, bisect_right(self.arrivals_s, elapsed_s) - 1)
        here = self.vertices[index]
        if index + 1 == len(self.vertices):
            heading = self._heading(index - 1)
            place_m = self.distances_m[index]
            return Whereabouts(here.x, here.y, heading, index, here.name, "", place_m)
        there = self.vertices[index + 1]
        share = (elapsed_s - self.arrivals_s[index]) / (
            self.arrivals_s[index + 1] - self.arrivals_s[index]
        )
        length_m = self.distances_m[index + 1] - self.distances_m[index]
        return Whereabouts(
            here.x + share * (there.x - here.x),
            here.y + share * (there.y - here.y),
            self._heading(index),
            index,
            here.name,
            there.name if share > 0.0 else "",
            self.distances_m[index] + share * length_m,
        )

    def next_index(self, elapsed_s: float) -> int:
        """The index of the first vertex that is reached at ``elapsed_s`` or later, or the last."""
        return min(bisect_left(self.arrivals_s, elapsed_s), len(self.vertices) - 1)

    def halted(self, elapsed_s: float) -> Drive:
        """The same way up to the first vertex that is reached at ``elapsed_s`` or later."""
        count = self.next_index(elapsed_s) + 1
        return Drive(
            self.vertices[:count], self.arrivals_s[:count], self.distances_m[:count], self.heading
        )

    def followed_by(self, rest: Drive) -> Drive:
        """This way, and then ``rest``, which begins where this one ends."""
        end_s, end_m = self.arrivals_s[-1], self.distances_m[-1]
        return Drive(
            (*self.vertices, *rest.vertices[1:]),
            (*self.arrivals_s, *(end_s + arrival_s for arrival_s in rest.arrivals_s[1:])),
            (*self.distances_m, *(end_m + distance_m for distance_m in rest.distances_m[1:])),
            self.heading,
        )

    def _heading(self, index: int) -> float:
        """The direction of the edge after the vertex at ``index``."""
        if not 0 <= index < len(self.vertices) - 1:
            return self.heading
        here, there = self.vertices[index], self.vertices[index + 1]
        return math.atan2(there.y - here.y, there.x - here.x)


def edges_by_ends(site: Site) -> Edges:
    """The site's edges, by start and end, each with the speed that the zones in force leave it.

    All of them, also those that a zone forbids: who may drive where is not decided here.
    """
    allowed_mps = site.access.speeds_mps.tolist()
    return {
        (edge.start, edge.end): replace(
            edge, speed_mps_max=None if math.isinf(speed_mps) else speed_mps
        )
        for edge, speed_mps in zip(site.edges, allowed_mps, strict=True)
    }


def drive_along(
    path: Sequence[str], site: Site, edges: Edges, *, speed_mps: float, heading: float
) -> Drive:
    """The drive along ``path``, a way of the graph, at ``speed_mps`` or what an edge allows.

    :raises SiteError: when an edge of it is none of the site's.
    """
    arrivals_s, distances_m = [0.0], [0.0]
    for ends in pairwise(path):
        edge = edges.get(ends)
        if edge is None:
            raise SiteError(f"site {site.name!r} has no edge from {ends[0]!r} to {ends[1]!r}")
        allowed_mps = min(speed_mps, edge.speed_mps_max or speed_mps)
        arrivals_s.append(arrivals_s[-1] + edge.length_m / allowed_mps)
        distances_m.append(distances_m[-1] + edge.length_m)
    vertices = tuple(site.vertex(name) for name in path)
    return Drive(vertices, tuple(arrivals_s), tuple(distances_m), heading)
