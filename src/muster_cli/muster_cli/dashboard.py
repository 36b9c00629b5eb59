"""One screen of a fleet: the site, orders by state, robots, last events. Drawn from a `Scene`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from muster_cli.floor import draw_floor, legend_rows
from muster_cli.records import Record
from muster_cli.styles import STATE_STYLES
from muster_cli.tables import event_line, robots_table
from muster_core.site import Site

WIDTH_MAX = 160
"""A wider terminal is not filled: lines that long are not read."""
HEIGHT_MIN = 24
FLOOR_ROWS_MAX = 24
SIDE_COLUMNS = 34
"""What stands beside the picture."""
ROBOTS_SHOWN_MAX = 12
_ORDER_STATES = ("waiting", "active", "suspended", "completed", "failed", "cancelled")
_BORDER = 2
_MARGIN = 4  # a panel's borders and padding, columns
_TABLE_HEAD = 2
_TITLE_ROWS = 2
_EVENTS_MIN = 3


@dataclass(slots=True)
class Scene:
    """What one screen shows.

    :param title: the words of the first line, most important first.
    :param counts: orders by state; `waiting` is accepted or planned.
    :param notes: lines beside the picture.
    :param line: the second line; empty when there is nothing to say.
    """

    title: Sequence[str] = ()
    line: RenderableType = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    robots: Sequence[Record] = ()
    steps: Mapping[str, str] = field(default_factory=dict)
    events: Sequence[Record] = ()
    notes: Sequence[Text] = ()
    site: Site | None = None
    site_hint: str = ""


def draw_scene(scene: Scene, *, width: int, height: int) -> Group:
    """The screen, at most ``width`` columns by ``height`` rows."""
    width = min(width, WIDTH_MAX)
    height = max(height, HEIGHT_MIN)
    robot_rows = min(len(scene.robots), ROBOTS_SHOWN_MAX, max(1, height // 5))
    is_cut = robot_rows < len(scene.robots)
    robots_height = max(1, robot_rows) + int(is_cut) + _TABLE_HEAD + _BORDER
    left = height - _TITLE_ROWS - robots_height
    floor_height = min(FLOOR_ROWS_MAX + _BORDER, max(10, left - _EVENTS_MIN - _BORDER - left // 5))
    top, floor_height = _top(scene, width, floor_height)
    events_rows = max(1, left - floor_height - _BORDER)
    return Group(
        _title(scene, width),
        scene.line or Text(""),
        top,
        _robots_panel(scene, robot_rows, width),
        _events_panel(scene, events_rows, width),
    )


def _title(scene: Scene, width: int) -> Text:
    text = Text(no_wrap=True, overflow="ellipsis")
    for number, words in enumerate(scene.title):
        text.append("  ·  " if number else " ", style="dim")
        text.append(words, style="bold" if number == 0 else "default")
    text.truncate(width, overflow="ellipsis")
    return text


def _top(scene: Scene, width: int, height: int) -> tuple[RenderableType, int]:
    """The picture with the counts beside it, and how high that is."""
    rows = height - _BORDER
    columns = width - SIDE_COLUMNS - _MARGIN
    if scene.site is None:
        picture = Text(scene.site_hint or "no picture of the site", style="dim")
        rows = min(rows, 12)  # no more than the counts and the legend need
    else:
        picture = draw_floor(scene.site, scene.robots, width=columns, height=rows)
        rows = max(min(rows, picture.plain.count("\n") + 1), len(_ORDER_STATES))
    floor = Panel(
        picture,
        title="site",
        title_align="left",
        border_style="bright_black",
        height=rows + _BORDER,
    )
    side = Panel(
        _side(scene, rows),
        title="orders",
        title_align="left",
        border_style="bright_black",
        height=rows + _BORDER,
    )
    grid = Table.grid()
    grid.add_column(width=width - SIDE_COLUMNS)
    grid.add_column(width=SIDE_COLUMNS)
    grid.add_row(floor, side)
    return grid, rows + _BORDER


def _side(scene: Scene, rows: int) -> Group:
    lines: list[RenderableType] = [_counts(scene.counts)]
    left = rows - len(_ORDER_STATES)
    legend = legend_rows()
    notes = list(scene.notes)[: max(0, left - 1)]
    if notes:
        lines.extend([Text(""), *notes])
        left -= 1 + len(notes)
    if left >= len(legend) + 1:
        lines.extend([Text("")] * (left - len(legend)))
        lines.extend(legend)
    return Group(*lines)


def _counts(counts: Mapping[str, int]) -> Table:
    bar_columns = SIDE_COLUMNS - _MARGIN - 18
    largest = max([1, *counts.values()])
    table = Table.grid(padding=(0, 1))
    table.add_column(width=9)
    table.add_column(width=5, justify="right")
    table.add_column(width=bar_columns)
    for state in _ORDER_STATES:
        number = counts.get(state, 0)
        style = STATE_STYLES.get("accepted" if state == "waiting" else state, "default")
        cells = -(-number * bar_columns // max(largest, bar_columns))
        table.add_row(
            Text(state, style=style if number else "dim"),
            Text(str(number), style="bold" if number else "dim"),
            Text("█" * cells, style=style),
        )
    return table


def _robots_panel(scene: Scene, rows: int, width: int) -> Panel:
    table = robots_table(scene.robots[:rows], scene.steps, has_labels=True)
    content: list[RenderableType] = [table] if scene.robots else [Text("none yet", style="dim")]
    if not scene.robots:
        content.extend([Text("")] * _TABLE_HEAD)
    if rows < len(scene.robots):
        content.append(Text(f"and {len(scene.robots) - rows} more", style="dim"))
    return Panel(
        Group(*content),
        title=f"robots ({len(scene.robots)})",
        title_align="left",
        border_style="bright_black",
        width=width,
    )


def _events_panel(scene: Scene, rows: int, width: int) -> Panel:
    last = list(scene.events)[-rows:]
    lines = [event_line(record, is_short=True) for record in last]
    lines.extend([Text("")] * (rows - len(lines)))
    return Panel(
        Group(*lines),
        title="last events",
        title_align="left",
        border_style="bright_black",
        width=width,
    )
