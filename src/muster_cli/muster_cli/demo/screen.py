"""What a demo shows: a live screen on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any, Protocol

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from muster_cli.dashboard import WIDTH_MAX, Scene, draw_scene
from muster_cli.demo.tally import FINAL_STATES, Tally

FRAME_PERIOD_S = 0.2
LINE_PERIOD_S = 2.0
LIVE_ROWS_MAX = 44


class Screen(Protocol):
    """Shows how far a demo is. ``show`` may be called as often as one likes."""

    def start(self, resources: ExitStack) -> None:
        """Begin; ended by the closing of ``resources``."""

    def show(self, scene: Scene, tally: Tally, *, is_last: bool = False) -> None:
        """Show it if it is time."""


def make_screen(console: Console) -> Screen:
    """The screen that fits the console."""
    return LiveScreen(console) if console.is_terminal else LineScreen(console)


class LiveScreen:
    """Redraws the whole picture in place; the last one stays."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Any = None
        self._started_s = time.monotonic()
        self._drawn_s = float("-inf")

    def start(self, resources: ExitStack) -> None:
        """See :class:`Screen`."""
        self._started_s = time.monotonic()
        live = Live(console=self._console, auto_refresh=False, vertical_overflow="crop")
        self._live = resources.enter_context(live)

    def show(self, scene: Scene, tally: Tally, *, is_last: bool = False) -> None:
        """See :class:`Screen`."""
        now_s = time.monotonic()
        if not is_last and now_s - self._drawn_s < FRAME_PERIOD_S:
            return
        self._drawn_s = now_s
        size = self._console.size
        height = min(size.height - 1, LIVE_ROWS_MAX)
        scene.line = progress_line(tally, now_s - self._started_s, min(size.width, WIDTH_MAX))
        self._live.update(draw_scene(scene, width=size.width, height=height), refresh=True)


class LineScreen:
    """Prints a line when the counts have changed, not too often."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told = ""
        self._told_s = float("-inf")

    def start(self, resources: ExitStack) -> None:
        """See :class:`Screen`."""

    def show(self, scene: Scene, tally: Tally, *, is_last: bool = False) -> None:
        """See :class:`Screen`."""
        now_s = time.monotonic()
        if not is_last and now_s - self._told_s < LINE_PERIOD_S:
            return
        line = plain_line(scene, tally)
        if line != self._told:
            self._told, self._told_s = line, now_s
            self._console.print(line, soft_wrap=True)


def progress_line(tally: Tally, elapsed_s: float, width: int) -> Table:
    """A bar of the orders that have ended, and the time."""
    total = max(1, len(tally.states))
    counts = tally.counts()
    ended = sum(counts[state] for state in FINAL_STATES)
    is_bad = ended > counts["completed"]
    clock = f"{int(elapsed_s) // 60}:{int(elapsed_s) % 60:02d}"
    words = f"{ended}/{total} orders"
    table = Table.grid(padding=(0, 1))
    bar_width = max(10, width - len(words) - len(clock) - 5)
    table.add_row(
        "",
        ProgressBar(
            total=total,
            completed=ended,
            width=bar_width,
            complete_style="red" if is_bad else "yellow",
            finished_style="red" if is_bad else "green",
        ),
        Text(words, style="bold"),
        Text(clock, style="dim"),
    )
    return table


def plain_line(scene: Scene, tally: Tally) -> str:
    """The same in words: counts of orders, and what each robot does."""
    counts = tally.counts()
    ended = ", ".join(f"{counts[state]} {state}" for state in FINAL_STATES if counts[state])
    words = f"{tally.accepted}/{len(tally.states)} accepted, {counts['waiting']} waiting, "
    words += f"{counts['active']} active, {ended or '0 completed'}"
    busy = [
        f"{robot['robot_id']} {scene.steps.get(robot['robot_id']) or robot['state']}"
        for robot in scene.robots[:8]
    ]
    return f"{words} | {'; '.join(busy)}" if busy else words
