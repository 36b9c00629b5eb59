"""Grids as graphs: cells that are free or blocked, as on the maps of the research community."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from muster_core.errors import SiteError
from muster_core.site import Site
from muster_core.site.grid import cell_of
from muster_core.traffic.graph import Graph, Int32s

HEADINGS = ((0, 1), (1, 0), (0, -1), (-1, 0))
"""East, south, west, north, as (rows, columns): the row grows southward, as on a printed map."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The free cells of a grid as a graph; vertices are numbered row by row.

    :param vertices: int32 [rows, columns], a cell's vertex; -1 = blocked.
    :param cells: int32 [vertices, 2], a vertex's row and column.
    :param graph: each step costs 1, to the cells above, below, left and right.
    """

    vertices: Int32s
    cells: Int32s
    graph: Graph

    @classmethod
    def of_free(cls, is_free: npt.NDArray[np.bool_]) -> Grid:
        """The grid whose cells are free where ``is_free``, bool [rows, columns]."""
        vertices = np.full(is_free.shape, -1, dtype=np.int32)
        cells = np.argwhere(is_free).astype(np.int32)
        vertices[is_free] = np.arange(len(cells))
        starts, ends = [], []
        for one, other in (
            (vertices[:, :-1], vertices[:, 1:]),
            (vertices[:-1, :], vertices[1:, :]),
        ):
            both = (one >= 0) & (other >= 0)
            starts += [one[both], other[both]]
            ends += [other[both], one[both]]
        graph = Graph.of_edges(len(cells), np.concatenate(starts), np.concatenate(ends))
        return cls(vertices, cells, graph)

    @classmethod
    def of_text(cls, text: str) -> Grid:
        """The grid drawn in ``text``, one row a line; ``@``, ``T`` and ``#`` are blocked."""
        rows = text.splitlines()
        width = max((len(row) for row in rows), default=0)
        return cls.of_free(
            np.array([[c not in "@T#" for c in row.ljust(width, "@")] for row in rows], dtype=bool)
        )

    @classmethod
    def of_site(cls, site: Site) -> Grid:
        """The grid that a site was made of, its vertices numbered as in ``site.vertices``.

        :raises SiteError: when the site's vertices are not named like those of a grid.
        """
        cells = [cell_of(vertex.name) for vertex in site.vertices]
        known = [cell for cell in cells if cell is not None]
        if len(known) < len(cells) or known != sorted(known) or not known:
            raise SiteError(
                f"site {site.name!r} is no grid: its vertices are not r0c0, r0c1 and so on"
            )
        rows, columns = np.array(known).T
        is_free = np.zeros((rows.max() + 1, columns.max() + 1), dtype=bool)
        is_free[rows, columns] = True
        return cls.of_free(is_free)

    def vertices_of(self, cells: Sequence[tuple[int, int]]) -> Int32s:
        """int32 [cells]: the vertices of these cells, each a row and a column; -1 = blocked."""
        rows, columns = np.array(cells, dtype=np.int32).reshape(-1, 2).T
        return self.vertices[rows, columns]

    def ahead(self) -> Int32s:
        """int32 [vertices, 4]: the vertex next to each in each of ``HEADINGS``; -1 = blocked."""
        padded = np.pad(self.vertices, 1, constant_values=-1)
        rows, columns = self.cells[:, 0] + 1, self.cells[:, 1] + 1
        return np.stack([padded[rows + r, columns + c] for r, c in HEADINGS], axis=1)


def warehouse(
    rows: int = 140,
    columns: int = 500,
    *,
    shelf_rows: int = 3,
    shelf_columns: int = 10,
    border: int = 5,
) -> npt.NDArray[np.bool_]:
    """Which cells of a warehouse are free: blocks of shelves with aisles of one cell between them.

    :param shelf_rows: how deep a block is, cells; so ``shelf_columns``, how long.
    :param border: how wide the way round all blocks is, cells.
    :returns: bool [rows, columns].
    """
    is_free = np.ones((rows, columns), dtype=bool)
    for row in range(border, rows - border - shelf_rows + 1, shelf_rows + 1):
        for column in range(border, columns - border - shelf_columns + 1, shelf_columns + 1):
            is_free[row : row + shelf_rows, column : column + shelf_columns] = False
    return is_free
