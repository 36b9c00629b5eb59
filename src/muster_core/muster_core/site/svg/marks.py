"""Zones and findings in SVG."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from muster_core.site.examine.finding import Finding, Gravity
from muster_core.site.lattice import Lattice
from muster_core.site.model import Site
from muster_core.site.svg.page import (
    FAULT,
    MARGIN_PX,
    ZONE_COLOURS,
    Page,
    circle_path,
    path,
    px,
    square_path,
    text,
)
from muster_core.site.zone import COMPASS_DEG, Zone

ZONE_PX = 26.0
LETTER_PX = 6.4
"""About how wide a letter of a zone's name is."""
MARK_PX = 9.0
MARKED_MAX = 5000
"""Vertices of findings that are marked; of more of them, the first."""


def draw_zones(site: Site, page: Page, lattice: Lattice | None) -> Iterator[str]:
    """A tint over each zone, below everything else."""
    for number, zone in enumerate(site.zones.values()):
        colour = ZONE_COLOURS[number % len(ZONE_COLOURS)]
        if lattice is not None:
            side = lattice.cell_m * page.metre_px
            shape = path(_squares(site, zone, page, side), fill=colour)
        else:
            shape = path(
                _strokes(site, zone, page),
                stroke=colour,
                stroke_width=ZONE_PX,
                stroke_linecap="round",
                stroke_linejoin="round",
                fill="none",
            )
        yield f'<g opacity="0.2">{shape}</g>'


def _squares(site: Site, zone: Zone, page: Page, side: float) -> Iterator[str]:
    for name in zone.vertices:
        vertex = site.vertex(name)
        yield square_path(page.x(vertex.x), page.y(vertex.y), side)


def _strokes(site: Site, zone: Zone, page: Page) -> Iterator[str]:
    """The zone's vertices and the edges between them, to be drawn with a broad pen."""
    names = frozenset(zone.vertices)
    for name in zone.vertices:
        vertex = site.vertex(name)
        yield f"M{px(page.x(vertex.x))} {px(page.y(vertex.y))}h0.1"
    for edge in site.edges:
        if edge.start in names and edge.end in names:
            a, b = site.vertex(edge.start), site.vertex(edge.end)
            yield f"M{px(page.x(a.x))} {px(page.y(a.y))}L{px(page.x(b.x))} {px(page.y(b.y))}"


def draw_zone_names(site: Site, page: Page, lattice: Lattice | None) -> Iterator[str]:
    """Each zone's name and limits above its topmost vertex."""
    above = ZONE_PX / 2 + 16 if lattice is None else lattice.cell_m * page.metre_px / 2 + 4
    for number, zone in enumerate(site.zones.values()):
        vertices = [site.vertex(name) for name in zone.vertices]
        top = max(vertex.y for vertex in vertices)
        xs = [vertex.x for vertex in vertices if vertex.y == top]
        words = zone_words(zone)
        half = LETTER_PX * len(words) / 2
        middle = max(page.x((min(xs) + max(xs)) / 2), MARGIN_PX + half)
        yield text(
            words,
            min(middle, page.width - MARGIN_PX - half),
            page.y(top) - above,
            text_anchor="middle",
            font_size="11",
            font_weight="600",
            fill=ZONE_COLOURS[number % len(ZONE_COLOURS)],
            stroke="#ffffff",
            stroke_width="3",
            paint_order="stroke",
        )


def zone_words(zone: Zone) -> str:
    """The zone's name and what is limited in it."""
    limits = zone.limits
    words = []
    if limits.is_closed:
        words.append("closed")
    if limits.robots_max is not None:
        words.append(f"{limits.robots_max} robot{'s' if limits.robots_max != 1 else ''} at once")
    if limits.speed_mps_max is not None:
        words.append(f"{limits.speed_mps_max:.10g} m/s")
    if limits.one_way_deg is not None:
        by_degrees = {degrees: word for word, degrees in COMPASS_DEG.items()}
        way = by_degrees.get(limits.one_way_deg, f"{limits.one_way_deg:.10g}°")
        words.append(f"one way {way}")
    return f"{zone.name}: {', '.join(words)}" if words else zone.name


def draw_findings(site: Site, page: Page, findings: Sequence[Finding]) -> Iterator[str]:
    """A ring round each vertex with a fault, and a dashed one round each with a warning."""
    for gravity, dashes in ((Gravity.WARNING, "3 2"), (Gravity.FAULT, "none")):
        names = dict.fromkeys(n for f in findings if f.gravity is gravity for n in f.vertices)
        yield path(
            _rings(site, page, list(names)[:MARKED_MAX]),
            stroke=FAULT,
            stroke_width=2,
            stroke_dasharray=dashes,
            fill="none",
        )


def _rings(site: Site, page: Page, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        vertex = site.vertex(name)
        yield circle_path(page.x(vertex.x), page.y(vertex.y), MARK_PX)
