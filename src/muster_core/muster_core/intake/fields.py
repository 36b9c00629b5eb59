"""Whether an order's texts and numbers are fit for messages and logs, wherever it is to be done."""

from __future__ import annotations

import re
from collections.abc import Iterator

from muster_core.errors import ErrorCode, Refusal
from muster_core.intake.sentence import quoted
from muster_core.order import (
    ORDER_ID_LENGTH_MAX,
    OWN_ORDERS,
    PAYLOAD_KG_MAX,
    PLACES_MAX,
    PRIORITY_MAX,
    REQUIRES_MAX,
    TEXT_LENGTH_MAX,
    Order,
)

EXAMPLE_TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

# Controls, line and paragraph separators, and lone surrogates, which no UTF-8 can hold.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_TRACEPARENT = re.compile("00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def check_fields(order: Order) -> Refusal | None:
    """Why the order cannot be written in messages and logs, whatever the site and the fleet."""
    return (
        _check_order_id(order.order_id)
        or _check_texts(order)
        or _check_priority(order.priority)
        or _check_payload(order.payload_kg)
        or _check_traceparent(order.traceparent)
    )


def _check_order_id(order_id: str) -> Refusal | None:
    right = f"choose 1 to {ORDER_ID_LENGTH_MAX} characters without control characters"
    problem = ""
    if not order_id.strip():
        problem = "is empty"
    elif len(order_id) > ORDER_ID_LENGTH_MAX:
        problem = f"is {len(order_id)} characters long"
    elif order_id.startswith(OWN_ORDERS):
        problem = f"begins with {OWN_ORDERS!r}, as Muster's own orders do"
    elif _CONTROL.search(order_id):
        problem = "has a control character"
    if not problem:
        return None
    return Refusal(ErrorCode.BAD_ORDER_ID, f"order_id {quoted(order_id)} {problem}; {right}")


def _check_texts(order: Order) -> Refusal | None:
    for name, entries, count_max in (
        ("places", order.places, PLACES_MAX),
        ("requires", order.requires, REQUIRES_MAX),
    ):
        if len(entries) > count_max:
            problem = f"{name} has {len(entries)} entries; an order has at most {count_max}"
            return Refusal(ErrorCode.BAD_TEXT, f"{problem}, so split it into several orders")
        if "" in entries:
            number = entries.index("") + 1
            return Refusal(
                ErrorCode.BAD_TEXT, f"{name} has '' as entry {number}; leave it out or name one"
            )
    for name, text in _texts(order):
        if len(text) > TEXT_LENGTH_MAX:
            problem = f"is too long; at most {TEXT_LENGTH_MAX} characters are allowed"
        elif _CONTROL.search(text):
            problem = "has a control character; write it in printable characters on one line"
        else:
            continue
        return Refusal(ErrorCode.BAD_TEXT, f"{name} {quoted(text)} {problem}")
    return None


def _texts(order: Order) -> Iterator[tuple[str, str]]:
    yield "kind", order.kind
    yield "pickup", order.pickup
    yield "dropoff", order.dropoff
    yield "deadline", order.deadline
    yield "requester", order.requester
    yield "traceparent", order.traceparent
    for place in order.places:
        yield "places: entry", place
    for capability in order.requires:
        yield "requires: entry", capability


def _check_priority(priority: int) -> Refusal | None:
    if 0 <= priority <= PRIORITY_MAX:
        return None
    return Refusal(
        ErrorCode.BAD_PRIORITY,
        f"priority is {quoted(priority)}; it must lie between 0 and {PRIORITY_MAX}, "
        "and a larger number goes first",
    )


def _check_payload(payload_kg: float) -> Refusal | None:
    if 0 <= payload_kg <= PAYLOAD_KG_MAX:  # not so when it is NaN
        return None
    return Refusal(
        ErrorCode.BAD_PAYLOAD,
        f"payload_kg is {quoted(payload_kg)}; it must lie between 0 and {PAYLOAD_KG_MAX:g} kg",
    )


def _check_traceparent(traceparent: str) -> Refusal | None:
    if not traceparent or _TRACEPARENT.fullmatch(traceparent):
        return None
    return Refusal(
        ErrorCode.BAD_TRACEPARENT,
        f"traceparent {quoted(traceparent)} is not a W3C trace context of version 00; "
        f"leave it out, or write one as in {EXAMPLE_TRACEPARENT!r}",
    )
