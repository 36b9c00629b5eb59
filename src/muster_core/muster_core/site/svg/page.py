"""The page that a site is drawn on: from metres to pixels, and the words of SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from muster_core.site.elements import PlaceKind
from muster_core.site.lattice import Lattice
from muster_core.site.model import Site

WIDTH_PX = 1200.0
HEIGHT_PX_MAX = 1600.0
MARGIN_PX = 48.0
HEAD_PX = 72.0
FOOT_PX = 56.0
CELL_PX_MIN, CELL_PX_MAX = 2.0, 28.0
METRE_PX_MAX = 80.0

KIND_COLOURS = {
    PlaceKind.SHELF: "#4a90c2",
    PlaceKind.STATION: "#2f9e6e",
    PlaceKind.CHARGER: "#e0a100",
    PlaceKind.PARKING: "#8f99a8",
}
INK, FAINT_INK, LINE, FLOOR, WALL = "#1f2933", "#66727f", "#a3aebb", "#ffffff", "#d7dde5"
SLOW, SHUT, FAULT = "#c77700", "#d9a0a0", "#d62839"
ZONE_COLOURS = ("#7b5ea7", "#0f8b8d", "#b5446e", "#5a7d2a", "#3a6ea5", "#a05a2c")


@dataclass(frozen=True, slots=True)
class Page:
    """From m to pixels.

    :param metre_px: how many pixels a metre is.
    :param west: x of the left side of the drawing, m.
    :param north: y of its upper side, m.
    :param width: of the whole page, pixels, as ``height``.
    """

    metre_px: float
    west: float
    north: float
    width: float
    height: float

    def x(self, x: float) -> float:
        """Where an x in m is, pixels from the left."""
        return MARGIN_PX + (x - self.west) * self.metre_px

    def y(self, y: float) -> float:
        """Where a y in m is, pixels from the top."""
        return HEAD_PX + MARGIN_PX / 2 + (self.north - y) * self.metre_px


def page_of(site: Site, lattice: Lattice | None) -> Page:
    """The page on which the site fits, as large as its vertices can be told apart."""
    low, high = site.positions_m.min(axis=0), site.positions_m.max(axis=0)
    border_m = lattice.cell_m / 2 if lattice else 0.0
    wide, tall = (float(side) + 2 * border_m for side in high - low)
    metre_px_max = CELL_PX_MAX / lattice.cell_m if lattice else METRE_PX_MAX
    metre_px = min(
        (WIDTH_PX - 2 * MARGIN_PX) / wide if wide else math.inf,
        (HEIGHT_PX_MAX - HEAD_PX - FOOT_PX) / tall if tall else math.inf,
        metre_px_max,
    )
    if lattice:
        metre_px = max(metre_px, CELL_PX_MIN / lattice.cell_m)
    return Page(
        metre_px=metre_px,
        west=float(low[0]) - border_m,
        north=float(high[1]) + border_m,
        width=max(WIDTH_PX, wide * metre_px + 2 * MARGIN_PX),
        height=HEAD_PX + MARGIN_PX + tall * metre_px + FOOT_PX,
    )


def px(value: float) -> str:
    """A number of pixels, short."""
    return f"{value:.1f}".removesuffix(".0")


def path(d: Iterable[str], **attributes: str | float) -> str:
    """A path; nothing when it has no points."""
    joined = "".join(d)
    return element("path", d=joined, **attributes) if joined else ""


def element(tag: str, **attributes: str | float) -> str:
    """An empty element; ``_`` in the name of an attribute is ``-``."""
    return f"<{tag}{_attributes(attributes)}/>"


def text(words: str, x: float, y: float, **attributes: str | float) -> str:
    """Words at a point of the page, pixels."""
    return f"<text{_attributes({'x': px(x), 'y': px(y), **attributes})}>{escape(words)}</text>"


def titled(tag: str, title: str, **attributes: str | float) -> str:
    """An element that says ``title`` when one points at it."""
    return f"<{tag}{_attributes(attributes)}><title>{escape(title)}</title></{tag}>"


def _attributes(attributes: Mapping[str, str | float]) -> str:
    return "".join(
        f" {name.replace('_', '-')}={quoteattr(value if isinstance(value, str) else px(value))}"
        for name, value in attributes.items()
    )


def circle_path(x: float, y: float, radius: float) -> str:
    """A circle as a part of a path."""
    r, d = px(radius), px(2 * radius)
    return f"M{px(x - radius)} {px(y)}a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0 -{d} 0"


def square_path(x: float, y: float, side: float) -> str:
    """A square round a point as a part of a path."""
    s = px(side)
    return f"M{px(x - side / 2)} {px(y - side / 2)}h{s}v{s}h-{s}z"
