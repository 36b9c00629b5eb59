"""Travel times and shortest paths over a site's graph (E. W. Dijkstra, 1959; scipy's).

Edge times are whole microseconds inside, so that sums are exact and ties are ties on any machine.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csgraph, csr_matrix  # type: ignore[import-untyped]

from muster_core.errors import SiteError
from muster_core.site.model import Edge, Site

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
        self._main = _largest_component(self._forward)

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

    def is_main(self, vertex: str) -> bool:
        """Whether the vertex can be reached from, and left for, most of the site.

        That is, whether it belongs to the largest strongly connected component. A place outside
        it is unreachable or a trap.

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
    starts = [site.vertex_index(edge.start) for edge in site.edges]
    ends = [site.vertex_index(edge.end) for edge in site.edges]
    times_us = [_edge_time_us(edge, site.speed_mps) for edge in site.edges]
    size = len(site.vertices)
    matrix = csr_matrix((np.array(times_us, dtype=np.float64), (starts, ends)), shape=(size, size))
    matrix.sort_indices()
    return matrix


def _edge_time_us(edge: Edge, site_speed_mps: float) -> int:
    """At least 1, for csgraph takes 0 for no edge, and a path must come nearer with every edge."""
    speed_mps = min(site_speed_mps, edge.speed_mps_max or site_speed_mps)
    return max(1, round(edge.length_m / speed_mps * US_PER_S))


def _largest_component(matrix: csr_matrix) -> npt.NDArray[np.bool_]:
    """Bool [vertices]: whether in the largest strong component, the first of equally large ones."""
    _, labels = csgraph.connected_components(matrix, directed=True, connection="strong")
    sizes = np.bincount(labels)[labels]
    return np.asarray(labels == labels[np.argmax(sizes)])
