"""`muster site`: looks at site files, also without ROS; has a fleet follow a file that changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from muster_cli.console import make_console, print_json
from muster_cli.exits import CommandError, ExitCode, UsageError
from muster_cli.options import JSON_OPTION, fleet_of

if TYPE_CHECKING:
    from muster_core.site import SiteFormat

CHANGE_DEADLINE_S = 60.0
"""How long traffic may take to read a large site and to carry everybody over to it."""

site = typer.Typer(name="site", help="Look at site files; change a fleet's.", no_args_is_help=True)


@site.callback()
def _group() -> None:
    """Look at site files; change a fleet's."""


@site.command()
def show(
    file: str = typer.Argument(
        ..., metavar="FILE", help="A site file, or the name of an installed one."
    ),
    svg: Path = typer.Option(None, metavar="OUT", help="Also draw it as SVG, in this file."),
    file_format: str = typer.Option(
        "", "--format", metavar="FORMAT", help="yaml, movingai, mapd, lif or nav2; else by content."
    ),
    cell_m: float = typer.Option(
        1.0, "--cell", metavar="M", help="Of a grid: how far its cells are apart, m."
    ),
    robot_m: float = typer.Option(
        0.0, "--robot", metavar="M", min=0.0, help="How far apart two robots must be, m."
    ),
    is_json: bool = JSON_OPTION,
) -> None:
    """Draw a site, and say what is wrong with it.

    Exit code 1 when a robot or an order can be lost there.
    """
    from muster_cli.site_report import SiteReport
    from muster_core.errors import SiteError
    from muster_core.site import draw_svg, load_site

    try:
        found = load_site(_find(file), file_format=parse_format(file_format), cell_m=cell_m)
    except SiteError as error:
        raise UsageError(str(error)) from error
    report = SiteReport(found, robot_m=robot_m or None)
    if svg is not None:
        _write(svg, draw_svg(found, findings=report.findings))
    if is_json:
        print_json(report.record())
    else:
        console = make_console()
        for part in report.parts(width=console.width):
            console.print(part, soft_wrap=True)
        if svg is not None:
            console.print(f"drawn in {svg}", style="dim")
    if report.has_faults:
        raise typer.Exit(ExitCode.FAILED)


@site.command()
def change(
    context: typer.Context,
    digest: str = typer.Option(
        "",
        help="The new file's `digest`, by `muster site show --json`; empty = whatever is there.",
    ),
    reason: str = typer.Option("", help="Why, for the log."),
    is_json: bool = JSON_OPTION,
) -> None:
    """Have the running fleet read its site's file again, which has changed.

    Install the same file on every computer before.
    """
    from muster_msgs import srv

    from muster_cli.client import FleetClient
    from muster_cli.requester import requester_name
    from muster_cli.traffic_records import change_record
    from muster_ros.channels import CHANGE_SITE

    request = srv.ChangeSite.Request(site_digest=digest, requester=requester_name(), reason=reason)
    with FleetClient(fleet_of(context)) as client:
        answer = client.call(CHANGE_SITE, request, deadline_s=CHANGE_DEADLINE_S)
    record = change_record(answer) | {
        "site_digest_before": answer.site_digest_before,
        "site_digest": answer.site_digest,
        "zones_dropped": list(answer.zones_dropped),
        "robots_astray": list(answer.robots_astray),
    }
    if is_json:
        print_json(record)
    else:
        _tell_change(record)
    if not answer.accepted:
        raise typer.Exit(ExitCode.FAILED)


def _tell_change(record: dict[str, Any]) -> None:
    console = make_console()
    if not record["accepted"]:
        console.print(f"refused: {record['message']} [{record['error']}]")
        return
    is_same = record["site_digest"] == record["site_digest_before"]
    console.print(f"site {'as before' if is_same else 'changed'}: {record['site_digest']}")
    if record["zones_dropped"]:
        names = ", ".join(record["zones_dropped"])
        console.print(f"zones as in the file again, for they did not fit: {names}")
    if record["robots_astray"]:
        names = ", ".join(record["robots_astray"])
        console.print(f"on vertices that are gone, and stopped: {names}", style="bold red")


def parse_format(text: str) -> SiteFormat | None:
    """The format of that name; None for none.

    :raises UsageError: when there is no such format; lists those that there are.
    """
    from muster_core.site import SiteFormat

    if not text:
        return None
    try:
        return SiteFormat(text)
    except ValueError:
        names = ", ".join(known.value for known in SiteFormat)
        raise UsageError(f"--format is {text!r}; it must be one of {names}") from None


def _find(text: str) -> Path:
    """The file of that path, or the installed one of that name."""
    if Path(text).exists():
        return Path(text)  # as it was typed, for sentences about it
    try:
        from muster_cli.floor import find_site_file

        return find_site_file(text, asked_by="FILE")
    except ImportError:  # without ROS nothing is installed that could be named
        raise UsageError(f"FILE {text!r} is not a file") from None


def _write(path: Path, content: str) -> None:
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CommandError(f"--svg {str(path)!r} cannot be written: {reason}") from error
