"""From a site's metres to the cells of its picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from muster_core.site.model import Site

STRETCH_MAX = 1.4
CELL_HEIGHT = 2.0  # in cell widths
SIDE_CELLS_MAX = 1000


@dataclass(frozen=True, slots=True)
class Scale:
    """From m to cells: column 0 is at ``west``, row 0 at ``north``."""

    west: float
    north: float
    columns_per_m: float
    rows_per_m: float
    width: int
    height: int

    def cell(self, x: float, y: float) -> tuple[int, int]:
        """The column and row of a point; a point outside is moved to the border."""
        column = _nearest((x - self.west) * self.columns_per_m, self.width - 1)
        row = _nearest((self.north - y) * self.rows_per_m, self.height - 1)
        return column, row


def _nearest(cells: float, last: int = SIDE_CELLS_MAX) -> int:
    """The nearest whole number from 0 to ``last``; halves go up, so that equal gaps stay equal."""
    return math.floor(min(max(cells, 0.0), last) + 0.5)


_MARGIN_COLUMNS = 2  # on both sides, for labels
_SHRINK_PERCENT_MAX = 12  # how much room is given up for even spacing


@lru_cache(maxsize=8)
def fit(site: Site, width: int, height: int) -> Scale:
    """The scale at which the site fills the room."""
    width = min(max(width, 1), SIDE_CELLS_MAX)
    height = min(max(height, 1), SIDE_CELLS_MAX)
    margin = _MARGIN_COLUMNS if width > 4 * _MARGIN_COLUMNS else 0
    xs = np.unique([vertex.x for vertex in site.vertices])
    ys = np.unique([vertex.y for vertex in site.vertices])
    wide, high = float(xs[-1] - xs[0]), float(ys[-1] - ys[0])
    across = (width - 1 - 2 * margin) / wide if wide else math.inf
    down = (height - 1) * CELL_HEIGHT / high if high else math.inf
    across, down = min(across, down * STRETCH_MAX), min(down, across * STRETCH_MAX)
    columns_per_m = _even(across, xs - xs[0]) if wide else 1.0
    rows_per_m = _even(down / CELL_HEIGHT, ys[-1] - ys) if high else 1.0
    return Scale(
        west=float(xs[0]) - (margin / columns_per_m if columns_per_m else 0.0),
        north=float(ys[-1]),
        columns_per_m=columns_per_m,
        rows_per_m=rows_per_m,
        width=_nearest(wide * columns_per_m) + 1 + 2 * margin,
        height=_nearest(high * rows_per_m) + 1,
    )


def _even(cells_per_m: float, offsets_m: npt.NDArray[np.float64]) -> float:
    """A scale up to a little smaller, at which the offsets come nearest to whole cells."""

    def unevenness(scale: float) -> float:
        cells = offsets_m * scale
        return float(np.abs(cells - np.round(cells)).mean()) + (1.0 - scale / cells_per_m)

    if not cells_per_m:
        return 0.0
    return min((cells_per_m * (1.0 - k / 100) for k in range(_SHRINK_PERCENT_MAX)), key=unevenness)
