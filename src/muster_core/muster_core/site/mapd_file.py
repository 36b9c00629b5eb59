"""Maps of the benchmark for multi-agent pickup and delivery (Ma, Li, Kumar, Koenig, 2017).

A small one, whole::

    3,5
    3
    1
    1000
    .e@e.
    .e@.r
    .....

Line 1 has the rows and columns, line 2 the number of task endpoints, line 3 that of robots, line 4
the time horizon. ``.`` is free, ``@`` a wall, ``e`` a task endpoint, ``r`` a robot's home.

Tasks name endpoints by number, so the place of the first in reading order is ``endpoint_0``. Any of
them can be an end of a task; here one beside a wall is a shelf, for walls are shelves in these
maps, and any other a station. Homes are parking places, ``home_0`` and so on.
"""

from __future__ import annotations

import re

import numpy as np

from muster_core.errors import SiteError
from muster_core.site.elements import Place, PlaceKind
from muster_core.site.grid import (
    CELL_M_DEFAULT,
    Cells,
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
    free={".": "free", "e": "endpoint", "r": "home"},
    blocked={"@": "wall"},
)
_SIZE = re.compile(rb"\s*([0-9]{1,9})\s*,\s*([0-9]{1,9})\s*")
_COUNT = re.compile(rb"\s*([0-9]{1,9})\s*")
_HEAD = ("the number of task endpoints", "the number of robots", "the time horizon")
_FIRST = 1 + len(_HEAD)


def is_mapd(head: bytes) -> bool:
    """Whether a file that begins so is of this format."""
    return _SIZE.fullmatch(file_lines(head)[0]) is not None


def parse_mapd(content: bytes, name: str, *, cell_m: float = CELL_M_DEFAULT) -> Site:
    """The site in a map file.

    :param name: the site's, for the file has none.
    :param cell_m: from one cell to the next, m.
    :raises SiteError: when it cannot be used; one sentence with the line.
    """
    lines = file_lines(content)
    size = _size(lines)
    endpoint_count, robot_count, horizon = (_count(lines, i) for i in range(1, _FIRST))
    cells = read_cells(lines, _FIRST, size)
    is_free = find_free(cells, LETTERS, _FIRST)
    endpoints = np.argwhere(cells == ord("e")).tolist()
    homes = np.argwhere(cells == ord("r")).tolist()
    _check_found(2, "task endpoints 'e'", endpoint_count, len(endpoints))
    _check_found(3, "robots' homes 'r'", robot_count, len(homes))
    is_beside_wall = _beside_wall(cells)
    places = []
    for number, (row, column) in enumerate(endpoints):
        kind = PlaceKind.SHELF if is_beside_wall[row, column] else PlaceKind.STATION
        places.append(Place(f"endpoint_{number}", cell_name(row, column), kind))
    for number, (row, column) in enumerate(homes):
        places.append(Place(f"home_{number}", cell_name(row, column), PlaceKind.PARKING))
    shelves = sum(place.kind is PlaceKind.SHELF for place in places)
    notes = (
        "endpoints have no kind in the file; shelves here, for they are beside walls: "
        f"{shelves} of {len(endpoints)}",
        f"a time horizon belongs to a run and is left out: {horizon}",
    )
    return grid_site(name, is_free, places, cell_m=cell_m, notes=notes)


def _size(lines: list[bytes]) -> tuple[int, int]:
    found = _SIZE.fullmatch(lines[0])
    if found is None:
        raise SiteError(f"line 1: is {_text(lines[0])}; write 'rows,columns'")
    size = int(found[1]), int(found[2])
    check_size("line 1", *size)
    return size


def _count(lines: list[bytes], index: int) -> int:
    line = lines[index] if index < len(lines) else b""
    found = _COUNT.fullmatch(line)
    if found is None:
        raise SiteError(f"line {index + 1}: is {_text(line)}; write {_HEAD[index - 1]}")
    return int(found[1])


def _check_found(line: int, what: str, said: int, found: int) -> None:
    if said != found:
        raise SiteError(f"line {line}: says {said}, but the grid has {found} {what}")


def _beside_wall(cells: Cells) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Bool [rows, columns]: whether one of a cell's four neighbours is a wall."""
    is_wall = np.pad(cells == ord("@"), 1)
    return np.asarray(
        is_wall[:-2, 1:-1] | is_wall[2:, 1:-1] | is_wall[1:-1, :-2] | is_wall[1:-1, 2:]
    )


def _text(line: bytes) -> str:
    return shown(line[:200].decode("ascii", "replace"))
