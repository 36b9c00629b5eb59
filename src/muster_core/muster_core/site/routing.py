"""Travel times and shortest paths over a site's graph (E. W. Dijkstra, 1959; scipy's).

The limits of the site's zones hold: nothing leads into a closed zone or against a direction, and
speeds are those that the zones leave. For other limits, make new routes of ``site.with_zones``.

Edge times are whole microseconds inside, so that sums are exact and ties are ties on any machine.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csgraph, csr_matrix  # type: ignore[import-untyped]

from muster_core.errors import SiteError
from muster_core.site.model import Site

US_PER_S = 1_000_000
CACHE_BYTES_MAX = 128 * 1024 * 1024
"""How much the travel times to recent destinations may take when nothing else is configured."""

Seconds = npt.NDArray[np.float32]


class _Times(NamedTuple):
    """Times from every vertex to one: float64 [vertices], whole us, and float32 [vertices], s."""

    exact_us: npt.NDArray[np.float64]
    seconds: Seconds


_TIMES_BYTES = 8 + 4  # a vertex's share of one _Times


class Routes:
    """How long it takes from anywhere to a vertex of the site, and which way it goes.

    For one thread; it keeps the answers for the destinations asked last.

    :param cached_max: how many destinations are kept; the one asked longest ago gives way. None =
        as many as fit ``CACHE_BYTES_MAX``.
    """

    def __init__(self, site: Site, *, cached_max: int | None = None) -> None:
        fitting = CACHE_BYTES_MAX // (_TIMES_BYTES * len(site.vertices))
        self._site = site
        self._cached_max = max(1, fitting if cached_max is None else cached_max)
        self._cache: OrderedDict[int, _Times] = OrderedDict()
        self._forward = _matrix(site)
        self._backward = self._forward.T.tocsr()
        self._main = _main_part(site, self._forward)
        self._main.flags.writeable = False

    @property
    def site(self) -> Site:
        """The site that is travelled."""
        return self._site

    def travel_times_to(self, vertex: str) -> Seconds:
        """How long it takes from every vertex to ``vertex`` at the reference speed.

        :returns: float32 [vertices], seconds; inf = no path. Read-only, shared with later callers.
        :raises SiteError: when there is no such vertex.
        """
        return self._times_to(self._site.vertex_index(vertex)).seconds

    def travel_time_s(self, start: str, end: str) -> float:
        """How long it takes from ``start`` to ``end`` at the reference speed; inf = no path.

        :raises SiteError: when one of the vertices does not exist.
        """
        return float(self.travel_times_to(end)[self._site.vertex_index(start)])

    def path(self, start: str, end: str) -> tuple[str, ...]:
        """The vertices of the fastest way, both ends included.

        Of equally fast ways it takes, at each fork, the vertex that is first by name.

        :raises SiteError: when there is no way, or one of the vertices does not exist.
        """
        at, goal = self._site.vertex_index(start), self._site.vertex_index(end)
        left_us = self._times_to(goal).exact_us
        if not np.isfinite(left_us[at]):
            raise SiteError(f"site {self._site.name!r} has no way from {start!r} to {end!r}")
        names = [start]
        while at != goal:
            at = self._next(at, left_us)
            names.append(self._site.vertices[at].name)
        return tuple(names)

    @property
    def main(self) -> npt.NDArray[np.bool_]:
        """Bool [vertices]: :meth:`is_main` of each vertex. Read-only, shared."""
        return self._main

    def is_main(self, vertex: str) -> bool:
        """Whether the vertex can be reached from, and left for, most of the site.

        That is, whether it belongs to the largest strongly connected component. A place outside
        it is unreachable, a trap, or in a closed zone.

        :raises SiteError: when there is no such vertex.
        """
        return bool(self._main[self._site.vertex_index(vertex)])

    def unreachable_reason(self, place_name: str) -> str | None:
        """Why no robot should be sent to the place, in a sentence; None when one can be.

        :raises SiteError: when there is no such place.
        """
        place = self._site.place(place_name)
        index = self._site.vertex_index(place.vertex)
        if self._main[index]:
            return None
        if self._site.is_closed(place.vertex):
            closed = [
                zone.name for zone in self._site.zones_of(place.vertex) if zone.limits.is_closed
            ]
            return (
                f"place {place.name!r} (vertex {place.vertex!r}) is in zone {closed[0]!r}, "
                "which is closed"
            )
        main = int(np.argmax(self._main))
        is_reached = bool(np.isfinite(self._times_to(index).exact_us[main]))
        is_left = bool(np.isfinite(self._times_to(main).exact_us[index]))
        trouble = {
            (False, False): "cannot be reached from the rest of the site; an edge to it is missing",
            (False, True): "can be left but not reached; is an edge one_way that should not be?",
            (True, False): "can be reached but not left; is an edge one_way that should not be?",
        }[is_reached, is_left]
        return f"place {place.name!r} (vertex {place.vertex!r}) {trouble}"

    def _times_to(self, goal: int) -> _Times:
        times = self._cache.get(goal)
        if times is None:
            exact_us = csgraph.dijkstra(self._backward, indices=goal)
            if self._site.access.is_closed[goal]:  # within its zone it could still be reached
                exact_us = np.where(np.arange(len(exact_us)) == goal, 0.0, np.inf)
            seconds = (exact_us / US_PER_S).astype(np.float32)
            seconds.flags.writeable = False
            times = self._cache[goal] = _Times(exact_us, seconds)
            if len(self._cache) > self._cached_max:
                self._cache.popitem(last=False)
        self._cache.move_to_end(goal)
        return times

    def _next(self, at: int, left_us: npt.NDArray[np.float64]) -> int:
        """The first vertex after ``at`` on a fastest way; exact sums, so one always fits."""
        row = slice(self._forward.indptr[at], self._forward.indptr[at + 1])
        ends, edge_us = self._forward.indices[row], self._forward.data[row]
        fitting = ends[edge_us + left_us[ends] == left_us[at]]
        return int(fitting[0])


def _matrix(site: Site) -> csr_matrix:
    """Edge times, float64 [vertices, vertices], whole us; columns in ascending order."""
    edges, access = site.edge_arrays, site.access
    speeds_mps = np.minimum(access.speeds_mps, site.speed_mps)
    # At least 1, for csgraph takes 0 for no edge, and a path must come nearer with every edge.
    times_us = np.maximum(1.0, np.rint(edges.lengths_m / speeds_mps * US_PER_S))[access.is_open]
    ends = (edges.starts[access.is_open], edges.ends[access.is_open])
    size = len(site.vertices)
    matrix = csr_matrix((times_us, ends), shape=(size, size))
    matrix.sort_indices()
    return matrix


def _main_part(site: Site, matrix: csr_matrix) -> npt.NDArray[np.bool_]:
    """Bool [vertices]: whether in the largest strong component, the first of equally large ones.

    Vertices of closed zones are in none.
    """
    _, labels = csgraph.connected_components(matrix, directed=True, connection="strong")
    is_open = ~site.access.is_closed
    sizes = np.bincount(labels, weights=is_open)[labels]
    return np.asarray((labels == labels[np.argmax(sizes * is_open)]) & is_open)
