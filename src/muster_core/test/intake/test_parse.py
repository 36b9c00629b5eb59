"""Bytes into orders: refused in a sentence, never with an exception."""

from __future__ import annotations

import string
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster_core.errors import ErrorCode, Refusal
from muster_core.intake import check_fields, parse_order
from muster_core.intake.sentence import QUOTED_LENGTH_MAX
from muster_core.intake.shape import FIELD_TYPES
from muster_core.order import (
    ORDER_BYTES_MAX,
    ORDER_ID_LENGTH_MAX,
    PLACES_MAX,
    REQUIRES_MAX,
    TEXT_LENGTH_MAX,
    Order,
)

SENTENCE_LENGTH_MAX = 600


def body(**fields: Any) -> bytes:
    return msgspec.json.encode({"order_id": "o-1", **fields})


def test_the_example_of_the_design_is_a_delivery() -> None:
    order = parse_order(b'{"order_id": "o-1", "pickup": "shelf_12", "dropoff": "pack_2"}')
    assert isinstance(order, Order)
    assert (order.kind, order.pickup, order.dropoff) == ("deliver", "shelf_12", "pack_2")
    assert order.priority == 100


def test_every_field_of_an_order_has_a_type() -> None:
    assert set(FIELD_TYPES) == {field.name for field in msgspec.structs.fields(Order)}


def test_an_order_of_exactly_the_greatest_size_is_read() -> None:
    short = b'{"order_id": "o-1"}'
    assert isinstance(parse_order(short.ljust(ORDER_BYTES_MAX)), Order)
    assert isinstance(parse_order(short.ljust(ORDER_BYTES_MAX + 1)), Refusal)


REFUSED = {
    "too large": (b"[" * (ORDER_BYTES_MAX + 1), ErrorCode.TOO_LARGE, ["65537", "65536"]),
    "empty": (b"", ErrorCode.NOT_JSON, ["0 bytes", "order_id"]),
    "cut": (b'{"order_id": "o', ErrorCode.NOT_JSON, ["truncated", "15 bytes"]),
    "words": (b"deliver it", ErrorCode.NOT_JSON, ["byte 0", "order_id"]),
    "comma": (b'{"order_id": "o-1",}', ErrorCode.NOT_JSON, ["byte 19"]),
    "not a number": (b'{"priority": NaN}', ErrorCode.NOT_JSON, ["byte 13"]),
    "deep": (b"[" * 60_000, ErrorCode.NOT_JSON, ["nested too deep"]),
    "not UTF-8": (b'{"order_id": "\xff"}', ErrorCode.NOT_JSON, ["UTF-8", "0xff", "byte 14"]),
    "surrogate": (b'{"order_id": "\\ud800"}', ErrorCode.NOT_JSON, ["not JSON"]),
    "list": (b"[1, 2]", ErrorCode.WRONG_SHAPE, ["a list of 2", "not an object", "order_id"]),
    "number": (b"7", ErrorCode.WRONG_SHAPE, ["7", "not an object"]),
    "no id": (b"{}", ErrorCode.WRONG_SHAPE, ["order_id is missing", '"o-1"']),
    "near field": (body(pikcup="a"), ErrorCode.WRONG_SHAPE, ["'pikcup'", "'pickup'"]),
    "far field": (body(zzz=1), ErrorCode.WRONG_SHAPE, ["'zzz'", "known are", "places"]),
    "text priority": (body(priority="9"), ErrorCode.WRONG_SHAPE, ["priority", "'9'", "number"]),
    "true priority": (body(priority=True), ErrorCode.WRONG_SHAPE, ["true", "whole number"]),
    "fraction": (body(priority=1.5), ErrorCode.WRONG_SHAPE, ["1.5", "whole number"]),
    "null": (body(pickup=None), ErrorCode.WRONG_SHAPE, ["pickup", "null", "a text"]),
    "number id": (body(order_id=7), ErrorCode.WRONG_SHAPE, ["order_id", "7", "a text"]),
    "one place": (body(places="a"), ErrorCode.WRONG_SHAPE, ["places", "'a'", "list of texts"]),
    "mixed list": (body(requires=["a", 3]), ErrorCode.WRONG_SHAPE, ["requires", "3", "entry 2"]),
    "object": (body(pickup={"x": 1}), ErrorCode.WRONG_SHAPE, ["object of 1", "a text"]),
    "text load": (body(payload_kg="9"), ErrorCode.WRONG_SHAPE, ["payload_kg", "'9'", "a number"]),
    "true load": (body(payload_kg=True), ErrorCode.WRONG_SHAPE, ["true", "a number"]),
    "huge load": (body(payload_kg=2e6), ErrorCode.BAD_PAYLOAD, ["2000000.0", "1e+06"]),
    "low": (body(priority=-1), ErrorCode.BAD_PRIORITY, ["-1", "0 and 255"]),
    "high": (body(priority=256), ErrorCode.BAD_PRIORITY, ["256", "0 and 255"]),
    "huge": (b'{"order_id":"a","priority":' + b"9" * 900 + b"}", ErrorCode.BAD_PRIORITY, ["bits"]),
    "empty id": (body(order_id=""), ErrorCode.BAD_ORDER_ID, ["''", "1 to 128"]),
    "blank id": (body(order_id="  "), ErrorCode.BAD_ORDER_ID, ["'  '", "1 to 128"]),
    "long id": (body(order_id="x" * 129), ErrorCode.BAD_ORDER_ID, ["129", "1 to 128"]),
    "line id": (body(order_id="a\nb"), ErrorCode.BAD_ORDER_ID, ["'a\\nb'", "control"]),
    "zero id": (body(order_id="a\0b"), ErrorCode.BAD_ORDER_ID, ["'a\\x00b'", "control"]),
    "long text": (body(requester="x" * 1025), ErrorCode.BAD_TEXT, ["requester", "1025", "1024"]),
    "control": (body(requester="a\x07"), ErrorCode.BAD_TEXT, ["'a\\x07'", "control"]),
    "many places": (body(places=["a"] * 257), ErrorCode.BAD_TEXT, ["257", str(PLACES_MAX)]),
    "many needs": (body(requires=["a"] * 33), ErrorCode.BAD_TEXT, ["33", str(REQUIRES_MAX)]),
    "no place": (body(places=["a", ""]), ErrorCode.BAD_TEXT, ["places", "entry 2", "leave it out"]),
    "trace": (body(traceparent="00-1-2-3"), ErrorCode.BAD_TRACEPARENT, ["'00-1-2-3'", "00-4bf"]),
    "zero trace": (
        body(traceparent=f"00-{'0' * 32}-{'1' * 16}-01"),
        ErrorCode.BAD_TRACEPARENT,
        ["W3C", "leave it out"],
    ),
    "new trace": (
        body(traceparent=f"01-{'a' * 32}-{'1' * 16}-01"),
        ErrorCode.BAD_TRACEPARENT,
        ["version 00"],
    ),
}


@pytest.mark.parametrize("payload_kg", [0, 3, 12.5])
def test_a_payload_may_be_whole_or_a_fraction(payload_kg: float) -> None:
    order = parse_order(body(payload_kg=payload_kg))
    assert not isinstance(order, Refusal) and order.payload_kg == payload_kg


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_order_is_refused_with_its_value_and_what_is_right(name: str) -> None:
    content, code, words = REFUSED[name]
    refusal = parse_order(content)
    assert isinstance(refusal, Refusal)
    assert refusal.code is code
    for word in words:
        assert word in refusal.message
    assert_is_one_sentence(refusal)


def test_a_long_value_is_shortened_in_the_sentence() -> None:
    refusal = parse_order(body(requester="y" * 50_000))
    assert isinstance(refusal, Refusal)
    assert "y" * QUOTED_LENGTH_MAX in refusal.message
    assert "y" * (QUOTED_LENGTH_MAX + 1) not in refusal.message
    assert "50000 characters" in refusal.message


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise(content: bytes) -> None:
    assert_is_order_or_sentence(parse_order(content))


_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(string.printable), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*FIELD_TYPES, "other"]), _values))
def test_no_json_makes_it_raise(content: dict[str, Any]) -> None:
    content.setdefault("order_id", "o-1")
    try:
        encoded = msgspec.json.encode(content)
    except (OverflowError, ValueError, UnicodeEncodeError):
        return  # beyond what the encoder can write; the bytes above reach further
    assert_is_order_or_sentence(parse_order(encoded))


@given(st.text(), st.lists(st.text(), max_size=3), st.integers())
def test_no_text_gets_through_that_a_message_cannot_hold(
    text: str, texts: list[str], number: int
) -> None:
    content = {
        "order_id": text or "o",
        "places": texts,
        "requester": text,
        "priority": number % 300,
    }
    escaped = msgspec.json.encode(content) if is_encodable(content) else b"{}"
    assert_is_order_or_sentence(parse_order(escaped))


def is_encodable(content: object) -> bool:
    try:
        msgspec.json.encode(content)
    except (UnicodeEncodeError, ValueError):
        return False
    return True


def assert_is_order_or_sentence(parsed: Order | Refusal) -> None:
    if isinstance(parsed, Refusal):
        assert_is_one_sentence(parsed)
        return
    assert check_fields(parsed) is None
    assert 1 <= len(parsed.order_id) <= ORDER_ID_LENGTH_MAX
    assert 0 <= parsed.priority <= 255
    texts = [parsed.order_id, parsed.kind, parsed.pickup, parsed.dropoff, parsed.deadline]
    for text in [*texts, parsed.requester, parsed.traceparent, *parsed.places, *parsed.requires]:
        text.encode()
        assert "\0" not in text
        assert len(text) <= TEXT_LENGTH_MAX


def assert_is_one_sentence(refusal: Refusal) -> None:
    refusal.message.encode()
    assert refusal.message.isprintable()
    assert 10 < len(refusal.message) < SENTENCE_LENGTH_MAX
