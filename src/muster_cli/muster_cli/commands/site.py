"""`muster site`: looks at site files, without robots and without ROS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from muster_cli.console import make_console, print_json
from muster_cli.exits import CommandError, ExitCode, UsageError
from muster_cli.options import JSON_OPTION

if TYPE_CHECKING:
    from muster_core.site import SiteFormat

site = typer.Typer(name="site", help="Look at site files.", no_args_is_help=True)


@site.callback()
def _group() -> None:
    """Look at site files."""


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
