"""`muster zone`: the limits of zones, changed while robots run."""

from __future__ import annotations

from typing import Any

import typer

from muster_cli.console import make_console, print_json
from muster_cli.exits import ExitCode, NoAnswerError, UsageError
from muster_cli.options import JSON_OPTION, fleet_of
from muster_cli.requester import requester_name
from muster_core.site.zone import COMPASS_DEG

TOLD_S = 5.0
"""How long the zones in force may take to be heard."""
NO_LIMIT = "any"

zone = typer.Typer(
    name="zone", help="Show and change the limits of zones.", invoke_without_command=True
)

_NAME = typer.Argument(..., metavar="ZONE", help="The zone's name.")
_REASON = typer.Option("", help="Why, for the log.")


@zone.callback()
def show(context: typer.Context, is_json: bool = JSON_OPTION) -> None:
    """Show and change the limits of zones."""
    if context.invoked_subcommand is not None:
        return
    from muster_cli.client import FleetClient
    from muster_cli.traffic_records import zone_record, zones_table
    from muster_ros.channels import GET_TRAFFIC, ZONES

    told: list[Any] = []
    with FleetClient(fleet_of(context)) as client:
        client.subscribe(ZONES, told.append)
        client.await_service(GET_TRAFFIC)
        if not client.spin_until(lambda: bool(told), TOLD_S):
            raise NoAnswerError("traffic does not tell of zones: is it active? try `muster doctor`")
    newest = max(told, key=lambda message: (message.epoch, message.number))
    zones = [zone_record(one) for one in newest.zones]
    if is_json:
        print_json({"number": newest.number, "site_digest": newest.site_digest, "zones": zones})
    elif zones:
        make_console().print(zones_table(zones))
    else:
        make_console().print("the site has no zones")


@zone.command(name="set")
def set_limits(
    context: typer.Context,
    name: str = _NAME,
    is_closed: bool = typer.Option(
        None, "--closed/--open", help="Whether nobody may enter, and nobody is sent there."
    ),
    robots: str = typer.Option(None, metavar="N", help="Robots in it at once, or any."),
    speed: str = typer.Option(None, metavar="M/S", help="The greatest speed there, or any."),
    one_way: str = typer.Option(
        None, metavar="DIRECTION", help="east, north, west, south, degrees from the x axis, or any."
    ),
    vertices: str = typer.Option(
        None, metavar="A,B,...", help="What it is made of; needed for a new zone."
    ),
    reason: str = _REASON,
    is_json: bool = JSON_OPTION,
) -> None:
    """Change the limits given, and leave the others as they are."""
    from muster_msgs import msg

    values: dict[str, Any] = {}
    if is_closed is not None:
        values["closed"] = is_closed
    if robots is not None:
        values["robots_max"] = parse_limit("--robots", robots, int, none=-1)
    if speed is not None:
        values["speed_mps_max"] = parse_limit("--speed", speed, float, none=0.0)
    if one_way is not None:
        known = {word: str(degrees) for word, degrees in COMPASS_DEG.items()}
        text = known.get(one_way, one_way)
        values["one_way_deg"] = parse_limit("--one-way", text, float, none=-1.0)
    if vertices is not None:
        values["vertices"] = [vertex.strip() for vertex in vertices.split(",") if vertex.strip()]
    if not values:
        raise UsageError("nothing to change; give --closed, --open, --robots, --speed or --one-way")
    wanted = msg.Zone(name=name, **values)
    _ask(context, wanted, fields=list(values), is_reset=False, reason=reason, is_json=is_json)


@zone.command()
def reset(
    context: typer.Context,
    name: str = _NAME,
    reason: str = _REASON,
    is_json: bool = JSON_OPTION,
) -> None:
    """Have the zone be as the site's file says; one that it does not have is gone."""
    from muster_msgs import msg

    _ask(context, msg.Zone(name=name), fields=[], is_reset=True, reason=reason, is_json=is_json)


def parse_limit(option: str, text: str, number_type: Any, *, none: Any) -> Any:
    """The number in ``text``, or ``none`` where it says that there is no limit.

    :raises UsageError: when it is no number; what it may be is for traffic to say.
    """
    if text == NO_LIMIT:
        return none
    try:
        number = number_type(text)
    except ValueError:
        raise UsageError(f"{option} is {text!r}; give a number, or {NO_LIMIT!r}") from None
    if number == none:  # means no limit on the wire, and is not what was typed
        raise UsageError(f"{option} is {text!r}; for no limit say {NO_LIMIT!r}")
    return number


def _ask(
    context: typer.Context,
    wanted: Any,
    *,
    fields: list[str],
    is_reset: bool,
    reason: str,
    is_json: bool,
) -> None:
    from muster_msgs import srv

    from muster_cli.client import FleetClient
    from muster_cli.traffic_records import change_record, limits_words, zone_record
    from muster_ros.channels import SET_ZONE

    request = srv.SetZone.Request(
        zone=wanted, fields=fields, reset=is_reset, requester=requester_name(), reason=reason
    )
    with FleetClient(fleet_of(context)) as client:
        answer = client.call(SET_ZONE, request)
    record = change_record(answer)
    is_there = bool(answer.zone.vertices)
    if answer.accepted:
        told = zone_record(answer.zone) if is_there else None
        record |= {"number": answer.number, "zone": told}
    if is_json:
        print_json(record)
    elif answer.accepted:
        words = limits_words(zone_record(answer.zone)) if is_there else "gone"
        make_console().print(f"{wanted.name}: {words}")
    else:
        make_console().print(f"{wanted.name}: refused: {answer.message} [{record['error']}]")
    if not answer.accepted:
        raise typer.Exit(ExitCode.FAILED)
