"""Events of the log in one line each, for stories and scenarios."""

from __future__ import annotations

from typing import Any

from muster_core import events as ev

_IDS = ("attempt_id", "task_id", "order_id")
_DETAILS = ("instead_of", "verb", "place", "result", "uncertain", "resolution", "reason", "message")


class EventWords:
    """An event, told when somebody asks."""

    __slots__ = ("_record",)

    def __init__(self, record: ev.Record) -> None:
        self._record = record

    def __str__(self) -> str:
        return event_words(self._record)


def event_words(record: ev.Record) -> str:
    """The event as in ``12 task_assigned o-1/0#1 robot_1``."""
    event: Any = record.event
    words = [str(record.seq), ev.event_type(event)]
    if isinstance(event, ev.EpochStarted):
        return " ".join([*words, str(event.epoch), event.scheduler])
    identity = next((str(getattr(event, name)) for name in _IDS if hasattr(event, name)), "")
    words.extend(word for word in (identity, getattr(event, "robot_id", "")) if word)
    if isinstance(event, ev.TaskRevised):
        steps = ", ".join(f"{step.verb} {step.place}".rstrip() for step in event.task.steps)
        words.append(f"({event.task.purpose.value}: {steps})")
    if getattr(event, "fallback", False):
        words.append("(by the built-in policy)")
    details = [_detail(name, getattr(event, name, "")) for name in _DETAILS]
    told = ", ".join(detail for detail in details if detail)
    return " ".join(words) + (f": {told}" if told else "")


def _detail(name: str, value: Any) -> str:
    if name == "uncertain":
        return "uncertain" if value else ""
    if name == "instead_of":
        return f"instead of {value}" if value else ""
    return str(getattr(value, "value", value))
