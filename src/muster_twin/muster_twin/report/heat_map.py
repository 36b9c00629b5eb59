"""Where on the site something happens much: a picture of the site coloured by vertex."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from muster_core.site import PlaceKind, Site
from muster_core.site.lattice import lattice_of
from muster_core.site.svg.page import FAINT_INK, INK, LINE, element, path, px, text, titled
from muster_twin.report.chart import Box

RAMP = ("#eef2f6", "#c9e0ee", "#7fbfd8", "#f3d37a", "#ef9a4d", "#d4442f", "#8c1d2c")
"""From nothing to the most."""
KEY_WIDTH = 76.0
_MARKS = {
    PlaceKind.SHELF: "#4a90c2",
    PlaceKind.STATION: "#1f7a54",
    PlaceKind.CHARGER: "#b08000",
    PlaceKind.PARKING: "#66727f",
}


def draw_heat(
    title: str, box: Box, site: Site, values: Mapping[str, float], *, unit: str
) -> Iterator[str]:
    """The site within ``box``, each vertex as hot as its value; the hottest one percent is red."""
    yield text(title, box.x, box.y - 14, font_size="13", font_weight="600", fill=INK)
    lattice = lattice_of(site)
    low, high = site.positions_m.min(axis=0), site.positions_m.max(axis=0)
    cell_m = lattice.cell_m if lattice else _spacing_m(site)
    wide, tall = (float(side) + cell_m for side in high - low)
    scale = min(box.width / wide, box.height / tall)
    side = cell_m * scale
    found = np.array([values.get(vertex.name, 0.0) for vertex in site.vertices])
    top = float(np.percentile(found[found > 0], 99)) if (found > 0).any() else 1.0
    if lattice is None:
        yield from _edges(site, box, scale, cell_m)
    for (x, y), value, vertex in zip(site.positions_m.tolist(), found, site.vertices, strict=True):
        left = box.x + (x - low[0]) * scale
        up = box.y + (high[1] - y) * scale
        yield titled(
            "rect",
            f"{vertex.name}: {value:,.0f} {unit}",
            x=left, y=up, width=side - 0.4, height=side - 0.4,
            rx=0 if lattice else side / 2, fill=colour_of(float(value) / top),
        )  # fmt: skip
    for place in site.places.values():
        vertex = site.vertex(place.vertex)
        if place.kind is PlaceKind.SHELF and lattice:
            continue  # they would hide the heat
        yield element(
            "circle",
            cx=box.x + (vertex.x - low[0]) * scale + side / 2,
            cy=box.y + (high[1] - vertex.y) * scale + side / 2,
            r=max(2.0, side * 0.16), fill=_MARKS[place.kind], stroke="#ffffff", stroke_width=0.6,
        )  # fmt: skip
    below = box.y + tall * scale + 20
    yield from _scale(box, below, top, unit)
    kinds = [kind for kind in _MARKS if site.places_of_kind(kind)]
    drawn = [kind for kind in kinds if kind is not PlaceKind.SHELF or lattice is None]
    yield from _key_to_places(drawn, box.x, below + 26)


def _key_to_places(kinds: Sequence[PlaceKind], x: float, y: float) -> Iterator[str]:
    """Which dot is which kind of place."""
    for number, kind in enumerate(kinds):
        left = x + KEY_WIDTH * number
        yield element("circle", cx=left + 5, cy=y + 5, r=4, fill=_MARKS[kind])
        yield text(kind.value, left + 15, y + 9, font_size="11", fill=FAINT_INK)


def colour_of(share: float) -> str:
    """The colour of a share of the most, 0 to 1; more counts as the most."""
    if share <= 0:
        return RAMP[0]
    at = min(share, 1.0) * (len(RAMP) - 2) + 1
    low = min(int(at), len(RAMP) - 2)
    return _mix(RAMP[low], RAMP[low + 1], at - low)


def _mix(low: str, high: str, share: float) -> str:
    pairs = zip(_channels(low), _channels(high), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _channels(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def _spacing_m(site: Site) -> float:
    """How large a vertex is drawn where the site is no grid, m."""
    lengths_m = site.edge_arrays.lengths_m
    return float(np.median(lengths_m)) * 0.45 if len(lengths_m) else 1.0


def _edges(site: Site, box: Box, scale: float, cell_m: float) -> Iterator[str]:
    west, north = float(site.positions_m[:, 0].min()), float(site.positions_m[:, 1].max())

    def point(name: str) -> str:
        vertex = site.vertex(name)
        x = box.x + (vertex.x - west + cell_m / 2) * scale
        return f"{px(x)} {px(box.y + (north - vertex.y + cell_m / 2) * scale)}"

    lines = [f"M{point(edge.start)}L{point(edge.end)}" for edge in site.edges]
    yield path(lines, stroke=LINE, stroke_width=1.5, fill="none")


def _scale(box: Box, y: float, top: float, unit: str) -> Iterator[str]:
    width = 26.0
    yield text("0", box.x, y + 9, font_size="11", fill=FAINT_INK)
    for number, colour in enumerate(RAMP):
        yield element(
            "rect", x=box.x + 12 + number * width, y=y, width=width, height=10, fill=colour
        )
    right = box.x + 12 + len(RAMP) * width + 8
    yield text(f"{top:,.0f} {unit} and more", right, y + 9, font_size="11", fill=FAINT_INK)
