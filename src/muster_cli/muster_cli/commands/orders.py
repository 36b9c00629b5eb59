"""`muster orders`: which orders there are, and how far they are."""

from __future__ import annotations

from typing import Any

import typer

from muster_cli.console import make_console, print_json
from muster_cli.exits import UsageError
from muster_cli.options import JSON_OPTION, fleet_of
from muster_cli.question import question_text
from muster_core.states import OrderState

ASKING_MAX = 5
"""Orders whose questions are shown without being asked for."""
WAITING = (OrderState.ACCEPTED, OrderState.PLANNED)


def orders(
    context: typer.Context,
    order_ids: list[str] = typer.Argument(None, metavar="ID", help="Only these orders."),
    state: list[str] = typer.Option(
        [],
        help="Only in this state (repeat for more): accepted, planned, active, suspended, "
        "completed, failed, cancelled; waiting = accepted or planned.",
    ),
    limit: int = typer.Option(100, min=1, max=1000, help="At most so many, newest first."),
    is_json: bool = JSON_OPTION,
) -> None:
    """Show orders and how far they are, newest first; and what suspended ones ask, with answers."""
    numbers = _state_numbers(state)
    from muster_cli.client import FleetClient
    from muster_cli.records import order_record
    from muster_cli.tables import orders_table

    with FleetClient(fleet_of(context)) as client:
        answer = client.get_orders(order_ids or (), states=numbers, limit=limit)
        # However old it is, what asks a person is not to be overlooked.
        is_whole = bool(order_ids or state or is_json)
        asking = answer if is_whole else _asking(client)
    records = [order_record(status) for status in answer.orders]
    if is_json:
        print_json({"orders": records, "left_off": answer.left_off})
        return
    console = make_console()
    if records:
        console.print(orders_table(records))
    else:
        console.print("no orders" + (" like that" if order_ids or state else ""))
    if answer.left_off:
        console.print(f"{answer.left_off} more are not shown (--limit)", style="dim")
    _tell_questions([order_record(status) for status in asking.orders])
    if not is_whole and asking.left_off:
        words = f"{asking.left_off} more ask a person: `muster orders --state suspended`"
        console.print(f"\n{words}", style="bold magenta")


def _asking(client: Any) -> Any:
    """The orders that ask a person, at most ``ASKING_MAX``."""
    return client.get_orders(states=_state_numbers([OrderState.SUSPENDED.value]), limit=ASKING_MAX)


def _tell_questions(records: list[dict[str, Any]]) -> None:
    console = make_console()
    for record in records:
        if record["state"] == OrderState.SUSPENDED.value:
            console.print()
            console.print(question_text(record["order_id"], record["message"]))


def _state_numbers(names: list[str]) -> list[int]:
    from muster_ros.conversions import ORDER_STATES

    numbers: list[int] = []
    for name in names:
        if name == "waiting":
            numbers.extend(ORDER_STATES[state] for state in WAITING)
        elif name in [state.value for state in OrderState]:
            numbers.append(ORDER_STATES[OrderState(name)])
        else:
            known = ", ".join(["waiting", *(state.value for state in OrderState)])
            raise UsageError(f"--state is {name!r}; it must be one of {known}")
    return numbers
