"""`muster explain`: what happened to an order and why, in words."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import typer

from muster_cli.console import make_console, print_error, print_json
from muster_cli.exits import UsageError
from muster_cli.options import JSON_OPTION, fleet_of
from muster_cli.unknown_order import unknown_order
from muster_core.errors import LogError
from muster_core.events import OrderAccepted, Record
from muster_core.explain import Narrator, Present, Story, story_record
from muster_core.ids import OrderId

KNOWN_MAX = 10_000
"""Orders of a log file that are remembered, to offer one like the one that is not there."""


def explain(
    context: typer.Context,
    order_id: str = typer.Argument(..., metavar="ORDER", help="The order."),
    log: str = typer.Option(
        "", metavar="FILE", help="Read this log file instead of asking a running fleet."
    ),
    is_json: bool = JSON_OPTION,
) -> None:
    """Tell in words what happened to an order, and why."""
    story = from_file(order_id, Path(log)) if log else _from_fleet(order_id, fleet_of(context))
    if is_json:
        print_json(story_record(story))
        return
    from muster_cli.explanation import print_explanation

    print_explanation(story, make_console())


def from_file(order_id: str, path: Path) -> Story:
    """The order's story by a log file, which may be in use.

    :raises UsageError: when it is no log, or is damaged before the order's end.
    :raises CommandError: when the order is not in it.
    """
    from muster_core.log import SqliteLog
    from muster_core.scheduler.codec import to_record

    known: dict[str, None] = {}
    try:
        log = SqliteLog.open_read_only(path)
        try:
            narrator = _narrate(order_id, map(to_record, log.entries()), known)
        finally:
            log.close()
    except LogError as error:
        raise UsageError(f"--log {str(path)!r} cannot be read: {error}") from error
    story = narrator.story()
    if story is None:
        raise unknown_order(order_id, known, where=f"the log {str(path)!r}")
    return story


def _from_fleet(order_id: str, fleet: str) -> Story:
    """The order's story by the log of a running fleet.

    :raises CommandError: when the fleet knows no such order.
    """
    from muster_cli.client import FleetClient
    from muster_cli.history import OrderHistory

    with FleetClient(fleet) as client:
        found = client.get_orders([order_id]).orders
        if not found:
            known = [status.order.order_id for status in client.get_orders().orders]
            raise unknown_order(order_id, known, where=f"the fleet {fleet}")
        status = found[0]
        present = Present(
            wall_ns=time.time_ns(),
            message=status.message,
            queue_position=status.queue_position,
        )
        history = OrderHistory(client, order_id, status.accepted)
        narrator = _narrate(order_id, history.records(), {})
        if history.unknown:
            print_error(f"{history.unknown} events of a newer version of Muster are left out")
        story = narrator.story(present)
    if story is None:
        raise unknown_order(order_id, (), where=f"the log of the fleet {fleet}")
    return story


def _narrate(order_id: str, records: Iterable[Record], known: dict[str, None]) -> Narrator:
    """Takes in records up to the order's end; ``known`` gets the orders met meanwhile."""
    narrator = Narrator(OrderId(order_id))
    for record in records:
        narrator.take(record)
        if narrator.is_ended:
            break
        if isinstance(record.event, OrderAccepted):
            known[record.event.order_id] = None
            if len(known) > KNOWN_MAX:
                del known[next(iter(known))]
    return narrator
