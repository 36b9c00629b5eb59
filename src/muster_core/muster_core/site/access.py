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
    for zone in zones:
        limits = zone.limits
        is_member = np.zeros(len(indices), dtype=np.bool_)
        is_member[[indices[name] for name in zone.vertices]] = True
        is_touching = is_member[edges.starts] | is_member[edges.ends]
        if limits.speed_mps_max is not None:
            speeds_mps[is_touching] = np.minimum(speeds_mps[is_touching], limits.speed_mps_max)
        if limits.one_way_deg is not None:
            is_open &= ~(is_touching & _against(limits.one_way_deg, edges, positions_m))
        if limits.is_closed:
            is_closed |= is_member
    # Who stands in a closed zone may leave it, also through more of it.
    is_open &= ~is_closed[edges.ends] | is_closed[edges.starts]
    return Access(is_open, speeds_mps, is_closed)


def _against(degrees: float, edges: EdgeArrays, positions_m: npt.NDArray[np.float64]) -> Flags:
    """Bool [edges]: whether the edge leads against the direction."""
    offsets_m = positions_m[edges.ends] - positions_m[edges.starts]
    direction = np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])
    lengths_m = np.hypot(offsets_m[:, 0], offsets_m[:, 1])
    is_against: Flags = offsets_m @ direction < AGAINST_COSINE * lengths_m
    return is_against
