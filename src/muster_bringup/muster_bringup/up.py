"""``muster up``: a fleet on this computer, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from muster_bringup.fleet import Fleet
from muster_bringup.options import (
    DEFAULT_DRIVER,
    DEFAULT_FLEET,
    DEFAULT_ROBOTS_PER_PROCESS,
    DEFAULT_SITE,
    HELP,
    parse_options,
)
from muster_bringup.output import Printer
from muster_bringup.topology import fleet_topology
from muster_core.errors import MusterError
from muster_ros.domain import hold_domain

START_TIMEOUT_S = 60.0
EXIT_FAILED = 1


def up(
    context: typer.Context,
    robots: Annotated[int | None, typer.Option(help=HELP["robots"])] = None,
    robot_names: Annotated[str, typer.Option(help=HELP["robot_names"])] = "",
    robots_per_process: Annotated[
        int, typer.Option(help=HELP["robots_per_process"])
    ] = DEFAULT_ROBOTS_PER_PROCESS,
    site: Annotated[str, typer.Option(help=HELP["site"])] = DEFAULT_SITE,
    speed: Annotated[float, typer.Option(help=HELP["speed"])] = 1.0,
    policy: Annotated[str, typer.Option(help=HELP["policy"])] = "",
    kafka: Annotated[str, typer.Option(help=HELP["kafka"])] = "",
    driver: Annotated[str, typer.Option(help=HELP["driver"])] = DEFAULT_DRIVER,
    data_dir: Annotated[str, typer.Option(help=HELP["data_dir"])] = "",
    log_dir: Annotated[
        str, typer.Option(help="Where each process's output goes; empty = logs in data_dir.")
    ] = "",
    standby: Annotated[bool, typer.Option("--standby", help=HELP["standby"])] = False,
    traffic: Annotated[bool, typer.Option(help=HELP["traffic"])] = True,
    params_file: Annotated[str, typer.Option(help=HELP["params_file"])] = "",
) -> None:
    """Start a simulated fleet with its scheduler and policy, and keep it running until Ctrl-C."""
    printer = Printer()
    try:
        options = parse_options(
            # `muster --fleet` stands before the command, for all commands alike.
            namespace=getattr(context.find_root().obj, "fleet", DEFAULT_FLEET),
            robots=robots,
            robot_names=robot_names,
            robots_per_process=robots_per_process,
            driver=driver,
            site=site,
            speed=speed,
            policy=policy,
            kafka=kafka,
            data_dir=data_dir,
            standby=standby,
            traffic=traffic,
            params_file=params_file,
        )
        fleet = Fleet(
            fleet_topology(options),
            options,
            log_dir=Path(log_dir).expanduser() if log_dir else None,
            on_text=printer,
        )
        with ExitStack() as resources, _told_to_end() as told, fleet:
            # Demos look for a domain that nobody holds. Several fleets may share one on purpose.
            hold_domain(os.environ.get("ROS_DOMAIN_ID") or "0", resources)
            printer(f"up: {len(fleet.restarts)} processes started; logs in {fleet.log_dir}")
            _run(fleet, told, printer)
        printer("up: all stopped")
    except MusterError as error:
        printer.close()
        print(f"up: {error}", file=sys.stderr)
        raise typer.Exit(EXIT_FAILED) from error
    printer.close()


def _run(fleet: Fleet, told: threading.Event, printer: Printer) -> None:
    try:
        fleet.wait_active(START_TIMEOUT_S, until=told.is_set)
    except MusterError as error:
        # A person may mend what is missing, and the supervisor goes on trying.
        printer(f"up: {error}")
    # An untimed wait would not let Python see the signal.
    while not told.wait(0.5):
        pass
    printer("up: stopping")


@contextmanager
def _told_to_end() -> Iterator[threading.Event]:
    """An event that SIGINT, SIGTERM or SIGHUP sets; the handlers before are put back at the end."""
    told = threading.Event()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: told.set()) for number in numbers}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
