"""A site's edges as arrays, for whoever computes over all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from muster_core.site.elements import Edge


@dataclass(frozen=True, slots=True, eq=False)
class EdgeArrays:
    """The edges in the order of ``Site.edges``; read-only, shared.

    :param starts: int32 [edges], the number of each edge's first vertex.
    :param ends: int32 [edges], the number of each edge's last vertex.
    :param lengths_m: float64 [edges], m.
    :param speeds_mps: float64 [edges], m/s, what each edge allows; inf = as much as the site.
    """

    starts: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]
    lengths_m: npt.NDArray[np.float64]
    speeds_mps: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        for array in (self.starts, self.ends, self.lengths_m, self.speeds_mps):
            array.flags.writeable = False

    def __len__(self) -> int:
        return len(self.starts)

    def taken(self, order: npt.NDArray[np.intp]) -> EdgeArrays:
        """The edges at these places of the arrays, in this order."""
        return EdgeArrays(
            self.starts[order], self.ends[order], self.lengths_m[order], self.speeds_mps[order]
        )


def edge_arrays(edges: Sequence[Edge], indices: Mapping[str, int]) -> EdgeArrays:
    """The edges as arrays; a vertex that ``indices`` does not know has the number -1."""
    number = indices.get
    return EdgeArrays(
        np.array([number(edge.start, -1) for edge in edges], dtype=np.int32),
        np.array([number(edge.end, -1) for edge in edges], dtype=np.int32),
        np.array([edge.length_m for edge in edges], dtype=np.float64),
        np.array([_speed_mps(edge.speed_mps_max) for edge in edges], dtype=np.float64),
    )


def _speed_mps(speed_mps_max: float | None) -> float:
    """The speed as a number; infinity, which nobody may write, becomes one that no check passes."""
    if speed_mps_max is None:
        return math.inf
    return speed_mps_max if speed_mps_max < math.inf else math.nan
