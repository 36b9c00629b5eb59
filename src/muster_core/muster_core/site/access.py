"""Where robots may drive now: a site's edges with the limits of its zones applied."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from muster_core.site.edge_arrays import EdgeArrays
from muster_core.site.zone import Zone

AGAINST_COSINE = -0.01
"""An edge is against a direction when the cosine between the two is less; across it is not."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Access:
    """What the zones leave of a site; read-only, shared.

    :param is_open: bool [edges], whether the edge may be driven.
    :param speeds_mps: float64 [edges], m/s, what the edge and its zones allow; inf = as much as the
        site.
    :param is_closed: bool [vertices], whether the vertex is in a closed zone.
    """

    is_open: Flags
    speeds_mps: npt.NDArray[np.float64]
    is_closed: Flags

    def __post_init__(self) -> None:
        for array in (self.is_open, self.speeds_mps, self.is_closed):
            array.flags.writeable = False


def access_under(
    zones: Iterable[Zone],
    edges: EdgeArrays,
    indices: Mapping[str, int],
    positions_m: npt.NDArray[np.float64],
) -> Access:
    """What may be driven under the limits of ``zones``.

    :param indices: the vertices' numbers by name.
    :param positions_m: float64 [vertices, 2], m.
    """
    is_open = np.ones(len(edges), dtype=np.bool_)
    speeds_mps = edges.speeds_mps.copy()
    is_closed = np.zeros(len(indices), dtype=np.bool_)
    incidence = _Incidence(edges, len(indices))
    for zone in zones:
        limits = zone.limits
        members = np.array([indices[name] for name in zone.vertices], dtype=np.intp)
        if limits.is_closed:
            is_closed[members] = True
        if limits.speed_mps_max is None and limits.one_way_deg is None:
            continue
        touching = incidence.touching(members)
        if limits.speed_mps_max is not None:
            speeds_mps[touching] = np.minimum(speeds_mps[touching], limits.speed_mps_max)
        if limits.one_way_deg is not None:
            offsets_m = positions_m[edges.ends[touching]] - positions_m[edges.starts[touching]]
            is_open[touching[_against(limits.one_way_deg, offsets_m)]] = False
    # Who stands in a closed zone may leave it, also through more of it.
    is_open &= ~is_closed[edges.ends] | is_closed[edges.starts]
    return Access(is_open, speeds_mps, is_closed)


class _Incidence:
    """Finds the edges of some vertices without looking at all edges for every zone."""

    def __init__(self, edges: EdgeArrays, vertex_count: int) -> None:
        numbers = np.arange(vertex_count + 1)
        self._by_end = np.argsort(edges.ends, kind="stable")
        self._first_out = np.searchsorted(edges.starts, numbers)  # edges stand by their starts
        self._first_in = np.searchsorted(edges.ends, numbers, sorter=self._by_end)

    def touching(self, members: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """The numbers of the edges that begin or end at one of the vertices, some perhaps twice."""
        out = _ranges(self._first_out[members], self._first_out[members + 1])
        into = _ranges(self._first_in[members], self._first_in[members + 1])
        return np.concatenate((out, self._by_end[into]))


def _ranges(firsts: npt.NDArray[np.intp], ends: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """The numbers of all ranges, one after the other."""
    counts = ends - firsts
    before = np.cumsum(counts) - counts
    numbers: npt.NDArray[np.intp] = np.arange(counts.sum()) + np.repeat(firsts - before, counts)
    return numbers


def _against(degrees: float, offsets_m: npt.NDArray[np.float64]) -> Flags:
    """Bool [edges]: whether the edge leads against the direction."""
    direction = np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])
    lengths_m = np.hypot(offsets_m[:, 0], offsets_m[:, 1])
    is_against: Flags = offsets_m @ direction < AGAINST_COSINE * lengths_m
    return is_against
