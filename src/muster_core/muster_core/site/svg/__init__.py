"""A site as a drawing in SVG: :func:`draw_svg`.

Pure: it makes text, which a browser or a report shows. A grid is drawn by its cells, any other site
as a graph, with zones below and marks of findings above.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from muster_core.site.elements import PlaceKind
from muster_core.site.examine.finding import Finding, Gravity
from muster_core.site.lattice import Lattice, lattice_of
from muster_core.site.model import Site
from muster_core.site.svg.floor import draw_floor
from muster_core.site.svg.graph import (
    Line,
    draw_lines,
    draw_names,
    draw_places,
    draw_vertices,
    lines_of,
)
from muster_core.site.svg.marks import draw_findings, draw_zone_names, draw_zones, zone_words
from muster_core.site.svg.page import (
    FAINT_INK,
    FAULT,
    FOOT_PX,
    INK,
    KIND_COLOURS,
    LINE,
    MARGIN_PX,
    SHUT,
    SLOW,
    WALL,
    Page,
    circle_path,
    element,
    page_of,
    path,
    px,
    text,
)

__all__ = ["draw_svg", "zone_words"]

_FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif"


def draw_svg(site: Site, *, findings: Sequence[Finding] = ()) -> str:
    """The drawing, one SVG document.

    :param findings: faults and warnings are marked where they are; see ``examine``.
    """
    lattice = lattice_of(site)
    page = page_of(site, lattice)
    lines = tuple(lines_of(site, lattice))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {px(page.width)} {px(page.height)}" '
        f'width="{px(page.width)}" height="{px(page.height)}" font-family="{_FONT}">',
        element("rect", width="100%", height="100%", fill="#ffffff"),
        *_head(site),
        *_drawing(site, page, lattice, lines),
        *draw_findings(site, page, findings),
        *(draw_names(site, page) if lattice is None else ()),
        *draw_zone_names(site, page, lattice),
        *_foot(page, _legend(site, lattice, lines, findings)),
        "</svg>",
    ]
    return "\n".join(filter(None, parts)) + "\n"


def _drawing(
    site: Site, page: Page, lattice: Lattice | None, lines: Sequence[Line]
) -> Iterator[str]:
    if lattice is not None:
        yield from draw_floor(site, lattice, page)
        yield from draw_zones(site, page, lattice)
        yield from draw_lines(lines, page, width_px=1)
    else:
        yield from draw_zones(site, page, lattice)
        yield from draw_lines(lines, page, width_px=2)
        yield from draw_vertices(site, page)
        yield from draw_places(site, page)


def _head(site: Site) -> Iterator[str]:
    yield text(site.name, MARGIN_PX, 34, font_size="20", font_weight="600", fill=INK)
    wide, tall = site.positions_m.max(axis=0) - site.positions_m.min(axis=0)
    words = (
        f"{wide:,.1f} m by {tall:,.1f} m",
        f"{len(site.vertices):,} vertices",
        f"{len(site.edges):,} edges",
        f"{len(site.places):,} places",
    )
    yield text("  ·  ".join(words), MARGIN_PX, 56, font_size="12", fill=FAINT_INK)


def _foot(page: Page, legend: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The legend from the left, and the scale at the right."""
    y = page.height - FOOT_PX / 2
    x = MARGIN_PX
    for symbol, words in legend:
        yield f'<g transform="translate({px(x)} {px(y)})">{symbol}</g>'
        yield text(words, x + 18, y + 4, font_size="12", fill=INK)
        x += 18 + 7.2 * len(words) + 22
    length_m = 10.0 ** math.floor(math.log10(max(180.0 / page.metre_px, 1e-9)))
    length_m *= next(k for k in (5, 2, 1) if k * length_m * page.metre_px <= 180.0)
    right = page.width - MARGIN_PX
    length_px = length_m * page.metre_px
    bar = f"M{px(right - length_px)} {px(y - 3)}v6m0 -3h{px(length_px)}m0 -3v6"
    yield path([bar], stroke=INK, stroke_width=1.5, fill="none")
    yield text(f"{length_m:,.10g} m", right, y - 8, font_size="12", fill=INK, text_anchor="end")


def _legend(
    site: Site, lattice: Lattice | None, lines: Sequence[Line], findings: Sequence[Finding]
) -> Iterator[tuple[str, str]]:
    """Symbols round the point (6, 0), and what they mean; only of what the drawing shows."""
    square = {"x": "0", "y": "-6", "width": "12", "height": "12", "rx": "2"}
    for kind in PlaceKind:
        count = len(site.places_of_kind(kind))
        if count:
            yield element("rect", **square, fill=KIND_COLOURS[kind]), f"{kind.value} ({count:,})"
    if lattice is not None:
        yield element("rect", **square, fill=WALL), "blocked"
    if any(line.is_open and not line.is_both for line in lines):
        arrow = path(["M0 0h12"], stroke=LINE, stroke_width=2) + path(
            ["M10 0l-8 -4v8z"], fill=FAINT_INK
        )
        yield arrow, "one way"
    if any(line.is_open and line.is_slow for line in lines):
        yield path(["M0 0h12"], stroke=SLOW, stroke_width=2), "slow"
    if not all(line.is_open for line in lines):
        yield path(["M0 0h12"], stroke=SHUT, stroke_width=2, stroke_dasharray="2 4"), "not open"
    for gravity, dashes in ((Gravity.FAULT, "none"), (Gravity.WARNING, "3 2")):
        count = sum(finding.gravity is gravity for finding in findings)
        if count:
            ring = path(
                [circle_path(6, 0, 6)],
                stroke=FAULT,
                stroke_width=2,
                stroke_dasharray=dashes,
                fill="none",
            )
            yield ring, f"{gravity.value} ({count})"
