"""How events and dead letters look in Kafka: plain JSON values, CloudEvents 1.0 in the headers."""

from __future__ import annotations

from typing import Any

import msgspec

from muster_core.clock import Instant, utc_text
from muster_core.errors import MusterError
from muster_core.gateway.effects import ProduceDeadLetter
from muster_core.gateway.records import ExportedEvent, LoggedEvent

CONTENT_TYPE = "application/json"

Headers = list[tuple[str, bytes]]


class ForeignRecordError(MusterError):
    """A record of the events' topic is not an event of Muster."""


def event_key(event: LoggedEvent) -> bytes | None:
    """What the event is about; None when it is about no order and no robot."""
    return (event.order_id or event.robot_id).encode() or None


def event_value(event: LoggedEvent) -> bytes:
    """The event as flat JSON: where and when first, then what happened."""
    value: dict[str, Any] = {
        "seq": event.seq,
        "time": event.time_text,
        "epoch": event.epoch,
        "type": event.type,
    }
    if event.order_id:
        value["order_id"] = event.order_id
    if event.robot_id:
        value["robot_id"] = event.robot_id
    for name, content in _content(event.data).items():
        value.setdefault(name, content)
    return msgspec.json.encode(value)


def event_headers(event: LoggedEvent, source: str) -> Headers:
    """The CloudEvents attributes (Kafka protocol binding, binary mode) of the event.

    :param source: who tells it, as in ``/muster``.
    """
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(event.seq),
        "ce_type": f"muster.{event.type}",
        "ce_source": source,
        "ce_time": event.time_text,
        "ce_subject": event.order_id or event.robot_id,
        "ce_traceparent": event.traceparent,
        "content-type": CONTENT_TYPE,
    }
    return [(name, text.encode()) for name, text in headers.items() if text]


def exported_event(value: bytes | None) -> ExportedEvent:
    """The event in ``value``, a record's value.

    :raises ForeignRecordError: when it is none.
    """
    try:
        return msgspec.json.decode(value or b"", type=ExportedEvent)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ForeignRecordError(
            f"its last record is not an event of Muster ({error}); name another events_topic"
        ) from error


def dead_letter_headers(letter: ProduceDeadLetter, now: Instant) -> Headers:
    """Why the record was refused, and where it stood."""
    headers = {
        "muster_reason": letter.refusal.message,
        "muster_code": f"{int(letter.refusal.code)} {letter.refusal.code.name}",
        "muster_topic": letter.position.topic,
        "muster_partition": str(letter.position.partition),
        "muster_offset": str(letter.position.offset),
        "muster_time": utc_text(now.wall_ns),
    }
    return [(name, text.encode("utf-8", "replace")) for name, text in headers.items()]


def _content(data: str) -> dict[str, Any]:
    try:
        content = msgspec.json.decode(data)
    except (msgspec.MsgspecError, RecursionError):
        content = None
    return content if isinstance(content, dict) else {"data": data}
