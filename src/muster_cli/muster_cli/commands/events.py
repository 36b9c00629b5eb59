"""`muster events`: what happened, from the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import typer

from muster_cli.console import make_console, print_json
from muster_cli.exits import UsageError
from muster_cli.options import JSON_OPTION, fleet_of
from muster_core.trace import trace_id

LAST_DEFAULT = 50
POLL_PERIOD_S = 0.5
_TRACE_DIGITS = 32


def events(
    context: typer.Context,
    from_seq: int = typer.Option(
        0, "--from", min=0, metavar="SEQ", help="Begin with this sequence number (1 = the first)."
    ),
    last: int = typer.Option(
        LAST_DEFAULT, min=0, help="Begin with the last so many events, unless told otherwise."
    ),
    order_id: str = typer.Option("", "--order", metavar="ID", help="Only events of this order."),
    trace: str = typer.Option(
        "", metavar="ID", help="Only events of this trace: a trace id, or a whole traceparent."
    ),
    is_following: bool = typer.Option(False, "--follow", "-f", help="Go on as they happen."),
    is_json: bool = JSON_OPTION,
) -> None:
    """Show what happened, in the order of the log."""
    wanted_trace = parse_trace(trace)
    from muster_cli.client import FleetClient
    from muster_cli.tables import event_line

    console = make_console()
    with FleetClient(fleet_of(context)) as client:
        first = from_seq or _first_seq(client, last, is_whole=bool(order_id or trace))
        for record in _records(client, first, is_following):
            if order_id and record["order_id"] != order_id:
                continue
            if wanted_trace and trace_id(record["traceparent"]) != wanted_trace:
                continue
            if is_json:
                print_json(record)
            else:
                console.print(event_line(record), soft_wrap=True)


def parse_trace(text: str) -> str:
    """The trace id in ``text``, 32 hexadecimal digits; empty when it is empty.

    :raises UsageError: when there is none.
    """
    found = trace_id(text) or text.lower()
    if found and (len(found) != _TRACE_DIGITS or not set(found) <= set("0123456789abcdef")):
        raise UsageError(
            f"--trace is {text!r}; it must be {_TRACE_DIGITS} hexadecimal digits or a traceparent"
        )
    return found


def _first_seq(client: Any, last: int, *, is_whole: bool) -> int:
    """Where to begin: the whole log when one order is looked for, else near its end."""
    return 1 if is_whole else max(1, client.last_seq() - last + 1)


def _records(client: Any, first: int, is_following: bool) -> Iterator[dict[str, Any]]:
    from muster_cli.feed import EventFeed
    from muster_cli.records import event_record

    if not is_following:
        yield from map(event_record, client.events(first))
        return
    client.last_seq()  # says so when there is no scheduler
    feed = EventFeed(client, first)
    yield from map(event_record, _forever(feed))


def _forever(feed: Any) -> Iterable[Any]:
    while True:
        yield from feed.poll(POLL_PERIOD_S)
