"""Orders as JSON in a file or on stdin: one object, or many, one a line."""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from muster_cli.exits import UsageError
from muster_cli.requester import requester_name
from muster_core.errors import Refusal
from muster_core.intake import parse_order
from muster_core.order import ORDER_BYTES_MAX, Order

Line = tuple[int, bytes]
"""A line's number in its file, from 1, and what stands on it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What one line asks for, or why that is no order.

    :param number: of the line, from 1.
    """

    number: int
    order_id: str
    order: Order | Refusal


def read_orders(path: str) -> dict[str, Any] | Iterator[Wish]:
    """The JSON object in the file, or what its lines ask for; ``-`` is stdin.

    It has many orders when its first two lines each begin an object. They are read as they are
    taken, so that a file may be of any length.

    :raises UsageError: when the file cannot be read or holds neither.
    """
    name = "stdin" if path == "-" else path
    try:
        stream = sys.stdin.buffer if path == "-" else Path(path).open("rb")  # noqa: SIM115 - _lines closes it
        lines = _lines(stream)
        head = [line for _, line in zip(range(2), lines, strict=False)]
        if len(head) == 2 and all(body.startswith(b"{") for _, body in head):
            return (_wish(number, body) for number, body in chain(head, lines))
        return _object(_whole(chain(head, lines)), name)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}") from error


def check_order(wanted: dict[str, Any]) -> Order:
    """The order, as far as it can be checked without the site and the fleet.

    :raises UsageError: with the sentence that the scheduler would refuse it with.
    """
    order = complete(wanted)
    if isinstance(order, Refusal):
        raise UsageError(order.message)
    return order


def complete(wanted: dict[str, Any]) -> Order | Refusal:
    """The order with an id and a requester of its own or, lacking these, made ones."""
    made = {"order_id": wanted.get("order_id") or make_order_id()}
    if "requester" not in wanted:
        made["requester"] = requester_name()
    return parse_order(json.dumps(wanted | made).encode())


def make_order_id() -> str:
    """An id that nobody else has, sortable by time."""
    return f"cli-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(4)}"


def _lines(stream: BinaryIO) -> Iterator[Line]:
    """The lines that are not blank. Of one that is too long, as much as shows that it is."""
    number = 0
    try:
        while body := stream.readline(ORDER_BYTES_MAX + 2):
            number += 1
            is_cut = not body.endswith(b"\n")
            while is_cut and (rest := stream.readline(ORDER_BYTES_MAX + 2)):
                is_cut = not rest.endswith(b"\n")
            if body.strip():
                yield number, body.strip()
    finally:
        if stream is not sys.stdin.buffer:
            stream.close()


def _whole(lines: Iterator[Line]) -> bytes:
    """The lines together, as far as shows that they are too long for one order."""
    body = bytearray()
    for _, line in lines:
        body += line + b"\n"
        if len(body) > ORDER_BYTES_MAX + 1:
            break
    return bytes(body).strip()


def _wish(number: int, body: bytes) -> Wish:
    refusal = parse_order(body) if len(body) > ORDER_BYTES_MAX else None
    try:
        content = json.loads(body) if refusal is None else None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        return Wish(number, "", parse_order(body))
    order = complete(content)
    named = order.order_id if isinstance(order, Order) else content.get("order_id")
    return Wish(number, named if isinstance(named, str) else "", order)


def _object(body: bytes, name: str) -> dict[str, Any]:
    if len(body) > ORDER_BYTES_MAX:
        raise UsageError(
            f"{name} is too long; an order has at most {ORDER_BYTES_MAX} bytes, and several orders "
            "stand one a line, each an object"
        )
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise UsageError(f"{name} holds a JSON {_json_noun(content)}; an order is a JSON object")
    return content


def _json_noun(content: Any) -> str:
    nouns = {list: "array", str: "string", bool: "boolean", type(None): "null"}
    return nouns.get(type(content), "number")
