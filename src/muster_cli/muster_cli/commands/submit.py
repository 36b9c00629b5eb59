"""`muster submit`: order something, by options or as JSON, and maybe stay until it is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from muster_cli.console import make_console, print_json
from muster_cli.exits import ExitCode, NoAnswerError, UsageError
from muster_cli.options import JSON_OPTION, fleet_of
from muster_cli.order_file import Wish, check_order, read_orders
from muster_core.explain import ordinal
from muster_core.order import DEFAULT_PRIORITY, PAYLOAD_KG_MAX, PRIORITY_MAX, Order

WAIT_DEADLINE_S = 3600.0


def submit(
    context: typer.Context,
    order_id: str = typer.Option("", "--id", help="The order's id; made when absent."),
    kind: str = typer.Option("deliver", help="deliver, scan, move, or a policy's own."),
    pickup: str = typer.Option("", help="Where the item is (deliver)."),
    dropoff: str = typer.Option("", help="Where it goes (deliver)."),
    place: list[str] = typer.Option([], help="A place to visit (scan, move); repeat for more."),
    priority: int = typer.Option(
        DEFAULT_PRIORITY, min=0, max=PRIORITY_MAX, help="A larger number goes first."
    ),
    deadline: str = typer.Option("", help="ISO 8601 with an offset, as in 2030-01-31T12:00:00Z."),
    requires: list[str] = typer.Option(
        [], help="A capability that the robot must have; repeat for more."
    ),
    payload_kg: float = typer.Option(
        0.0, "--payload", metavar="KG", min=0.0, max=PAYLOAD_KG_MAX, help="What it must carry, kg."
    ),
    json_file: str = typer.Option(
        "",
        metavar="FILE",
        help="Read the order as JSON from a file, or many, one a line; - = from stdin.",
    ),
    is_waiting: bool = typer.Option(False, "--wait", help="Follow the order until it ends."),
    wait_s: float = typer.Option(
        WAIT_DEADLINE_S, "--timeout", min=0.1, help="How long --wait waits, s."
    ),
    is_json: bool = JSON_OPTION,
) -> None:
    """Submit an order, and follow it with --wait. Or many, from a file with one a line.

    Answered when the order is durable. The same order again is answered with its state.
    """
    wanted = {
        "order_id": order_id,
        "kind": kind,
        "pickup": pickup,
        "dropoff": dropoff,
        "places": place,
        "priority": priority,
        "deadline": deadline,
        "requires": requires,
        "payload_kg": payload_kg,
    }
    if json_file:
        _check_alone(context)
        found = read_orders(json_file)
        if not isinstance(found, dict):
            if is_waiting:
                raise UsageError("--wait follows one order; the file has several")
            _submit_many(fleet_of(context), found, is_json)
            return
        wanted = found
    _submit_one(fleet_of(context), check_order(wanted), wait_s if is_waiting else 0.0, is_json)


def _submit_one(fleet: str, order: Order, wait_s: float, is_json: bool) -> None:
    """Submit the order, and follow it for at most ``wait_s`` seconds unless that is 0."""
    from muster_cli.client import FleetClient
    from muster_cli.following import Follower
    from muster_cli.records import answer_record
    from muster_ros.conversions import order_message

    with FleetClient(fleet) as client:
        from_seq = client.last_seq() + 1 if wait_s else 0
        record = answer_record(client.submit_order(order_message(order)))
        if not is_json:
            make_console().print(answer_words(order.order_id, record))
        if record["accepted"] and wait_s:
            follower = Follower(client, order.order_id, from_seq=from_seq, is_told=not is_json)
            place = record["order"]["queue_position"] if record["order"] else 0
            record["order"] = follower.follow(wait_s, place=place)
    if is_json:
        print_json(record)
    state = record["order"]["state"] if record["order"] else ""
    if not record["accepted"] or (wait_s and state != "completed"):
        raise typer.Exit(ExitCode.FAILED)


def answer_words(order_id: str, record: dict[str, Any]) -> str:
    """What the scheduler said: refused and why, or accepted and how far it is."""
    if not record["accepted"]:
        return f"{order_id}: refused: {record['message']} [{record['error']}]"
    known = "known already" if record["duplicate"] else "accepted"
    order = record["order"] or {"state": "accepted", "queue_position": 0}
    if order["queue_position"]:
        return f"{order_id}: {known}, {ordinal(order['queue_position'])} in line"
    return f"{order_id}: {known}, state {order['state']}"


def _submit_many(fleet: str, wishes: Iterator[Wish], is_json: bool) -> None:
    """Submit what each line asks for and tell what became of them.

    :raises NoAnswerError: when the scheduler went away meanwhile.
    """
    from muster_cli.bulk import BulkSubmission
    from muster_cli.client import FleetClient
    from muster_cli.tables import account_lines

    with FleetClient(fleet) as client:
        bulk = BulkSubmission(client, wishes)
        try:
            bulk.run()
        finally:
            account = bulk.account
            if account.lines and is_json:
                print_json(account.record())
            elif account.lines:
                for line in account_lines(account):
                    make_console().print(line, soft_wrap=True)
    if account.unanswered:
        raise NoAnswerError(
            f"the scheduler in namespace {fleet} stopped answering: {len(account.unanswered)} "
            f"orders up to line {account.last_line} may or may not be accepted, and nothing after "
            "that line was sent; send the file again, orders with an order_id are not done twice"
        )
    if not account.is_success:
        raise typer.Exit(ExitCode.FAILED)


def _check_alone(context: typer.Context) -> None:
    """Refuse a command line that says the same thing twice."""
    other = {
        "order_id": "--id", "kind": "--kind", "pickup": "--pickup", "dropoff": "--dropoff",
        "place": "--place", "priority": "--priority", "deadline": "--deadline",
        "requires": "--requires", "payload_kg": "--payload",
    }  # fmt: skip
    for name, option in other.items():
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise UsageError(f"--json-file and {option} exclude each other: put it into the JSON")
