"""`muster traffic`: what robots hold of the site, and what is the matter with them."""

from __future__ import annotations

import typer

from muster_cli.console import make_console, print_json
from muster_cli.exits import ExitCode
from muster_cli.options import JSON_OPTION, fleet_of
from muster_cli.requester import requester_name

traffic = typer.Typer(
    name="traffic",
    help="Show what robots hold, want and wait for; remove one that is off the site.",
    invoke_without_command=True,
)


@traffic.callback()
def show(context: typer.Context, is_json: bool = JSON_OPTION) -> None:
    """Show what robots hold, want and wait for; remove one that is off the site."""
    if context.invoked_subcommand is not None:
        return
    from muster_cli.client import FleetClient
    from muster_cli.traffic_records import traffic_record, traffic_table

    with FleetClient(fleet_of(context)) as client:
        record = traffic_record(client.get_traffic())
    if is_json:
        print_json(record)
        return
    console = make_console()
    if record["robots"]:
        console.print(traffic_table(record["robots"]))
    else:
        console.print("no robots yet")
    if not record["open"]:
        awaited = f": {', '.join(record['unheard'])}" if record["unheard"] else ""
        console.print(f"nobody drives: {record['message']}{awaited}", style="yellow")


@traffic.command()
def remove(
    context: typer.Context,
    robot_id: str = typer.Argument(..., metavar="ROBOT", help="The robot that is off the site."),
    reason: str = typer.Option("", help="What you saw or did, for the log."),
    is_json: bool = JSON_OPTION,
) -> None:
    """Say that a robot is off the site: others may drive where it was.

    Never of one that may still stand or move there.
    """
    from muster_msgs import srv

    from muster_cli.client import FleetClient
    from muster_cli.traffic_records import change_record
    from muster_ros.channels import REMOVE_ROBOT

    request = srv.RemoveRobot.Request(robot_id=robot_id, requester=requester_name(), reason=reason)
    with FleetClient(fleet_of(context)) as client:
        answer = client.call(REMOVE_ROBOT, request, is_repeatable=False)
    record = change_record(answer) | {"freed": list(answer.freed)}
    if is_json:
        print_json(record)
    elif answer.accepted:
        freed = f"; free again: {', '.join(answer.freed)}" if answer.freed else ""
        make_console().print(f"{robot_id}: removed{freed}")
    else:
        make_console().print(f"{robot_id}: refused: {answer.message} [{record['error']}]")
    if not answer.accepted:
        raise typer.Exit(ExitCode.FAILED)
