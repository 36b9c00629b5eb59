"""From a grid of cells to a site: a vertex for each free cell, joined to its four neighbours.

A cell's vertex is named by its row and column, counted from 0 at the top left: ``r3c5``. Column 0
is at x = 0, the bottom row at y = 0; y points up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from muster_core.errors import SiteError
from muster_core.site.elements import Edge, Place, Vertex
from muster_core.site.model import Site
from muster_core.site.names import shown
from muster_core.site.validation import VERTICES_MAX, check_count, check_range

CELL_M_DEFAULT = 1.0
CELL_M_MIN, CELL_M_MAX = 0.01, 1000.0
SIDE_CELLS_MAX = 10_000
CELLS_MAX = 4_000_000
_CELL_NAME = re.compile(r"r([0-9]{1,5})c([0-9]{1,5})")

Cells = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Letters:
    """What the letters of a grid mean.

    :param free: those of cells where robots can be, each with what it is, for error sentences.
    :param blocked: the others.
    """

    free: Mapping[str, str]
    blocked: Mapping[str, str]

    def sentence(self) -> str:
        """The letters, for people."""
        known = {**self.free, **self.blocked}
        return ", ".join(f"{letter!r} ({meaning})" for letter, meaning in known.items())


def cell_name(row: int, column: int) -> str:
    """The name of the vertex in that cell."""
    return f"r{row}c{column}"


def cell_of(vertex: str) -> tuple[int, int] | None:
    """The row and column of the vertex; None when it is not named like one of a grid."""
    found = _CELL_NAME.fullmatch(vertex)
    return (int(found[1]), int(found[2])) if found else None


def check_size(key: str, rows: int, columns: int) -> None:
    """Check a grid's size before anything is made of it.

    :raises SiteError: when a side is nothing, or it is too large.
    """
    for side, count in (("rows", rows), ("columns", columns)):
        if not 1 <= count <= SIDE_CELLS_MAX:
            raise SiteError(
                f"{key}: {count} {side}; a grid has 1 to {SIDE_CELLS_MAX} rows and columns"
            )
    if rows * columns > CELLS_MAX:
        raise SiteError(
            f"{key}: {rows} rows of {columns} cells are {rows * columns}; a grid has at most "
            f"{CELLS_MAX} cells"
        )


def read_cells(lines: Sequence[bytes], first: int, size: tuple[int, int]) -> Cells:
    """The letters of a grid, uint8 [rows, columns].

    :param lines: the file's, without their ends.
    :param first: the index of the line with the topmost row.
    :param size: how many rows and columns there should be.
    :raises SiteError: when there are others; names the line.
    """
    rows, columns = size
    for number in range(first, first + rows):
        row = lines[number] if number < len(lines) else b""
        if not row and not any(lines[number:]):
            raise SiteError(
                f"line {number + 1}: the grid ends after {number - first} of {rows} rows; is the "
                "file cut off?"
            )
        if len(row) != columns:
            raise SiteError(
                f"line {number + 1}: has {len(row)} cells, where the head says {columns}"
            )
    for number in range(first + rows, len(lines)):
        if lines[number].strip():
            raise SiteError(
                f"line {number + 1}: {_text(lines[number])} comes after the {rows} rows that the "
                "head says"
            )
    joined = b"".join(lines[first : first + rows])
    return np.frombuffer(joined, dtype=np.uint8).reshape(rows, columns)


def find_free(cells: Cells, letters: Letters, first: int) -> npt.NDArray[np.bool_]:
    """Bool [rows, columns]: where robots can be.

    :param first: as in :func:`read_cells`.
    :raises SiteError: when a letter is unknown, no cell is free or too many are.
    """
    is_free = np.isin(cells, [ord(letter) for letter in letters.free])
    is_known = is_free | np.isin(cells, [ord(letter) for letter in letters.blocked])
    if not is_known.all():
        row, column = (int(i) for i in np.argwhere(~is_known)[0])
        letter = _text(bytes([cells[row, column]]))
        raise SiteError(
            f"line {first + row + 1}, column {column + 1}: {letter} is not a cell; use "
            f"{letters.sentence()}"
        )
    count = int(is_free.sum())
    if not count:
        raise SiteError(f"no cell is free; at least one must be {', '.join(letters.free)}")
    check_count("vertices", count, VERTICES_MAX)
    return is_free


def grid_site(
    name: str,
    is_free: npt.NDArray[np.bool_],
    places: Sequence[Place],
    *,
    cell_m: float = CELL_M_DEFAULT,
    notes: tuple[str, ...] = (),
) -> Site:
    """The site of a grid.

    :param is_free: bool [rows, columns].
    :param places: on vertices named by :func:`cell_name`.
    :param cell_m: from the middle of a cell to that of the next, m.
    :raises SiteError: when ``cell_m`` is of no use.
    """
    check_range("cell_m", cell_m, CELL_M_MIN, CELL_M_MAX, "m")
    rows, columns = np.nonzero(is_free)
    names = list(map(cell_name, rows.tolist(), columns.tolist()))
    xs = (columns * cell_m).tolist()
    ys = ((is_free.shape[0] - 1 - rows) * cell_m).tolist()
    numbers = np.full(is_free.shape, -1, dtype=np.int64)
    numbers[is_free] = np.arange(len(names))
    edges: list[Edge] = []
    for here, there in ((numbers[:, :-1], numbers[:, 1:]), (numbers[:-1], numbers[1:])):
        is_joined = (here >= 0) & (there >= 0)
        for i, j in zip(here[is_joined].tolist(), there[is_joined].tolist(), strict=True):
            edges.append(Edge(names[i], names[j], cell_m))
            edges.append(Edge(names[j], names[i], cell_m))
    return Site(
        name=name,
        vertices=tuple(map(Vertex, names, xs, ys)),
        edges=tuple(edges),
        places={place.name: place for place in places},
        notes=notes,
    )


def file_lines(content: bytes) -> list[bytes]:
    """The lines of a text file of any system, without their ends."""
    return content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").split(b"\n")


def _text(content: bytes) -> str:
    return shown(content.decode("ascii", "replace"))
