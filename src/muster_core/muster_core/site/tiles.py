"""The picture of a grid: a character for each cell, or for each block of them."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from muster_core.site.elements import PlaceKind
from muster_core.site.glyph import KIND_GLYPHS, WALL, Cell, CellStyle
from muster_core.site.lattice import Lattice
from muster_core.site.model import Site
from muster_core.site.scale import Scale

_FREE = Cell("·", CellStyle.AISLE.value)
_KINDS = tuple(PlaceKind)
# What a block of cells shows is what most of them are, and of equally many the first of these.
_TILES = (
    Cell(WALL.character, WALL.style),
    *(Cell(KIND_GLYPHS[kind].character, KIND_GLYPHS[kind].style) for kind in _KINDS),
    _FREE,
)
_BLOCKED, _NOTHING = 0, len(_TILES)


def tile_scale(lattice: Lattice, width: int, height: int) -> Scale:
    """The largest whole scale at which the grid fits.

    Two characters a cell, which keeps its shape; else one; else a block of cells for each.
    """
    if 2 * lattice.columns - 1 <= width and lattice.rows <= height:
        return _scale(lattice, columns_per_cell=2, block=(1, 1))
    if lattice.columns <= width and lattice.rows <= height:
        return _scale(lattice, columns_per_cell=1, block=(1, 1))
    # Characters are twice as high as wide, and so are their blocks.
    side = max(-(-lattice.columns // max(width, 1)), -(-lattice.rows // (2 * max(height, 1))))
    return _scale(lattice, columns_per_cell=1, block=(2 * side, side))


def _scale(lattice: Lattice, *, columns_per_cell: int, block: tuple[int, int]) -> Scale:
    """A character for each block of rows and columns, whose middle is where it stands."""
    rows, columns = block
    return Scale(
        west=lattice.west + (columns - 1) / 2 * lattice.cell_m,
        north=lattice.north - (rows - 1) / 2 * lattice.cell_m,
        columns_per_m=columns_per_cell / (columns * lattice.cell_m),
        rows_per_m=1 / (rows * lattice.cell_m),
        width=columns_per_cell * (-(-lattice.columns // columns) - 1) + 1,
        height=-(-lattice.rows // rows),
    )


@lru_cache(maxsize=8)
def tile_background(site: Site, lattice: Lattice, scale: Scale) -> tuple[tuple[Cell, ...], ...]:
    """The grid without robots, in the cells of ``scale``, which is one of :func:`tile_scale`."""
    is_spread = scale.columns_per_m > 1.5 / lattice.cell_m
    step = 2 if is_spread else 1
    columns = max(1, round(step / (scale.columns_per_m * lattice.cell_m)))
    rows = max(1, round(1 / (scale.rows_per_m * lattice.cell_m)))
    shown = _in_blocks(_categories(site, lattice), rows, columns)
    picture = []
    for line in shown.tolist():
        cells = [_TILES[category] for category in line]
        if is_spread:
            cells = _spread(cells)
        picture.append(tuple(cells))
    return tuple(picture)


def _categories(site: Site, lattice: Lattice) -> npt.NDArray[np.uint8]:
    """Uint8 [rows, columns]: the index in ``_TILES`` of what is in each cell."""
    found = np.full((lattice.rows, lattice.columns), _BLOCKED, dtype=np.uint8)
    found[lattice.cells[:, 0], lattice.cells[:, 1]] = _TILES.index(_FREE)
    for place in site.places.values():
        row, column = lattice.cells[site.vertex_index(place.vertex)]
        found[row, column] = 1 + _KINDS.index(place.kind)
    return found


def _in_blocks(found: npt.NDArray[np.uint8], rows: int, columns: int) -> npt.NDArray[np.intp]:
    """Int [block rows, block columns]: what most of the cells of each block are."""
    padding = [(0, -found.shape[0] % rows), (0, -found.shape[1] % columns)]
    padded = np.pad(found, padding, constant_values=_NOTHING)
    high, wide = padded.shape[0] // rows, padded.shape[1] // columns
    blocks = padded.reshape(high, rows, wide, columns)
    counts = [(blocks == category).sum(axis=(1, 3)) for category in range(len(_TILES))]
    most: npt.NDArray[np.intp] = np.argmax(np.stack(counts), axis=0)
    return most


def _spread(cells: list[Cell]) -> list[Cell]:
    """The cells with one between each two, a wall where both are."""
    spread = cells[:1]
    for before, cell in pairwise(cells):
        is_wall = before == cell == _TILES[_BLOCKED]
        spread += [cell if is_wall else Cell(), cell]
    return spread
