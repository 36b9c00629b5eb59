from __future__ import annotations

from pathlib import Path

import pytest

from muster_cli.exits import UsageError
from muster_cli.order_file import Wish, read_orders
from muster_core.errors import ErrorCode, Refusal
from muster_core.order import ORDER_BYTES_MAX, Order


def read(tmp_path: Path, body: bytes) -> list[Wish]:
    path = tmp_path / "orders.json"
    path.write_bytes(body)
    found = read_orders(str(path))
    assert not isinstance(found, dict)
    return list(found)


def test_lines_are_numbered_as_in_the_file_and_blank_ones_left_out(tmp_path: Path) -> None:
    found = read(tmp_path, b'\n{"order_id": "o-1"}\r\n\n  {"order_id": "o-2"}')
    assert [(wish.number, wish.order_id) for wish in found] == [(2, "o-1"), (4, "o-2")]
    assert all(isinstance(wish.order, Order) for wish in found)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{", ErrorCode.NOT_JSON),
        (b"[1]", ErrorCode.WRONG_SHAPE),
        (b'{"order_id": 5}', ErrorCode.WRONG_SHAPE),
        (b'{"order_id": "o-1", "priority": 256}', ErrorCode.BAD_PRIORITY),
        (b"\xff\xfe", ErrorCode.NOT_JSON),
        (b"[" * 10_000, ErrorCode.NOT_JSON),
        (b'{"kind": "' + b"x" * 2 * ORDER_BYTES_MAX + b'"}', ErrorCode.TOO_LARGE),
    ],
)
def test_line_that_is_no_order_is_a_refusal_and_the_next_is_read(
    tmp_path: Path, line: bytes, code: ErrorCode
) -> None:
    good = b'{"order_id": "o-2"}'
    found = read(tmp_path, b"\n".join((good, good, line, good)))
    refusal = found[2].order
    assert isinstance(refusal, Refusal) and refusal.code is code
    assert [wish.number for wish in found] == [1, 2, 3, 4]
    assert isinstance(found[3].order, Order)


def test_made_ids_differ_and_given_requesters_stay(tmp_path: Path) -> None:
    found = read(tmp_path, b'{"requester": "bay"}\n{}\n')
    orders = [wish.order for wish in found if isinstance(wish.order, Order)]
    assert len({order.order_id for order in orders}) == 2
    assert orders[0].requester == "bay"


def test_file_that_is_neither_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "orders.json"
    for body, sentence in (
        (b"", "is not JSON"),
        (b'{"order_id": "o-1"}\nnonsense', "is not JSON"),
        (b'[\n{"order_id": "o-1"}]', "holds a JSON array"),
        (b'{\n"order_id": "' + b"x\n" * ORDER_BYTES_MAX, "is too long"),
    ):
        path.write_bytes(body)
        with pytest.raises(UsageError, match=sentence):
            read_orders(str(path))
    with pytest.raises(UsageError, match="cannot be read"):
        read_orders(str(tmp_path))


def test_long_file_is_read_only_as_far_as_it_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "orders.json"
    path.write_bytes(b'{"order_id": "o-1"}\n' * 100_000)
    found = read_orders(str(path))
    assert not isinstance(found, dict)
    assert next(found).number == 1
