"""A site and its robots as a small picture in characters.

Pure: it makes cells with a style name each; a front end chooses the colours and prints. North
(y) is up. The shape is kept, as far as cells twice as high as wide allow, and the picture is
stretched by at most ``scale.STRETCH_MAX`` to use the room it is given. A grid of cells is drawn by
``tiles``, whose cells or blocks of them each have a character of their own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from muster_core.site.elements import Place, Vertex
from muster_core.site.glyph import (
    CROWD_LABELS,
    EAST,
    KIND_GLYPHS,
    LINES,
    MIXED,
    NORTH,
    SOUTH,
    WEST,
    Cell,
    CellStyle,
)
from muster_core.site.lattice import lattice_of
from muster_core.site.model import Site
from muster_core.site.scale import Scale, fit
from muster_core.site.tiles import tile_background, tile_scale


@dataclass(frozen=True, slots=True)
class RobotMark:
    """A robot to be drawn at ``x``, ``y`` (m, the site's frame).

    :param label: one character, as :func:`robot_label` gives.
    :param style: such as the robot's mode, if the front end colours by it.
    """

    label: str
    x: float
    y: float
    style: str = CellStyle.ROBOT.value


@dataclass(frozen=True, slots=True)
class Picture:
    """Cells [rows][columns], the top row first; all rows are equally long.

    :param crowds: the labels of robots that share a cell, where only their number is drawn.
    :param unplaced: the labels of robots without a finite position, which are not drawn.
    """

    rows: tuple[tuple[Cell, ...], ...]
    crowds: tuple[tuple[str, ...], ...] = ()
    unplaced: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """The picture without colours, one string a row, without trailing spaces."""
        return ["".join(cell.character for cell in row).rstrip() for row in self.rows]

    def runs(self) -> list[list[tuple[str, str]]]:
        """Each row as runs of ``(text, style)``, which is what terminals draw quickly."""
        return [
            [
                ("".join(cell.character for cell in cells), style)
                for style, cells in groupby(row, key=lambda cell: cell.style)
            ]
            for row in self.rows
        ]


def draw_site(
    site: Site, robots: Iterable[RobotMark] = (), *, width: int = 70, height: int = 20
) -> Picture:
    """The picture of the site with its robots on top, no larger than asked.

    A robot outside of the site is drawn at the border. Robots that share a cell are drawn as
    their number.

    :param width: columns, at most ``scale.SIDE_CELLS_MAX``, as ``height``, rows.
    """
    lattice = lattice_of(site)
    if lattice is None:
        scale = fit(site, width, height)
        background = _background(site, scale)
    else:
        scale = tile_scale(lattice, width, height)
        background = tile_background(site, lattice, scale)
    rows = [list(row) for row in background]
    marks: dict[tuple[int, int], list[RobotMark]] = {}
    unplaced = []
    for robot in robots:
        if math.isfinite(robot.x) and math.isfinite(robot.y):
            marks.setdefault(scale.cell(robot.x, robot.y), []).append(robot)
        else:
            unplaced.append(robot.label)
    for (column, row), sharing in marks.items():
        rows[row][column] = _robot_cell(sharing)
    crowds = tuple(tuple(r.label for r in sharing) for sharing in marks.values() if sharing[1:])
    return Picture(tuple(map(tuple, rows)), crowds, tuple(unplaced))


def _robot_cell(robots: Sequence[RobotMark]) -> Cell:
    if len(robots) == 1:
        label = robots[0].label[:1]
        return Cell(label if label.isprintable() and label else "?", robots[0].style)
    number = min(len(robots), len(CROWD_LABELS) + 1)
    return Cell(CROWD_LABELS[number - 2], CellStyle.CROWD.value)


class _Canvas:
    """Cells that lines, glyphs and labels are put on."""

    def __init__(self, scale: Scale) -> None:
        self.scale = scale
        self.sides: dict[tuple[int, int], int] = {}
        self.cells: dict[tuple[int, int], Cell] = {}

    def is_free(self, column: int, row: int) -> bool:
        """Whether the cell exists and nothing is drawn there."""
        at = (column, row)
        within = 0 <= column < self.scale.width and 0 <= row < self.scale.height
        return within and at not in self.cells and at not in self.sides

    def rows(self) -> tuple[tuple[Cell, ...], ...]:
        """The finished cells."""
        return tuple(
            tuple(self._cell((column, row)) for column in range(self.scale.width))
            for row in range(self.scale.height)
        )

    def _cell(self, at: tuple[int, int]) -> Cell:
        if at in self.cells:
            return self.cells[at]
        if at in self.sides:
            return Cell(LINES[self.sides[at]], CellStyle.AISLE.value)
        return Cell()


@lru_cache(maxsize=8)
def _background(site: Site, scale: Scale) -> tuple[tuple[Cell, ...], ...]:
    """The site without robots; kept, for it is the same in every frame."""
    canvas = _Canvas(scale)
    ways = {(edge.start, edge.end) for edge in site.edges}
    cells = {vertex.name: _cell_of(scale, vertex) for vertex in site.vertices}
    drawn: set[tuple[object, ...]] = set()  # of a large site, many edges are the same line
    for edge in site.edges:
        is_one_way = (edge.end, edge.start) not in ways
        line = cells[edge.start], cells[edge.end]
        if line[0] != line[1] and (*line, is_one_way) not in drawn:
            drawn.add((*line, is_one_way))
            _draw_line(canvas, *line, is_one_way=is_one_way)
    by_cell: dict[tuple[int, int], list[Place]] = {}
    for place in site.places.values():
        vertex = site.vertex(place.vertex)
        by_cell.setdefault(scale.cell(vertex.x, vertex.y), []).append(place)
    for at, places in by_cell.items():
        glyph = MIXED if len({place.kind for place in places}) > 1 else KIND_GLYPHS[places[0].kind]
        canvas.cells[at] = Cell(glyph.character, glyph.style)
    for at, places in by_cell.items():
        if len(places) == 1:
            _draw_label(canvas, at, places[0].name)
    return canvas.rows()


def _draw_line(
    canvas: _Canvas, start: tuple[int, int], end: tuple[int, int], *, is_one_way: bool
) -> None:
    if start[0] == end[0] or start[1] == end[1]:
        cells = _straight(canvas, start, end)
    else:
        cells = _between(start, end)
        for at in cells:
            canvas.sides.setdefault(at, 0)
    if is_one_way and len(cells) > 2:
        canvas.cells[cells[len(cells) // 2]] = Cell(_arrow(start, end), CellStyle.AISLE.value)


def _cell_of(scale: Scale, vertex: Vertex) -> tuple[int, int]:
    return scale.cell(vertex.x, vertex.y)


def _straight(
    canvas: _Canvas, start: tuple[int, int], end: tuple[int, int]
) -> list[tuple[int, int]]:
    """Draw a line along a row or column; its cells from start to end."""
    cells = _between(start, end)
    is_across = start[1] == end[1]
    toward = (
        (EAST if end[0] > start[0] else WEST)
        if is_across
        else (SOUTH if end[1] > start[1] else NORTH)
    )
    backward = {NORTH: SOUTH, SOUTH: NORTH, EAST: WEST, WEST: EAST}[toward]
    for i, at in enumerate(cells):
        sides = (toward if i < len(cells) - 1 else 0) | (backward if i else 0)
        canvas.sides[at] = canvas.sides.get(at, 0) | sides
    return cells


def _between(start: tuple[int, int], end: tuple[int, int]) -> list[tuple[int, int]]:
    """The cells nearest to the line between two cells, both included, in its order."""
    if end < start:
        return _between(end, start)[::-1]  # so that both directions share their cells
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
    return [
        (
            start[0] + _rounded(i * (end[0] - start[0]), steps),
            start[1] + _rounded(i * (end[1] - start[1]), steps),
        )
        for i in range(steps + 1)
    ]


def _rounded(dividend: int, divisor: int) -> int:
    return (2 * dividend + divisor) // (2 * divisor)


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    across, down = end[0] - start[0], end[1] - start[1]
    if abs(across) >= abs(down):
        return "→" if across > 0 else "←"
    return "↓" if down > 0 else "↑"


def _draw_label(canvas: _Canvas, at: tuple[int, int], name: str) -> None:
    """Put the number that the name ends with beside the glyph, where there is room for it."""
    number = re.search(r"[0-9]{1,3}$", name)
    if number is None:
        return
    text = number.group()
    column, row = at
    right, left = column + 1, column - len(text)
    for first, gap in ((right, right + len(text)), (left, left - 1)):
        columns = range(first, first + len(text))
        is_apart = canvas.is_free(gap, row) or not 0 <= gap < canvas.scale.width
        if is_apart and all(canvas.is_free(c, row) for c in columns):
            for c, digit in zip(columns, text, strict=True):
                canvas.cells[c, row] = Cell(digit, CellStyle.LABEL.value)
            return
