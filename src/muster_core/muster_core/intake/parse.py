"""Bytes from outside into an order, or into a refusal; never into an exception."""

from __future__ import annotations

from typing import Any

import msgspec

from muster_core.errors import ErrorCode, Refusal
from muster_core.intake.fields import check_fields
from muster_core.intake.shape import EXAMPLE_ORDER, check_shape
from muster_core.order import ORDER_BYTES_MAX, Order

_DECODER: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


def parse_order(body: bytes) -> Order | Refusal:
    """The order in ``body``, fit to become a message; or why it is none. Never raises."""
    if len(body) > ORDER_BYTES_MAX:
        return Refusal(
            ErrorCode.TOO_LARGE,
            f"the order is {len(body)} bytes long; an order is at most {ORDER_BYTES_MAX} bytes",
        )
    try:
        content = _DECODER.decode(body)
    except RecursionError:
        return _not_json("it is nested too deep")
    except UnicodeDecodeError:
        return _not_json(_encoding_problem(body))
    except msgspec.MsgspecError as error:
        problem = str(error).removeprefix("JSON is malformed: ")
        where = "" if "(byte" in problem else f" (after {len(body)} bytes)"
        return _not_json(f"{problem[:1].lower()}{problem[1:]}{where}")
    refusal = check_shape(content)
    if refusal is not None:
        return refusal
    order = msgspec.convert(content, Order)
    return check_fields(order) or order


def _not_json(problem: str) -> Refusal:
    return Refusal(
        ErrorCode.NOT_JSON,
        f"the order is not JSON: {problem}; an order looks like {EXAMPLE_ORDER}",
    )


def _encoding_problem(body: bytes) -> str:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return f"it is not UTF-8: {error.reason} 0x{body[error.start]:02x} (byte {error.start})"
    return "it is not UTF-8"
