"""Streams that were kept: a file of orders, or the log of a real fleet."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from muster_core.clock import NS_PER_S, utc_text
from muster_core.errors import MusterError
from muster_core.events import OrderAccepted
from muster_core.intake import deadline_ns
from muster_core.log.sqlite import SqliteLog
from muster_core.order import OWN_ORDERS, Order
from muster_core.scheduler.codec import to_record
from muster_twin.streams.order_stream import ORDERS_MAX, StreamError, TimedOrder

LINE_BYTES_MAX = 64 * 1024 + 256


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    release_s: float
    order: Order


def read_orders(path: Path) -> tuple[TimedOrder, ...]:
    """The orders of a file: a line of JSON each, in the order of their times.

    A line is ``{"release_s": 12.5, "order": {"order_id": "o-1", ...}}``.

    :raises StreamError: naming the line that cannot be used.
    """
    found: list[TimedOrder] = []
    seen: set[str] = set()
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    found.append(_read_line(path, number, line, seen))
                if len(found) > ORDERS_MAX:
                    raise StreamError(f"{path}: has more than {ORDERS_MAX} orders; split it")
    except OSError as error:
        raise StreamError(f"{path}: cannot be read: {error.strerror}") from error
    if not found:
        raise StreamError(f"{path}: is empty; write a line of JSON for each order")
    return tuple(sorted(found, key=lambda timed: timed.release_s))


def _read_line(path: Path, number: int, line: bytes, seen: set[str]) -> TimedOrder:
    if len(line) > LINE_BYTES_MAX:
        raise StreamError(
            f"{path}: line {number}: has {len(line)} bytes; an order has at most {LINE_BYTES_MAX}"
        )
    try:
        read = msgspec.json.decode(line, type=_Line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StreamError(
            f"{path}: line {number}: {error}; write "
            '{"release_s": 0, "order": {"order_id": "o-1", "pickup": "a", "dropoff": "b"}}'
        ) from error
    if read.release_s < 0:
        raise StreamError(f"{path}: line {number}: release_s is {read.release_s}; at least 0")
    if read.order.order_id in seen:
        raise StreamError(f"{path}: line {number}: order {read.order.order_id!r} is there twice")
    seen.add(read.order.order_id)
    return TimedOrder(read.release_s, read.order)


def write_orders(path: Path, orders: Iterable[TimedOrder]) -> None:
    """Write a file that :func:`read_orders` reads.

    :raises StreamError: when it cannot be written.
    """
    lines = [msgspec.json.encode(_Line(timed.release_s, timed.order)) for timed in orders]
    try:
        path.write_bytes(b"\n".join(lines) + b"\n")
    except OSError as error:
        raise StreamError(f"{path}: cannot be written: {error.strerror}") from error


def recorded_orders(path: Path, *, start_wall_ns: int) -> tuple[TimedOrder, ...]:
    """The orders that a scheduler's log holds, at the times at which it accepted them.

    :param start_wall_ns: what the twin's wall clock shows at the beginning; deadlines are moved
        there, so that each order has as much time as it had.
    :raises StreamError: when there is no such log, or nothing in it.
    """
    if not path.is_file():
        raise StreamError(f"{path}: is no log; name a scheduler.log")
    accepted: list[tuple[int, Order]] = []
    try:
        log = SqliteLog.open_read_only(path)
        try:
            for entry in log.entries():
                event = to_record(entry).event
                if isinstance(event, OrderAccepted) and not _is_probe(event.order):
                    accepted.append((entry.wall_ns, event.order))
                if len(accepted) > ORDERS_MAX:
                    raise StreamError(f"{path}: has more than {ORDERS_MAX} orders")
        finally:
            log.close()
    except MusterError as error:
        raise StreamError(f"{path}: {error}") from error
    if not accepted:
        raise StreamError(f"{path}: holds no order; nothing can be run again")
    first_ns = accepted[0][0]
    return tuple(
        TimedOrder(max(0, at_ns - first_ns) / NS_PER_S, _moved(order, start_wall_ns - first_ns))
        for at_ns, order in accepted
    )


def _is_probe(order: Order) -> bool:
    """Whether the fleet made the order itself, to see whether a robot works again."""
    return order.order_id.startswith(OWN_ORDERS)


def _moved(order: Order, by_ns: int) -> Order:
    """The order with its deadline so much later."""
    due_ns = deadline_ns(order.deadline) if order.deadline else None
    if due_ns is None:
        return order
    return msgspec.structs.replace(order, deadline=utc_text(due_ns + by_ns))
