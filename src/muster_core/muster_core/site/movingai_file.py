"""Grid maps of MovingAI's benchmarks and of the League of Robot Runners (``.map``).

A small one, whole::

    type octile
    height 3
    width 5
    map
    ..@.E
    .S@S.
    .....

``.`` and ``G`` are free, ``E`` is free and a station, ``S`` is free and a shelf; ``@``, ``O``,
``T`` and ``W`` are blocked. Places are named by their cell: ``station_r0c4``, ``shelf_r1c1``.
Robots move to one of four neighbours: the diagonal moves that such maps allow are not used.
"""

from __future__ import annotations

import re

import numpy as np

from muster_core.errors import SiteError
from muster_core.site.elements import Place, PlaceKind
from muster_core.site.grid import (
    CELL_M_DEFAULT,
    Letters,
    cell_name,
    check_size,
    file_lines,
    find_free,
    grid_site,
    read_cells,
)
from muster_core.site.model import Site
from muster_core.site.names import shown

LETTERS = Letters(
    free={".": "free", "G": "free", "E": "station", "S": "shelf"},
    blocked={"@": "blocked", "O": "outside", "T": "trees", "W": "water"},
)
_KINDS = {"E": PlaceKind.STATION, "S": PlaceKind.SHELF}
_HEAD_LINES_MAX = 16
_HEAD_LINE = re.compile(r"(type|height|width)\s+(\S+)")
_SIDE = re.compile(r"[0-9]{1,9}")


def parse_movingai(content: bytes, name: str, *, cell_m: float = CELL_M_DEFAULT) -> Site:
    """The site in a map file.

    :param name: the site's, for the file has none.
    :param cell_m: from one cell to the next, m.
    :raises SiteError: when it cannot be used; one sentence with the line.
    """
    lines = file_lines(content)
    size, first = _head(lines)
    cells = read_cells(lines, first, size)
    is_free = find_free(cells, LETTERS, first)
    places = []
    for letter, kind in _KINDS.items():
        for row, column in np.argwhere(cells == ord(letter)).tolist():
            vertex = cell_name(row, column)
            places.append(Place(f"{kind.value}_{vertex}", vertex, kind))
    water = int(np.count_nonzero(cells == ord("W")))
    notes = (f"cells of water (W) that are blocked here: {water}",) if water else ()
    return grid_site(name, is_free, places, cell_m=cell_m, notes=notes)


def _head(lines: list[bytes]) -> tuple[tuple[int, int], int]:
    """The rows and columns that the head says, and the index of the first line after it."""
    if not any(map(bytes.strip, lines)):
        raise SiteError("is empty; a grid map begins with 'type octile'")
    said: dict[str, str] = {}
    for number, line in enumerate(lines[:_HEAD_LINES_MAX], 1):
        text = _text(line)
        if text == "map":
            return _size(said, number), number
        found = _HEAD_LINE.fullmatch(text)
        if found is None:
            raise SiteError(
                f"line {number}: {shown(text)} does not belong in the head of a grid map; write "
                "'type octile', 'height', 'width', 'map' (one for pickup and delivery begins with "
                "'rows,columns')"
            )
        if found[1] in said:
            raise SiteError(f"line {number}: {found[1]!r} is given twice; keep one")
        said[found[1]] = found[2]
    raise SiteError("has no line 'map', after which the rows of the grid come")


def _size(said: dict[str, str], number: int) -> tuple[int, int]:
    for key in ("height", "width"):
        if key not in said:
            raise SiteError(f"line {number}: the grid begins before its {key!r} is said")
        if not _SIDE.fullmatch(said[key]):
            raise SiteError(f"line {number}: {key} is {shown(said[key])}; write a whole number")
    if said.get("type", "octile") != "octile":
        raise SiteError(f"type is {shown(said['type'])}; only 'octile' can be read")
    size = int(said["height"]), int(said["width"])
    check_size(f"line {number}", *size)
    return size


def _text(line: bytes) -> str:
    return line[:200].decode("ascii", "replace").strip()
