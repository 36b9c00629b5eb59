"""`muster submit`: order something, by options or as JSON, and maybe stay until it is done."""

from __future__ import annotations

import json
import secrets
import sys
import time
from pathlib import Path
from typing import Any

import typer

from muster_cli.commands.cancel import requester_name
from muster_cli.console import make_console, print_json
from muster_cli.exits import CommandError, ExitCode, UsageError
from muster_cli.options import JSON_OPTION, fleet_of
from muster_core.errors import Refusal
from muster_core.intake import parse_order
from muster_core.order import DEFAULT_PRIORITY, ORDER_BYTES_MAX, PRIORITY_MAX, Order

WAIT_DEADLINE_S = 3600.0
ASK_PERIOD_S = 2.0
NEWS_PERIOD_S = 0.25
LAST_WORD_S = 1.0
"""How long the events of an order that has ended are waited for, to be shown."""
_FINAL_STATES = ("completed", "failed", "cancelled")


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
    json_file: str = typer.Option(
        "", metavar="FILE", help="Read the order as JSON from a file; - = from stdin."
    ),
    is_waiting: bool = typer.Option(False, "--wait", help="Follow the order until it ends."),
    wait_s: float = typer.Option(
        WAIT_DEADLINE_S, "--timeout", min=0.1, help="How long --wait waits, s."
    ),
    is_json: bool = JSON_OPTION,
) -> None:
    """Submit an order, and follow it with --wait.

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
    }
    if json_file:
        _check_alone(context)
        wanted = read_order(json_file)
    wanted["order_id"] = wanted.get("order_id") or make_order_id()
    wanted.setdefault("requester", requester_name())
    order = check_order(wanted)

    from muster_cli.client import FleetClient
    from muster_cli.records import answer_record
    from muster_ros.conversions import order_message

    with FleetClient(fleet_of(context)) as client:
        from_seq = client.last_seq() + 1 if is_waiting else 0
        record = answer_record(client.submit_order(order_message(order)))
        if not is_json:
            _tell_answer(order.order_id, record)
        if record["accepted"] and is_waiting:
            record["order"] = _follow(client, order.order_id, from_seq, wait_s, not is_json)
    if is_json:
        print_json(record)
    state = record["order"]["state"] if record["order"] else ""
    if not record["accepted"] or (is_waiting and state != "completed"):
        raise typer.Exit(ExitCode.FAILED)


def make_order_id() -> str:
    """An id that nobody else has, sortable by time."""
    return f"cli-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(3)}"


def read_order(path: str) -> dict[str, Any]:
    """The JSON object in the file, or on stdin when the path is ``-``.

    :raises UsageError: when it cannot be read or is no JSON object.
    """
    name = "stdin" if path == "-" else path
    try:
        if path == "-":
            body = sys.stdin.buffer.read(ORDER_BYTES_MAX + 1)
        else:
            with Path(path).open("rb") as file:
                body = file.read(ORDER_BYTES_MAX + 1)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}") from error
    if len(body) > ORDER_BYTES_MAX:
        raise UsageError(f"{name} is too long; an order has at most {ORDER_BYTES_MAX} bytes")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise UsageError(f"{name} holds a JSON {_json_noun(content)}; an order is a JSON object")
    return content


def check_order(wanted: dict[str, Any]) -> Order:
    """The order, as far as it can be checked without the site and the fleet.

    :raises UsageError: with the sentence that the scheduler would refuse it with.
    """
    order = parse_order(json.dumps(wanted).encode())
    if isinstance(order, Refusal):
        raise UsageError(order.message)
    return order


def _check_alone(context: typer.Context) -> None:
    """Refuse a command line that says the same thing twice."""
    other = {
        "order_id": "--id", "kind": "--kind", "pickup": "--pickup", "dropoff": "--dropoff",
        "place": "--place", "priority": "--priority", "deadline": "--deadline",
        "requires": "--requires",
    }  # fmt: skip
    for name, option in other.items():
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise UsageError(f"--json-file and {option} exclude each other: put it into the JSON")


def _json_noun(content: Any) -> str:
    nouns = {list: "array", str: "string", bool: "boolean", type(None): "null"}
    return nouns.get(type(content), "number")


def _tell_answer(order_id: str, record: dict[str, Any]) -> None:
    console = make_console()
    if not record["accepted"]:
        console.print(f"{order_id}: refused: {record['message']} [{record['error']}]")
        return
    known = "known already" if record["duplicate"] else "accepted"
    state = record["order"]["state"] if record["order"] else "accepted"
    console.print(f"{order_id}: {known}, state {state}")


def _follow(
    client: Any, order_id: str, from_seq: int, wait_s: float, is_told: bool
) -> dict[str, Any]:
    """The order once it has ended.

    :raises CommandError: when it has not ended in time.
    """
    from muster_cli.feed import EventFeed
    from muster_cli.records import event_record, order_record
    from muster_cli.tables import event_line

    console = make_console()
    feed = EventFeed(client, from_seq)

    def tell_news(duration_s: float) -> list[str]:
        """What happened to the order, by type of event."""
        records = [event_record(event) for event in feed.poll(duration_s)]
        mine = [record for record in records if record["order_id"] == order_id]
        for record in mine if is_told else ():
            console.print(event_line(record, is_short=True))
        return [record["type"] for record in mine]

    deadline = time.monotonic() + wait_s
    asked_s = float("-inf")
    while time.monotonic() < deadline:
        news = tell_news(NEWS_PERIOD_S)
        if not news and time.monotonic() - asked_s < ASK_PERIOD_S:
            continue
        asked_s = time.monotonic()
        found = client.get_orders([order_id]).orders
        status = order_record(found[0]) if found else None
        if status and status["state"] in _FINAL_STATES:
            last_word = time.monotonic() + LAST_WORD_S
            while f"order_{status['state']}" not in news and time.monotonic() < last_word:
                news += tell_news(NEWS_PERIOD_S)
            if is_told:
                why = f": {status['message']}" if status["message"] else ""
                console.print(f"{order_id}: {status['state']}{why}")
            return status
    raise CommandError(
        f"order {order_id!r} has not ended within {wait_s:g} s; it goes on without this command"
    )
