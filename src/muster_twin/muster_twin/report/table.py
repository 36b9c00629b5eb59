"""The outcomes side by side, for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.table import Table

from muster_twin.warehouse.outcome import Outcome

Row = tuple[str, Callable[[Outcome], str]]

ROWS: tuple[Row, ...] = (
    ("robots", lambda o: f"{o.robots}"),
    ("policy", lambda o: o.policy),
    ("traffic", lambda o: o.traffic),
    ("orders completed", lambda o: f"{o.completed} of {o.orders}"),
    ("throughput, orders/h", lambda o: f"{o.throughput_per_h:.0f}"),
    ("makespan, s", lambda o: f"{'over ' if o.unfinished else ''}{o.makespan_s:.0f}"),
    ("service time, s: mean", lambda o: f"{o.service.mean_s:.0f}"),
    ("  half within", lambda o: f"{o.service.p50_s:.0f}"),
    ("  95% within", lambda o: f"{o.service.p95_s:.0f}"),
    ("waiting for a robot, s: mean", lambda o: f"{o.assignment.mean_s:.0f}"),
    ("robots have work", lambda o: f"{o.utilisation:.0%}"),
    ("  drive", lambda o: f"{o.activities['driving']:.0%}"),
    ("  wait for each other", lambda o: f"{o.activities['waiting']:.0%}"),
    ("driven, km", lambda o: f"{o.driven_m / 1000:.1f}"),
    ("longest wait of a robot, s", lambda o: f"{o.longest_wait_s:.0f}"),
    ("collisions", lambda o: f"{o.collisions}"),
    ("simulated s per s of CPU", lambda o: f"{o.speed:.0f}"),
)
SOMETIMES: tuple[Row, ...] = (
    ("failed", lambda o: f"{o.failed}"),
    ("cancelled", lambda o: f"{o.cancelled}"),
    ("refused", lambda o: f"{o.refused}"),
    ("unfinished", lambda o: f"{o.unfinished}"),
)
"""Told only where one of the runs has any."""


def make_table(outcomes: Sequence[Outcome]) -> Table:
    """A column for each outcome."""
    first = outcomes[0]
    table = Table(title=f"{first.site}: {first.orders} orders, seed {first.seed}")
    table.add_column("")
    for outcome in outcomes:
        table.add_column(outcome.name, justify="right")
    for label, cell in ROWS:
        table.add_row(label, *map(cell, outcomes))
    for label, cell in SOMETIMES:
        cells = [cell(outcome) for outcome in outcomes]
        if any(text != "0" for text in cells):
            table.add_row(label, *cells, style="yellow")
    return table
