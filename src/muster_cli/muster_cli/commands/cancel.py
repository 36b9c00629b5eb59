"""`muster cancel`: ask that an order ends."""

from __future__ import annotations

import typer

from muster_cli.console import make_console, print_json
from muster_cli.exits import ExitCode
from muster_cli.options import JSON_OPTION, fleet_of
from muster_cli.requester import requester_name


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
        order = record["order"] or {"state": "unknown", "message": ""}
        # An ended order's message is why it ended; another's is what has to happen first.
        still = (
            f"; {order['message']}" if order["state"] != "cancelled" and order["message"] else ""
        )
        make_console().print(f"{order_id}: cancel accepted, state {order['state']}{still}")
    else:
        make_console().print(f"{order_id}: refused: {answer.message} [{record['error']}]")
    if not answer.accepted:
        raise typer.Exit(ExitCode.FAILED)
