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

    :param target: the bound of the ratio; None = measured to be known, without a bound.
    :param note: how much was measured, and the spread.
    """

    name: str
    value: float
    unit: str
    baseline: float
    better: Better
    target: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float:
        """Ours over the baseline's."""
        return self.value / self.baseline

    @property
    def is_met(self) -> bool | None:
        """Whether the ratio keeps its bound; None without one."""
        if self.target is None:
            return None
        if self.better is Better.LOWER:
            return self.ratio <= self.target
        return self.ratio >= self.target


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile of ``values``, which must not be empty."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def spread(values: Iterable[float], digits: int = 2) -> str:
    """The least and the greatest, as in ``1.20 to 1.31``."""
    known = list(values)
    return f"{min(known):.{digits}f} to {max(known):.{digits}f}"


def write_results(path: Path, figures: Iterable[Figure]) -> None:
    """Write the figures as ``{"name": {"value", "unit", "baseline", "ratio"}}``."""
    results = {
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
            f"{figure.ratio:.2f}",
            _target(figure),
            figure.note,
        )
    return table


def _target(figure: Figure) -> str:
    if figure.target is None:
        return "-"
    verdict = "[green]met[/]" if figure.is_met else "[red]missed[/]"
    return f"{figure.better.value} {figure.target:g}: {verdict}"
