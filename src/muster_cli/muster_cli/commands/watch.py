"""`muster watch`: the fleet at work, live."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from muster_cli.console import make_console, print_json
from muster_cli.exits import NoAnswerError
from muster_cli.options import JSON_OPTION, fleet_of

STATE_DEADLINE_S = 5.0
"""A scheduler that is well publishes its fleet's state within this time."""
PIPE_PERIOD_S = 2.0
PIPE_HEIGHT = 40


def watch(
    context: typer.Context,
    is_once: bool = typer.Option(False, "--once", help="Show one frame and end."),
    period_s: float = typer.Option(0.25, "--period", min=0.05, max=60, help="Between frames, s."),
    site: str = typer.Option(
        "", help="The site file for the picture; found by itself when it is an installed one."
    ),
    is_json: bool = JSON_OPTION,
) -> None:
    """Watch orders, robots, the site and the last events; Ctrl-C ends."""
    from rich.live import Live

    from muster_cli.client import FleetClient
    from muster_cli.dashboard import draw_scene
    from muster_cli.floor import open_site
    from muster_cli.watcher import Watcher

    given = open_site(site) if site else None
    console = make_console()
    with FleetClient(fleet_of(context)) as client:
        watcher = Watcher(client, site=given)
        watcher.wait_for_state(STATE_DEADLINE_S)
        frames = _frames(watcher, is_once, period_s, is_live=console.is_terminal)
        if is_json:
            for _ in frames:
                print_json(watcher.fleet)
        elif is_once or not console.is_terminal:
            for _ in frames:
                height = console.height if console.is_terminal else PIPE_HEIGHT
                console.print(draw_scene(watcher.scene(), width=console.width, height=height))
        else:
            with Live(console=console, screen=True, auto_refresh=False) as live:
                for _ in frames:
                    size = console.size
                    scene = watcher.scene()
                    live.update(
                        draw_scene(scene, width=size.width, height=size.height), refresh=True
                    )


def _frames(watcher: Any, is_once: bool, period_s: float, *, is_live: bool) -> Iterator[None]:
    yield
    while not is_once:
        watcher.follow(period_s if is_live else max(period_s, PIPE_PERIOD_S))
        if watcher.silent_s > 4 * STATE_DEADLINE_S and not is_live:
            raise NoAnswerError(f"the scheduler has been silent for {watcher.silent_s:.0f} s")
        yield
