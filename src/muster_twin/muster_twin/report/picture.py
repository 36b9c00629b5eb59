"""The report as one picture in SVG: figures, charts, and heat maps of the site."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from muster_core.site import Site
from muster_core.site.svg.page import FAINT_INK, INK, element, px, text
from muster_twin.report.chart import (
    Axis,
    Box,
    Points,
    draw_keys,
    draw_lines,
    draw_shares,
    variant_keys,
)
from muster_twin.report.heat_map import draw_heat
from muster_twin.warehouse.outcome import Outcome

WIDTH, MARGIN = 1200.0, 48.0
CARD_TOP, CARD_ROW = 96.0, 26.0
CHART_HEIGHT = 200.0
MAP_HEIGHT_MAX = 420.0
POINTS_MAX = 400
_FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif"
_PARTS = (
    ("driving", "#2f9e6e"),
    ("handling", "#2563a8"),
    ("waiting", "#d4442f"),
    ("charging", "#e0a100"),
    ("broken", "#5b2333"),
    ("idle", "#b8c2cc"),
)
_COLUMNS = (
    ("", 0.0),
    ("robots", 230.0),
    ("orders done", 340.0),
    ("orders/h", 435.0),
    ("service mean", 545.0),
    ("95% within", 640.0),
    ("waits for a robot", 765.0),
    ("longest wait", 875.0),
    ("robots busy", 985.0),
    ("collisions", 1090.0),
)


def draw_report(outcomes: Sequence[Outcome], site: Site) -> str:
    """The picture, one SVG document. Heat maps are of the first outcome."""
    first = outcomes[0]
    charts_top = CARD_TOP + CARD_ROW * (len(outcomes) + 1) + 40
    shares_top = charts_top + CHART_HEIGHT + 84
    shares_height = 58.0 * len(outcomes)
    maps_top = shares_top + shares_height + 66
    half = (WIDTH - 3 * MARGIN) / 2
    map_height = _map_height(site, half)
    height = maps_top + map_height + 96
    right = 2 * MARGIN + half
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {px(WIDTH)} {px(height)}" '
        f'width="{px(WIDTH)}" height="{px(height)}" font-family="{_FONT}">',
        element("rect", width="100%", height="100%", fill="#ffffff"),
        *_head(first),
        *_figures(outcomes),
        *_progress(outcomes, Box(MARGIN + 30, charts_top, half - 30, CHART_HEIGHT)),
        *_service(outcomes, Box(right + 30, charts_top, half - 30, CHART_HEIGHT)),
        *draw_keys(
            variant_keys([o.name for o in outcomes]), MARGIN + 30, charts_top + CHART_HEIGHT + 40
        ),
        *_activities(outcomes, Box(MARGIN, shares_top, WIDTH - 2 * MARGIN, shares_height)),
        *draw_heat(
            f"Where robots drive ({first.name})",
            Box(MARGIN, maps_top, half, map_height), site, first.visits, unit="arrivals",
        ),
        *draw_heat(
            f"Where robots wait for each other ({first.name})",
            Box(right, maps_top, half, map_height), site, first.waits_s, unit="s",
        ),
        "</svg>",
    ]  # fmt: skip
    return "\n".join(filter(None, parts)) + "\n"


def _head(first: Outcome) -> Iterator[str]:
    title = f"{first.site}: {first.robots} robots, {first.orders:,} orders"
    yield text(title, MARGIN, 42, font_size="22", font_weight="600", fill=INK)
    words = (
        f"{first.simulated_s / 3600:.2f} h simulated",
        f"{first.traffic} traffic",
        f"seed {first.seed}",
    )
    yield text("  ·  ".join(words), MARGIN, 64, font_size="12", fill=FAINT_INK)


def _figures(outcomes: Sequence[Outcome]) -> Iterator[str]:
    for label, x in _COLUMNS:
        yield text(
            label, MARGIN + x, CARD_TOP, font_size="11", fill=FAINT_INK,
            text_anchor="end" if x else "start",
        )  # fmt: skip
    keys = variant_keys([outcome.name for outcome in outcomes])
    for number, (outcome, (name, colour)) in enumerate(zip(outcomes, keys, strict=True), 1):
        y = CARD_TOP + CARD_ROW * number
        yield element("rect", x=MARGIN, y=y - 10, width=10, height=10, rx=2, fill=colour)
        yield text(name[:32], MARGIN + 16, y, font_size="14", font_weight="600", fill=INK)
        cells = (
            f"{outcome.robots}",
            f"{outcome.completed:,}",
            f"{outcome.throughput_per_h:,.0f}",
            _minutes(outcome.service.mean_s),
            _minutes(outcome.service.p95_s),
            _minutes(outcome.assignment.mean_s),
            _minutes(outcome.longest_wait_s),
            f"{outcome.utilisation:.0%}",
            f"{outcome.collisions}",
        )
        for cell, (_, x) in zip(cells, _COLUMNS[1:], strict=True):
            yield text(cell, MARGIN + x, y, font_size="14", fill=INK, text_anchor="end")


def _progress(outcomes: Sequence[Outcome], box: Box) -> Iterator[str]:
    longest_s = max(outcome.makespan_s for outcome in outcomes)
    asked = _counts(outcomes[0].asked_at_s)
    lines = [_counts(outcome.completed_at_s) for outcome in outcomes]
    x, y = Axis(longest_s, "min", 60.0), Axis(outcomes[0].orders, "")
    yield from draw_lines("Orders asked for (grey) and done", box, x, y, lines, behind=asked)


def _service(outcomes: Sequence[Outcome], box: Box) -> Iterator[str]:
    longest_s = max((outcome.service.max_s for outcome in outcomes), default=1.0)
    lines = [_shares(outcome.service_s) for outcome in outcomes]
    x, y = Axis(longest_s, "min", 60.0), Axis(1.0, "%", 0.01)
    yield from draw_lines("Orders done within so long after they were asked for", box, x, y, lines)


def _activities(outcomes: Sequence[Outcome], box: Box) -> Iterator[str]:
    rows = [
        (outcome.name, [outcome.activities[part] for part, _ in _PARTS]) for outcome in outcomes
    ]
    yield from draw_shares("What robots spend their time on", box, rows, _PARTS)
    yield from draw_keys(_PARTS, box.x + 250, box.y - 14)


def _counts(times_s: Sequence[float]) -> Points:
    """How many there were by each moment."""
    step = max(1, len(times_s) // POINTS_MAX)
    kept = [*range(0, len(times_s), step), *([len(times_s) - 1] if times_s else [])]
    return [(0.0, 0.0), *((times_s[i], float(i + 1)) for i in kept)]


def _shares(service_s: Sequence[float]) -> Points:
    """Which share of the orders took at most so long."""
    ordered = sorted(service_s)
    step = max(1, len(ordered) // POINTS_MAX)
    points = [(ordered[i], (i + 1) / len(ordered)) for i in range(0, len(ordered), step)]
    return [(0.0, 0.0), *points, *([(ordered[-1], 1.0)] if ordered else [])]


def _map_height(site: Site, width: float) -> float:
    wide, tall = (float(side) + 1.0 for side in np.ptp(site.positions_m, axis=0))
    return min(MAP_HEIGHT_MAX, width * tall / wide)


def _minutes(duration_s: float) -> str:
    return f"{duration_s:.0f} s" if duration_s < 600 else f"{duration_s / 60:.0f} min"
