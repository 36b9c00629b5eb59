"""`muster doctor`: what is installed, what is missing, what is running, in words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import typer
from rich.table import Table
from rich.text import Text

from muster_cli.console import make_console, print_json
from muster_cli.doctor.finding import Finding, Health
from muster_cli.doctor.installation import look_at_installation
from muster_cli.exits import ExitCode
from muster_cli.options import JSON_OPTION, fleet_of

_MARKS = {
    Health.OK: Text("✔", style="bold green"),
    Health.NOTE: Text("●", style="bold yellow"),
    Health.MISSING: Text("✘", style="bold red"),
}


def doctor(context: typer.Context, is_json: bool = JSON_OPTION) -> None:
    """Say what is installed, what is missing and what is running.

    Exit code 1 when something needed is missing.
    """
    findings = list(chain(look_at_installation(), _look_at_fleet(fleet_of(context))))
    missing = [finding for finding in findings if finding.health is Health.MISSING]
    if is_json:
        checks = [
            {"name": f.name, "health": f.health.value, "words": f.words, "remedy": f.remedy}
            for f in findings
        ]
        print_json({"ok": not missing, "checks": checks})
    else:
        _tell(findings, missing)
    if missing:
        raise typer.Exit(ExitCode.FAILED)


def _look_at_fleet(fleet: str) -> Iterator[Finding]:
    try:
        from muster_cli.client import FleetClient
        from muster_cli.doctor.fleet import look_at_fleet
    except Exception as error:  # without ROS there is nothing to ask; what lacks was told above
        why = f"cannot be looked at without ROS ({type(error).__name__}: {error})"
        yield Finding("nodes", Health.NOTE, why)
        return
    with FleetClient(fleet) as client:
        yield from look_at_fleet(client)


def _tell(findings: list[Finding], missing: list[Finding]) -> None:
    console = make_console()
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        words = Text(finding.words)
        if finding.remedy:
            words.append(f"\n→ {finding.remedy}", style="yellow")
        table.add_row(_MARKS[finding.health], Text(finding.name, style="bold"), words)
    console.print(table)
    if missing:
        names = ", ".join(finding.name for finding in missing)
        console.print(f"\nmissing or broken: {names}", style="bold red")
    else:
        console.print("\nnothing needed is missing", style="bold green")
