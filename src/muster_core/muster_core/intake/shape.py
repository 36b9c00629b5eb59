"""Whether JSON has the shape of an order: its fields, their types, and nothing else."""

from __future__ import annotations

from muster_core.errors import ErrorCode, Refusal
from muster_core.intake.sentence import did_you_mean, listed, quoted

EXAMPLE_ORDER = '{"order_id": "o-1", "pickup": "shelf_12", "dropoff": "pack_2"}'

_TEXT, _LIST, _NUMBER, _QUANTITY = "a text", "a list of texts", "a whole number", "a number"
_FRACTION = "a fraction"
FIELD_TYPES = {
    "order_id": _TEXT,
    "kind": _TEXT,
    "pickup": _TEXT,
    "dropoff": _TEXT,
    "places": _LIST,
    "priority": _NUMBER,
    "deadline": _TEXT,
    "requires": _LIST,
    "payload_kg": _QUANTITY,
    "requester": _TEXT,
    "traceparent": _TEXT,
}


def check_shape(content: object) -> Refusal | None:
    """Whether ``content`` has the fields and types of an order."""
    if not isinstance(content, dict):
        return _wrong_shape(f"the order is {_type_name(content)}, {quoted(content)}, not an object")
    for name, value in content.items():
        expected = FIELD_TYPES.get(name)
        if expected is None:
            hint = did_you_mean(name, FIELD_TYPES) or f"known are {listed(FIELD_TYPES)}"
            return _wrong_shape(f"an order has no field {quoted(name)} ({hint})")
        problem = _type_problem(value, expected)
        if problem:
            return _wrong_shape(f"{name} {problem}; it must be {expected}")
    if "order_id" not in content:
        return _wrong_shape("order_id is missing; choose a text of your own that names the order")
    return None


def _type_problem(value: object, expected: str) -> str:
    if expected == _LIST and isinstance(value, list):
        for index, entry in enumerate(value):
            if not isinstance(entry, str):
                return f"has {quoted(entry)} as entry {index + 1}, which is {_type_name(entry)}"
        return ""
    if expected == _QUANTITY and _type_name(value) in (_NUMBER, _FRACTION):
        return ""
    return "" if _type_name(value) == expected else f"is {quoted(value)}, {_type_name(value)}"


def _type_name(value: object) -> str:
    if isinstance(value, str):
        return _TEXT
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, int):
        return _NUMBER
    if isinstance(value, float):
        return _FRACTION
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else "an object"


def _wrong_shape(problem: str) -> Refusal:
    return Refusal(ErrorCode.WRONG_SHAPE, f"{problem}; an order looks like {EXAMPLE_ORDER}")
