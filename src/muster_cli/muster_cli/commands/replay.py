"""`muster replay`: what a log file comes to, verified from its first event on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from muster_cli.console import make_console, print_json
from muster_cli.options import JSON_OPTION
from muster_core.scheduler.config import SchedulerConfig

OPEN_ORDERS_SHOWN_MAX = 20
_REMEMBERED_DEFAULT = SchedulerConfig().orders_remembered_max


def replay(
    log: Path = typer.Argument(..., metavar="LOG", help="A scheduler's log, or robot's journal."),
    until: int | None = typer.Option(
        None, min=0, metavar="SEQ", help="Stop after this event: the state as it was then."
    ),
    orders_remembered_max: int = typer.Option(
        _REMEMBERED_DEFAULT, min=1, help="As the scheduler has it: the state depends on it."
    ),
    is_json: bool = JSON_OPTION,
) -> None:
    """Fold a log file; print the state and its hash, or fail when the log was altered."""
    from muster_cli.replayed import SCHEDULERS_LOG, replay_log

    found = replay_log(log, until=until, orders_remembered_max=orders_remembered_max)
    if is_json:
        print_json(_record(found))
        return
    console = make_console()
    of_all = "" if found.until == found.events else f" of {found.events}"
    when = f", {found.times[0]} to {found.times[-1]}" if found.times else ""
    console.print(f"{found.path}: a {found.kind}, verified", soft_wrap=True)
    console.print(f"events  {found.until}{of_all}{when}")
    console.print(f"epoch   {found.epoch}")
    if found.kind == SCHEDULERS_LOG:
        _print_orders(found.state, console)
    else:
        _print_attempts(found.state, console)
    console.print(f"state   {found.state_hash}", soft_wrap=True)


def _record(found: Any) -> dict[str, Any]:
    return {
        "log": str(found.path),
        "kind": found.kind,
        "until": found.until,
        "events": found.events,
        "first_time": found.times[0] if found.times else None,
        "last_time": found.times[-1] if found.times else None,
        "epoch": found.epoch,
        "state_hash": found.state_hash,
        **found.state,
    }


def _print_orders(state: dict[str, Any], console: Any) -> None:
    from rich.text import Text

    from muster_cli.tables import bare_table, state_text

    counted = ", ".join(f"{count} {name}" for name, count in state["orders"].items() if count)
    console.print(f"orders  {counted or 'none'}")
    standings = [robot["standing"] for robot in state["robots"]]
    told = ", ".join(f"{standings.count(word)} {word}" for word in dict.fromkeys(standings))
    console.print(f"robots  {told or 'none'}")
    shown = state["open_orders"][:OPEN_ORDERS_SHOWN_MAX]
    if not shown:
        return
    table = bare_table("open order", "state", "robot", "steps", "accepted", "why")
    for order in shown:
        steps = f"{order['step_index']}/{order['steps_total']}" if order["steps_total"] else ""
        table.add_row(
            Text(order["order_id"]),
            state_text(order["state"]),
            Text(order["robot_id"]),
            steps,
            order["accepted"],
            Text(order["message"], style="dim"),
        )
    console.print(table)
    more = len(state["open_orders"]) - len(shown)
    if more:
        console.print(f"and {more} more open orders; --json lists all")


def _print_attempts(state: dict[str, Any], console: Any) -> None:
    steps = f", {state['steps_finished']} steps finished" if state["attempt"] else ""
    console.print(f"starts  {state['incarnation']}")
    console.print(f"attempt {state['attempt'] or 'none'}{steps}")
    console.print(f"owed    {', '.join(state['owed']) or 'nothing'}")
    console.print(f"ended   {len(state['ended'])} attempts remembered")
