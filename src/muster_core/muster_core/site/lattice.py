"""Whether a site is a grid of cells, which pictures then show cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from muster_core.site.grid import CELLS_MAX
from muster_core.site.model import Site

VERTICES_MIN = 50
"""Sites of fewer vertices are drawn as graphs."""
ON_LATTICE_SHARE_MIN = 0.9
FILLED_SHARE_MIN = 0.15
_OFF_CELLS_MAX = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """A grid over a site.

    :param cell_m: from one cell to the next, m.
    :param west: x of the middle of the leftmost column, m.
    :param north: y of the middle of the topmost row, m.
    :param cells: int [vertices, 2], the row and column of each vertex; of one that stands off the
        lattice, the nearest.
    """

    cell_m: float
    west: float
    north: float
    rows: int
    columns: int
    cells: npt.NDArray[np.int64]


@lru_cache(maxsize=8)
def lattice_of(site: Site) -> Lattice | None:
    """The grid on which nearly all vertices stand side by side; None when the site has none."""
    if len(site.vertices) < VERTICES_MIN or not len(site.edge_arrays):
        return None
    cell_m = float(np.median(site.edge_arrays.lengths_m))
    low, high = site.positions_m.min(axis=0), site.positions_m.max(axis=0)
    columns, rows = (int(side) for side in np.rint(np.minimum((high - low) / cell_m, 1e6)) + 1)
    if rows * columns > CELLS_MAX or len(site.vertices) < FILLED_SHARE_MIN * rows * columns:
        return None
    offsets = (site.positions_m - (low[0], high[1])) / (cell_m, -cell_m)
    cells = np.rint(offsets).astype(np.int64)
    is_on = np.abs(offsets - cells).max(axis=1) <= _OFF_CELLS_MAX
    if is_on.mean() < ON_LATTICE_SHARE_MIN:
        return None
    return Lattice(cell_m, float(low[0]), float(high[1]), rows, columns, cells[:, ::-1])
