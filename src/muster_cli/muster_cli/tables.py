"""Records as tables and lines for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from muster_cli.account import Account
from muster_cli.records import Record
from muster_cli.styles import EVENT_STYLES, STATE_STYLES
from muster_cli.words import event_words, order_words
from muster_core.explain import ordinal, spell_duration
from muster_core.site import robot_label

_BATTERY_CELLS = 5
_BATTERY_LOW = 0.25
_TYPE_COLUMNS = 22


def bare_table(*headings: str) -> Table:
    """A table without lines but under its headings."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for heading in headings:
        table.add_column(heading)
    return table


def state_text(state: str) -> Text:
    """The state's word in its colour."""
    return Text(state, style=STATE_STYLES.get(state, "default"), no_wrap=True)


def orders_table(orders: Iterable[Record]) -> Table:
    """One row an order."""
    table = bare_table("order", "state", "what", "priority", "robot", "progress", "accepted")
    table.columns[0].no_wrap = table.columns[6].no_wrap = True
    table.columns[3].justify = "right"
    table.add_column("why")
    for order in orders:
        table.add_row(
            Text(order["order_id"]),
            state_text(order["state"]),
            Text(order_words(order)),
            str(order["priority"]),
            Text(order["robot_id"]),
            progress_words(order),
            _clock(order["accepted"]),
            Text(order["message"], style="dim"),
        )
    return table


def progress_words(order: Record) -> str:
    """How far an order is: its place in the queue, or the step under way."""
    if order["queue_position"]:
        return f"{ordinal(order['queue_position'])} in line"
    if order["steps_total"]:
        return f"step {min(order['step_index'] + 1, order['steps_total'])}/{order['steps_total']}"
    if order["tasks_total"]:
        return f"{order['tasks_completed']}/{order['tasks_total']} tasks"
    return ""


def robots_table(
    robots: Sequence[Record], steps: Mapping[str, str] | None = None, *, has_labels: bool = False
) -> Table:
    """One row a robot.

    :param steps: words for the step under way, by robot id.
    :param has_labels: whether each robot shows the character that stands for it in the picture.
    """
    headings = ("robot", "state", "battery", "at", "step", "order")
    table = bare_table(*([""] if has_labels else []), *headings)
    if not has_labels:
        table.add_column("note")
    for index, robot in enumerate(robots):
        excluded = "" if robot["order_id"] else robot["excluded"]  # busy is no news
        step = (steps or {}).get(robot["robot_id"]) or _step(robot)
        if has_labels and not step and robot_state(robot) == "idle":
            step = excluded  # such as that it is barred; there is no note to say so
        row = [
            Text(robot["robot_id"], no_wrap=True),
            state_text(robot_state(robot)),
            battery_text(robot["battery"]),
            Text(robot["vertex"], no_wrap=True),
            Text(step, no_wrap=True),
            Text(robot["order_id"], no_wrap=True),
        ]
        if has_labels:
            style = STATE_STYLES.get(robot_state(robot), "default")
            row.insert(0, Text(robot_label(index), style=style))
        else:
            note = "; ".join(words for words in (robot["message"], excluded) if words)
            row.append(Text(note, style="dim"))
        table.add_row(*row)
    return table


def robot_state(robot: Record) -> str:
    """The robot's state in a word; ``silent`` when its heartbeat is missing."""
    return str(robot["state"]) if robot["alive"] else "silent"


def battery_text(charge: float) -> Text:
    """A little bar and the charge in percent."""
    full = round(max(0.0, min(1.0, charge)) * _BATTERY_CELLS)
    style = "red" if charge < _BATTERY_LOW else "green"
    text = Text("■" * full, style=style, no_wrap=True)
    text.append("■" * (_BATTERY_CELLS - full), style="bright_black")
    text.append(f" {charge:4.0%}", style="default")
    return text


def event_line(record: Record, *, is_short: bool = False) -> Text:
    """One line an event: sequence number, time, type, order, robot, words.

    :param is_short: for a screen: without the trace, the time without the date.
    """
    text = Text(no_wrap=True, overflow="ellipsis")
    time = _clock(record["time"]) if is_short else (record["time"] or "-")
    text.append(f"{record['seq']:>5} ", style="dim")
    text.append(f"{time} ", style="dim")
    style = EVENT_STYLES.get(record["type"], "default")
    text.append(f"{record['type']:<{_TYPE_COLUMNS}} ", style=style)
    # An assignment says its robot in words.
    robot = record["robot_id"] if record["type"] != "task_assigned" else ""
    about = " ".join(name for name in (record["order_id"], robot) if name)
    if about:
        text.append(f"{about}  ", style="bold")
    text.append(event_words(record))
    return text


def account_lines(account: Account) -> Iterator[Text]:
    """What became of many orders: a line with the numbers, and one for each reason of refusals."""
    style = "green" if account.is_success else "bold red"
    numbers = [f"{account.accepted} accepted", f"{account.duplicates} known already"]
    numbers.append(f"{account.refused} refused")
    if account.unanswered:
        numbers.append(f"{len(account.unanswered)} without an answer")
    text = Text(f"{account.lines} orders: {', '.join(numbers)}", style=style)
    text.append(f"; {spell_duration(account.elapsed_s)}", style="default")
    if account.queue_position_max:
        text.append(f"; the last is {ordinal(account.queue_position_max)} in line", style="default")
    yield text
    for reason in sorted(account.reasons.values(), key=lambda reason: -reason.count):
        others = f", and {reason.count - 1} more" if reason.count > 1 else ""
        text = Text(f"{reason.count:>7}  {reason.error}: ", style="bold")
        text.append(f"{reason.message} (line {reason.line}{others})", style="default")
        yield text


def _step(robot: Record) -> str:
    if not robot["steps_total"]:
        return ""
    return f"{min(robot['step_index'] + 1, robot['steps_total'])}/{robot['steps_total']}"


def _clock(time: str | None) -> str:
    """The hours, minutes and seconds of an ISO 8601 time."""
    return time[11:19] if time else ""
