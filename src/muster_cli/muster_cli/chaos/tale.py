"""The story of one order, from Kafka and the journals, in the order of the clock."""

from __future__ import annotations

import json
from datetime import datetime, timezone

from muster_cli.chaos.history import Body, Entry, History

_TOLD_APART = ("seq", "time", "epoch", "type", "order_id", "traceparent", "order", "digest")
LINE_LENGTH_MAX = 220


def tell(history: History, order_id: str) -> list[str]:
    """The lines; the first names the order."""
    sent = sum(order.get("order_id") == order_id for order in history.orders)
    lines = [(_moment(event["time"]), _event_words(event)) for event in history.events_of(order_id)]
    lines += [
        (entry.wall_ns / 1e9, _entry_words(entry))
        for journal in history.journals.values()
        for entry in journal
        if _is_about(entry, order_id)
    ]
    lines.sort(key=lambda line: line[0])
    told = [f"    {_clock(moment)}  {words}"[:LINE_LENGTH_MAX] for moment, words in lines]
    return [f"  {order_id}, sent {sent} times:", *told]


def _is_about(entry: Entry, order_id: str) -> bool:
    about = entry.body.get("outcome", entry.body)
    attempt_id = str(about.get("attempt_id", ""))  # begins with its order's
    return about.get("order_id") == order_id or attempt_id.startswith(f"{order_id}/")


def _event_words(event: Body) -> str:
    rest = {name: value for name, value in event.items() if name not in _TOLD_APART}
    return f"log {event['seq']:>6}  {event['type']} {_plain(rest)}"


def _entry_words(entry: Entry) -> str:
    rest = {name: value for name, value in entry.body.items() if name not in _TOLD_APART}
    return f"{entry.robot_id:<10}  {entry.type} {_plain(rest)}"


def _plain(content: Body) -> str:
    return json.dumps(content, ensure_ascii=False) if content else ""


def _moment(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def _clock(moment: float) -> str:
    return datetime.fromtimestamp(moment, tz=timezone.utc).strftime("%H:%M:%S.%f")[:-3]
