"""`muster log`: is a log file whole, and how is a damaged one mended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import typer

from muster_cli.console import make_console, print_json
from muster_cli.exits import ExitCode
from muster_cli.options import JSON_OPTION
from muster_core.errors import LogError
from muster_core.log.examination import examine
from muster_core.log.repair import Repaired
from muster_core.log.repair import repair as repair_file

log = typer.Typer(name="log", help="Check and repair log files.", no_args_is_help=True)

_LOG_ARGUMENT = typer.Argument(..., metavar="LOG", help="A scheduler's log, or robot's journal.")


@log.command()
def check(path: Path = _LOG_ARGUMENT, is_json: bool = JSON_OPTION) -> None:
    """Say whether a log file is whole, and if not, up to which event it is good."""
    if not path.is_file():
        raise LogError(f"there is no event log {path}")
    found = examine(path)
    if is_json:
        print_json(
            {
                "log": str(path),
                "whole": found.is_log and not found.problem,
                "last_good_seq": found.last_good_seq,
                "lost_seq": found.lost_seq,
                "problem": found.problem,
            }
        )
        if found.problem or not found.is_log:
            raise typer.Exit(ExitCode.FAILED)
        return
    found.require_whole(path)
    make_console().print(f"{path}: whole, {found.last_good_seq} events", soft_wrap=True)


@log.command()
def repair(path: Path = _LOG_ARGUMENT, is_json: bool = JSON_OPTION) -> None:
    """Keep what is good of a damaged log file up to the damage, and a copy of all of it."""
    now_text = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    done = repair_file(path, now_text)
    if is_json:
        print_json(
            {
                "log": str(path),
                "last_seq": done.last_seq,
                "lost_seq": done.lost_seq,
                "problem": done.problem,
                "kept": str(done.kept),
            }
        )
        return
    for line in _repaired_words(path, done):
        make_console().print(line, soft_wrap=True)


def _repaired_words(path: Path, done: Repaired) -> Iterator[str]:
    yield f"{path} was damaged: {done.problem}"
    yield f"It holds events up to {done.last_seq} now; the damaged file is {done.kept}"
    if done.lost_seq:
        yield f"Events {done.last_seq + 1} to {done.lost_seq} are gone."
    else:
        yield f"Events after {done.last_seq}, if there were any, are gone."
    yield "The robots' journals and Kafka's events may know more: compare them before a scheduler"
    yield "starts on this log, lest an order is lost or done twice."
