"""`muster cancel`: ask that an order ends."""

from __future__ import annotations

import getpass

import typer

from muster_cli.console import make_console, print_json
from muster_cli.exits import ExitCode
from muster_cli.options import JSON_OPTION, fleet_of


def cancel(
    context: typer.Context,
    order_id: str = typer.Argument(..., metavar="ID", help="The order."),
    reason: str = typer.Option("", help="Why, for the log."),
    is_json: bool = JSON_OPTION,
) -> None:
    """Cancel an order; its robot may still have to stop."""
    from muster_cli.client import FleetClient
    from muster_cli.records import answer_record

    with FleetClient(fleet_of(context)) as client:
        answer = client.cancel_order(order_id, requester=requester_name(), reason=reason)
    record = answer_record(answer)
    if is_json:
        print_json(record)
    elif answer.accepted:
        state = record["order"]["state"] if record["order"] else "unknown"
        still = "" if state == "cancelled" else "; its robot has to stop first"
        make_console().print(f"{order_id}: cancel accepted, state {state}{still}")
    else:
        make_console().print(f"{order_id}: refused: {answer.message} [{record['error']}]")
    if not answer.accepted:
        raise typer.Exit(ExitCode.FAILED)


def requester_name() -> str:
    """Who types, for people who read the log; empty when the system does not know."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
