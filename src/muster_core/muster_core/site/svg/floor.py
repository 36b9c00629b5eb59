"""Grids in SVG: the floor by runs of free cells, and a square for each place."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from muster_core.site.elements import PlaceKind
from muster_core.site.lattice import Lattice
from muster_core.site.model import Site
from muster_core.site.svg.page import (
    FLOOR,
    KIND_COLOURS,
    LINE,
    WALL,
    Page,
    element,
    path,
    px,
    square_path,
)

GRID_LINES_PX_MIN = 6.0
"""Cells smaller than this are drawn without lines between them."""
PLACE_SHARE = 0.76


def draw_floor(site: Site, lattice: Lattice, page: Page) -> Iterator[str]:
    """The floor with its places."""
    cell_px = lattice.cell_m * page.metre_px
    left, top = page.x(lattice.west) - cell_px / 2, page.y(lattice.north) - cell_px / 2
    yield element(
        "rect",
        x=left,
        y=top,
        width=lattice.columns * cell_px,
        height=lattice.rows * cell_px,
        fill=WALL,
        stroke=LINE,
    )
    runs = list(_runs(lattice, cell_px, left, top))
    yield path(runs, fill=FLOOR)
    if cell_px >= GRID_LINES_PX_MIN:
        size = f"{cell_px:.3f}"
        yield (
            f'<pattern id="cells" x="{left:.3f}" y="{top:.3f}" width="{size}" height="{size}" '
            f'patternUnits="userSpaceOnUse"><path d="M{size} 0H0V{size}" fill="none" '
            f'stroke="{LINE}" stroke-width="0.5" stroke-opacity="0.6"/></pattern>'
        )
        yield path(runs, fill="url(#cells)")
    side = cell_px * (PLACE_SHARE if cell_px >= GRID_LINES_PX_MIN else 1.0)
    for kind in PlaceKind:
        vertices = (site.vertex(place.vertex) for place in site.places_of_kind(kind))
        squares = (square_path(page.x(v.x), page.y(v.y), side) for v in vertices)
        yield path(squares, fill=KIND_COLOURS[kind])


def _runs(lattice: Lattice, cell_px: float, left: float, top: float) -> Iterator[str]:
    """Parts of a path, a rectangle for each run of cells side by side in a row."""
    is_free = np.zeros((lattice.rows, lattice.columns + 2), dtype=np.int8)
    is_free[lattice.cells[:, 0], lattice.cells[:, 1] + 1] = 1
    steps = np.diff(is_free, axis=1)
    rows, firsts = np.nonzero(steps == 1)
    _, ends = np.nonzero(steps == -1)
    height = px(cell_px)
    for row, first, end in zip(rows.tolist(), firsts.tolist(), ends.tolist(), strict=True):
        width = px((end - first) * cell_px)
        x, y = px(left + first * cell_px), px(top + row * cell_px)
        yield f"M{x} {y}h{width}v{height}h-{width}z"
