"""What came of a run with real nodes, for the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.table import Table

from muster_twin.live.record import LiveRecord

SHARE_MIN = 0.005
"""Programs below this share of a core are not told."""


def make_table(record: LiveRecord, title: str) -> Table:
    """The figures, a row each."""
    table = Table(title=title)
    table.add_column("")
    table.add_column("", justify="right")
    for label, cell in _rows(record):
        table.add_row(label, cell)
    return table


def _rows(record: LiveRecord) -> list[tuple[str, str]]:
    hours = record.simulated_s / 3600.0 or 1.0
    completed = record.ends["order_completed"]
    rows = [
        ("orders completed", f"{completed}"),
        ("throughput, orders/h", f"{completed / hours:.0f}"),
        ("service time, s: mean", _mean(record.service_s)),
        ("  half within", _within(record.service_s, 0.5)),
        ("  95% within", _within(record.service_s, 0.95)),
        ("waiting for a robot, s: mean", _mean(record.assignment_s)),
        ("robots that bumped", f"{len(record.bumps)}"),
        ("simulated s", f"{record.simulated_s:.0f}"),
        ("simulated s per s", f"{record.speed:.1f}"),
        ("time stood for the fleet", f"{record.held_s / (record.took_s or 1.0):.0%}"),
    ]
    others = (
        ("failed", record.ends["order_failed"]),
        ("cancelled", record.ends["order_cancelled"]),
        ("refused", len(record.refusals)),
        ("unfinished", record.unfinished),
    )
    rows[1:1] = [(label, f"{count}") for label, count in others if count]
    shares = {name: spent / (record.took_s or 1.0) for name, spent in record.cpu_s.items()}
    for name, share in sorted(shares.items(), key=lambda item: -item[1]):
        if share >= SHARE_MIN:
            rows.append((f"CPU of {name}, of a core", f"{share:.0%}"))
    return rows


def _mean(values: Sequence[float]) -> str:
    return f"{sum(values) / len(values):.0f}" if values else "-"


def _within(ascending: Sequence[float], share: float) -> str:
    return f"{ascending[math.ceil(len(ascending) * share) - 1]:.0f}" if ascending else "-"
