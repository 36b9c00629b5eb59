"""`muster resolve`: answer an order that asks a person what became of its item."""

from __future__ import annotations

import typer

from muster_cli.console import make_console, print_json
from muster_cli.exits import ExitCode, UsageError
from muster_cli.options import JSON_OPTION, fleet_of
from muster_cli.question import ANSWERS
from muster_cli.requester import requester_name


def resolve(
    context: typer.Context,
    order_id: str = typer.Argument(..., metavar="ORDER", help="The suspended order."),
    is_completed: bool = typer.Option(False, "--completed", help=ANSWERS["completed"]),
    is_retried: bool = typer.Option(False, "--retry", help=ANSWERS["retry"]),
    is_failed: bool = typer.Option(False, "--failed", help=ANSWERS["failed"]),
    reason: str = typer.Option("", help="What you saw or did, for the log."),
    is_json: bool = JSON_OPTION,
) -> None:
    """Answer a suspended order: what became of its item. Exactly one of the three answers."""
    resolution = choose({"completed": is_completed, "retry": is_retried, "failed": is_failed})
    from muster_cli.client import FleetClient
    from muster_cli.records import answer_record

    with FleetClient(fleet_of(context)) as client:
        answer = client.resolve_order(
            order_id, resolution=resolution, requester=requester_name(), reason=reason
        )
    record = answer_record(answer)
    if is_json:
        print_json(record)
    elif answer.accepted:
        state = record["order"]["state"] if record["order"] else "unknown"
        make_console().print(f"{order_id}: answered {resolution}, state {state}")
    else:
        make_console().print(f"{order_id}: refused: {answer.message} [{record['error']}]")
    if not answer.accepted:
        raise typer.Exit(ExitCode.FAILED)


def choose(answers: dict[str, bool]) -> str:
    """The one answer that was given.

    :raises UsageError: when it is none, or several.
    """
    given = [word for word, is_given in answers.items() if is_given]
    if len(given) == 1:
        return given[0]
    options = ", ".join(f"--{word}" for word in answers)
    told = " and ".join(f"--{word}" for word in given) or "no answer"
    raise UsageError(f"{told} given; give exactly one of {options}")
