"""Graphs in SVG: lines with arrows where they lead one way, and a symbol for each place."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from muster_core.site.elements import Vertex
from muster_core.site.lattice import Lattice
from muster_core.site.model import Site
from muster_core.site.svg.page import (
    FAINT_INK,
    KIND_COLOURS,
    LINE,
    SHUT,
    SLOW,
    Page,
    circle_path,
    path,
    px,
    text,
    titled,
)

LINES_MAX = 100_000
"""Lines that are drawn; a picture with more of them shows nothing more."""
DOTS_MAX = 20_000
"""Vertices that are drawn, at most."""
SYMBOLS_MAX = 20_000
"""Places that are drawn, at most."""
ARROW_PX = 5.0
VERTEX_PX = 2.5
PLACE_PX = 14.0
NAMES_MAX = 500
"""Places, and vertices, whose names are drawn."""
NAME_ROW_PX = 9.0
NEAR_M = 1e-9


@dataclass(frozen=True, slots=True)
class Line:
    """What is drawn of the edges between two vertices.

    :param is_open: whether it may be driven, in one direction at least.
    :param is_both: whether it may be driven in both.
    :param is_slow: whether slower than elsewhere.
    """

    start: Vertex
    end: Vertex
    is_open: bool
    is_both: bool
    is_slow: bool


def draw_lines(lines: Sequence[Line], page: Page, *, width_px: int) -> Iterator[str]:
    """The lines, with an arrow on those that lead one way."""
    plain: list[str] = []
    slow: list[str] = []
    shut: list[str] = []
    arrows: list[str] = []
    for line in lines:
        x1, y1 = page.x(line.start.x), page.y(line.start.y)
        x2, y2 = page.x(line.end.x), page.y(line.end.y)
        drawn = shut if not line.is_open else slow if line.is_slow else plain
        drawn.append(f"M{px(x1)} {px(y1)}L{px(x2)} {px(y2)}")
        if line.is_open and not line.is_both:
            arrows.append(_arrow(x1, y1, x2, y2))
    yield path(shut, stroke=SHUT, stroke_width=width_px, stroke_dasharray="2 4", fill="none")
    yield path(plain, stroke=LINE, stroke_width=width_px, fill="none")
    yield path(slow, stroke=SLOW, stroke_width=width_px, fill="none")
    yield path(arrows, fill=FAINT_INK)


def lines_of(site: Site, lattice: Lattice | None) -> Iterator[Line]:
    """Each line once, but for those between neighbouring cells of a grid that are as usual."""
    edges, access = site.edge_arrays, site.access
    size = len(site.vertices)
    codes = edges.starts.astype(np.int64) * size + edges.ends
    back = edges.ends.astype(np.int64) * size + edges.starts
    place = np.minimum(np.searchsorted(codes, back), max(len(codes) - 1, 0))  # codes ascend
    has_back = codes[place] == back
    is_back_open = has_back & access.is_open[place]
    is_both = access.is_open & is_back_open
    # Of two directions the one that is open is drawn, of two alike that from the first vertex.
    is_drawn = np.where(
        access.is_open == is_back_open,
        (edges.starts < edges.ends) | ~has_back,
        access.is_open,
    )
    is_slow = access.speeds_mps < site.speed_mps
    if lattice is not None:
        is_slow = edges.speeds_mps < site.speed_mps  # slow zones are tinted already
        is_drawn &= ~(np.isclose(edges.lengths_m, lattice.cell_m) & is_both & ~is_slow)
    for i in np.flatnonzero(is_drawn)[:LINES_MAX].tolist():
        ends = site.vertices[edges.starts[i]], site.vertices[edges.ends[i]]
        yield Line(*ends, bool(access.is_open[i]), bool(is_both[i]), bool(is_slow[i]))


def _arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    """A triangle past the middle of a line, in its direction."""
    length = math.hypot(x2 - x1, y2 - y1)
    if length < NEAR_M:
        return ""
    ux, uy = (x2 - x1) / length, (y2 - y1) / length
    size = min(ARROW_PX, length / 3)
    x, y = x1 + 0.5 * (x2 - x1) + ux * size, y1 + 0.5 * (y2 - y1) + uy * size
    corners = [
        (x - 2 * size * ux + k * size * uy, y - 2 * size * uy - k * size * ux) for k in (-1, 1)
    ]
    return f"M{px(x)} {px(y)}" + "".join(f"L{px(cx)} {px(cy)}" for cx, cy in corners) + "z"


def draw_vertices(site: Site, page: Page) -> Iterator[str]:
    """A dot for each vertex."""
    dots = (circle_path(page.x(v.x), page.y(v.y), VERTEX_PX) for v in site.vertices[:DOTS_MAX])
    yield path(dots, fill=FAINT_INK)


def draw_places(site: Site, page: Page) -> Iterator[str]:
    """A symbol for each place."""
    half = PLACE_PX / 2
    for place in islice(site.places.values(), SYMBOLS_MAX):
        vertex = site.vertex(place.vertex)
        yield titled(
            "rect",
            f"{place.name} ({place.kind.value})",
            x=page.x(vertex.x) - half,
            y=page.y(vertex.y) - half,
            width=PLACE_PX,
            height=PLACE_PX,
            rx=3.0,
            fill=KIND_COLOURS[place.kind],
        )


def draw_names(site: Site, page: Page) -> Iterator[str]:
    """The names of places, then of other vertices, wherever they run into no other name."""
    taken: dict[int, list[tuple[float, float]]] = {}
    neighbours = _only_neighbours(site, page)
    named = {place.vertex for place in site.places.values()}
    for place in islice(site.places.values(), NAMES_MAX):
        vertex = site.vertex(place.vertex)
        x, y = page.x(vertex.x), page.y(vertex.y)
        beside = neighbours.get(vertex.name, (x, y + 1))
        is_from_above = abs(beside[1] - y) > abs(beside[0] - x) and beside[1] < y
        y += PLACE_PX / 2 + 13 if is_from_above else -PLACE_PX / 2 - 4
        if _has_room(taken, x, y, 6.2 * len(place.name)):
            yield text(place.name, x, y, text_anchor="middle", font_size="11", fill=FAINT_INK)
    for vertex in site.vertices[:NAMES_MAX]:
        width = 5.2 * len(vertex.name)
        x, y = page.x(vertex.x) + 9 + width / 2, page.y(vertex.y) - 5
        if vertex.name not in named and _has_room(taken, x, y, width):
            yield text(vertex.name, x, y, text_anchor="middle", font_size="9", fill=FAINT_INK)


def _has_room(
    taken: dict[int, list[tuple[float, float]]], x: float, y: float, width: float
) -> bool:
    """Whether a name of that width round (x, y) runs into none before it; if so, it is put down."""
    left, right, row = x - width / 2, x + width / 2, int(y // NAME_ROW_PX)
    for near in (row - 1, row, row + 1):
        for other_left, other_right in taken.get(near, ()):
            if left < other_right and other_left < right:
                return False
    taken.setdefault(row, []).append((left, right))
    return True


def _only_neighbours(site: Site, page: Page) -> dict[str, tuple[float, float]]:
    """Where the neighbour of each vertex is that has but one, pixels."""
    beside: dict[str, set[str]] = {}
    for edge in site.edges:
        beside.setdefault(edge.start, set()).add(edge.end)
        beside.setdefault(edge.end, set()).add(edge.start)
    single = {name: site.vertex(next(iter(n))) for name, n in beside.items() if len(n) == 1}
    return {name: (page.x(vertex.x), page.y(vertex.y)) for name, vertex in single.items()}
