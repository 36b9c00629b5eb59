"""What a benchmark finds, as a table for people and as JSON for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from rich.table import Table


class SkippedError(Exception):
    """A figure cannot be measured here, which is no failure; says what would be needed."""


class Better(Enum):
    """Which way a figure should go."""

    LOWER = "at most"
    HIGHER = "at least"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number beside what it is measured against in the same run.

    :param target: the bound of the ratio; None = without a bound.
    :param value_target: the bound of the value itself, where that is what counts.
    :param note: how much was measured, and the spread.
    """

    name: str
    value: float
    unit: str
    baseline: float
    better: Better
    target: float | None = None
    value_target: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float:
        """Ours over the baseline's."""
        return self.value / self.baseline

    @property
    def is_met(self) -> bool | None:
        """Whether the ratio and the value keep their bounds; None without any."""
        kept = [
            found <= bound if self.better is Better.LOWER else found >= bound
            for found, bound in ((self.ratio, self.target), (self.value, self.value_target))
            if bound is not None
        ]
        return all(kept) if kept else None


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile of ``values``, which must not be empty."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def spread(values: Iterable[float], digits: int = 2) -> str:
    """The least and the greatest, as in ``1.20 to 1.31``."""
    known = list(values)
    return f"{min(known):.{digits}f} to {max(known):.{digits}f}"


def write_results(path: Path, figures: Iterable[Figure]) -> None:
    """Write the figures as ``{"name": {"value", "unit", "baseline", "ratio"}}``.

    Figures that the file has and that were not measured now stay as they are.
    """
    known = json.loads(path.read_text()) if path.is_file() else {}
    results = known | {
        figure.name: {
            "value": round(figure.value, 4),
            "unit": figure.unit,
            "baseline": round(figure.baseline, 4),
            "ratio": round(figure.ratio, 3),
        }
        for figure in figures
    }
    path.write_text(json.dumps(results, indent=2) + "\n")


def make_table(figures: Iterable[Figure], caption: str) -> Table:
    """The figures, each with its bound and whether it is kept."""
    table = Table(title="Muster beside its baselines", caption=caption, caption_justify="left")
    table.add_column("figure", overflow="fold")
    for heading in ("Muster", "baseline", "ratio"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("target", no_wrap=True)
    table.add_column("measured", overflow="fold")
    for figure in figures:
        table.add_row(
            figure.name,
            f"{figure.value:.2f} {figure.unit}",
            f"{figure.baseline:.2f} {figure.unit}",
            f"{figure.ratio:.3f}",
            _target(figure),
            figure.note,
        )
    return table


def _target(figure: Figure) -> str:
    if figure.is_met is None:
        return "-"
    bounds = [] if figure.target is None else [f"{figure.target:g}"]
    if figure.value_target is not None:
        bounds.append(f"{figure.value_target:g} {figure.unit}")
    verdict = "[green]met[/]" if figure.is_met else "[red]missed[/]"
    return f"{figure.better.value} {', '.join(bounds)}: {verdict}"
