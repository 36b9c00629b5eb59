"""`muster robots`: which robots there are, and what they do."""

from __future__ import annotations

import typer

from muster_cli.console import make_console, print_json
from muster_cli.options import JSON_OPTION, fleet_of


def robots(
    context: typer.Context,
    robot_ids: list[str] = typer.Argument(None, metavar="ID", help="Only these robots."),
    is_json: bool = JSON_OPTION,
) -> None:
    """Show robots and what they do."""
    from muster_cli.client import FleetClient
    from muster_cli.records import robot_records
    from muster_cli.tables import robots_table

    with FleetClient(fleet_of(context)) as client:
        records = robot_records(client.get_robots(robot_ids or ()))
    if is_json:
        print_json({"robots": records})
    elif records:
        make_console().print(robots_table(records))
    else:
        make_console().print("no robots" + (" of that name" if robot_ids else " yet"))
