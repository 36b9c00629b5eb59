"""The gateway node with a mock Kafka and a scheduler's real services."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest

from muster_core.clock import utc_text
from muster_core.errors import ErrorCode
from muster_ros.testing import transition

pytestmark = pytest.mark.ros

GOOD = {"order_id": "good", "pickup": "shelf_1", "dropoff": "pack_1"}


def order(order_id: str, **fields: Any) -> dict[str, Any]:
    return {**GOOD, "order_id": order_id, **fields}


# Name: the record, its code, and what the sentence must say (the value, and what is right).
BAD: dict[str, tuple[Any, ErrorCode, list[str]]] = {
    "not JSON": (b'{"order_id": ', ErrorCode.NOT_JSON, ["not JSON", "order_id"]),
    "no value": (None, ErrorCode.NOT_JSON, ["not JSON"]),
    "wrong shape": (b"[1, 2]", ErrorCode.WRONG_SHAPE, ["a list of 2", "object"]),
    "unknown field": (order("b3", pikcup="x"), ErrorCode.WRONG_SHAPE, ["'pikcup'", "'pickup'"]),
    "wrong type": (order("b4", priority="high"), ErrorCode.WRONG_SHAPE, ["'high'", "number"]),
    "unknown kind": (order("b5", kind="delivr"), ErrorCode.UNKNOWN_KIND, ["'delivr'", "'deliver'"]),
    "unknown place": (
        order("b6", pickup="shelf1"),
        ErrorCode.UNKNOWN_PLACE,
        ["'shelf1'", "'shelf_1'"],
    ),
    "unreachable": (order("b7", pickup="pit_1"), ErrorCode.UNREACHABLE_PLACE, ["'pit_1'", "left"]),
    "capability": (
        order("b8", requires=["scann"]),
        ErrorCode.UNKNOWN_CAPABILITY,
        ["'scann'", "'scan'"],
    ),
    "priority": (order("b9", priority=256), ErrorCode.BAD_PRIORITY, ["256", "255"]),
    "past": (
        order("b10", deadline=utc_text(time.time_ns() - 3600 * 10**9)),
        ErrorCode.BAD_DEADLINE,
        ["ago", "later than now"],
    ),
    "no date": (order("b11", deadline="soon"), ErrorCode.BAD_DEADLINE, ["'soon'", "ISO 8601"]),
    "empty id": (order(""), ErrorCode.BAD_ORDER_ID, ["''", "1 to 128"]),
    "long id": (order("x" * 129), ErrorCode.BAD_ORDER_ID, ["129", "128"]),
    "control id": (order("a\nb"), ErrorCode.BAD_ORDER_ID, ["'a\\nb'", "control"]),
    "too large": (b" " * (64 * 1024 + 1), ErrorCode.TOO_LARGE, ["65537", "65536"]),
    "changed": (order("good", priority=7), ErrorCode.CHANGED_DUPLICATE, ["'good'", "differs"]),
}


def test_each_bad_order_becomes_a_dead_letter_and_disturbs_no_other(bench: Any) -> None:
    scheduler = bench.scheduler()
    bench.gateway()
    bodies = [body for body, _, _ in BAD.values()]
    bench.send(GOOD, *bodies, GOOD, order("last"))
    total = len(bodies) + 3
    bench.wait(lambda: bench.committed() == total, "all records committed")

    letters = {}
    for letter in bench.records("muster.dead-letters"):
        headers = {name: value.decode() for name, value in letter.headers()}
        letters[int(headers["muster_offset"])] = (letter.value(), headers)
    assert sorted(letters) == list(range(1, len(bodies) + 1))
    for offset, (name, (body, code, words)) in enumerate(BAD.items(), 1):
        value, headers = letters[offset]
        original = msgspec.json.encode(body) if isinstance(body, dict) else body or b""
        assert (value or b"") == original, name
        assert headers["muster_code"] == f"{int(code)} {code.name}", (name, headers)
        assert headers["muster_topic"] == "muster.orders"
        for word in words:
            assert word in headers["muster_reason"], (name, headers["muster_reason"])
    assert sorted(scheduler.digests) == ["good", "last"]
    bench.wait(lambda: bench.exported() == [1, 2], "both events exported")


def test_an_event_is_flat_json_with_cloud_event_headers(bench: Any) -> None:
    scheduler = bench.scheduler()
    bench.gateway()
    scheduler.record("order_accepted", "o-1", digest="d")
    bench.wait(lambda: bench.exported() == [1], "the event exported")
    (record,) = bench.records("muster.events")
    value = msgspec.json.decode(record.value())
    assert value == {
        "seq": 1,
        "time": value["time"],
        "epoch": 1,
        "type": "order_accepted",
        "order_id": "o-1",
        "digest": "d",
    }
    headers = dict(record.headers())
    assert record.key() == b"o-1"
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_id"] == b"1"
    assert headers["ce_type"] == b"muster.order_accepted"
    assert headers["ce_source"] == b"/muster"
    assert headers["ce_subject"] == b"o-1"
    assert headers["ce_time"] == value["time"].encode()


def test_orders_wait_for_a_scheduler_that_is_away(bench: Any) -> None:
    gateway = bench.gateway()
    bench.send(*(order(f"o-{i}") for i in range(20)))
    bench.wait(
        lambda: "SCHEDULER_UNREACHABLE" in problems(gateway), "the gateway says why it waits"
    )
    assert bench.committed() == 0

    scheduler = bench.scheduler()
    scheduler.trouble = ErrorCode.STORAGE_UNAVAILABLE
    bench.wait(lambda: "STORAGE_UNAVAILABLE" in problems(gateway), "the next reason is told")
    assert bench.committed() == 0

    scheduler.trouble = ErrorCode.NONE
    bench.wait(lambda: bench.committed() == 20, "all committed once it takes them")
    assert len(scheduler.digests) == 20
    assert bench.records("muster.dead-letters") == []
    bench.wait(lambda: problems(gateway) == "none", "the gateway is well again")


def test_a_scheduler_that_comes_back_gets_what_is_missing(bench: Any) -> None:
    first = bench.scheduler()
    bench.gateway()
    bench.send(order("o-1"))
    bench.wait(lambda: bench.exported() == [1], "the first event exported")
    known = first.digests
    bench.end(first)
    bench.send(*(order(f"o-{i}") for i in range(1, 6)))
    second = bench.scheduler()
    second.digests.update(known)
    bench.wait(lambda: bench.committed() == 6, "all committed")
    bench.wait(lambda: bench.exported() == [1, 2, 3, 4, 5], "each event once")


def test_a_gateway_that_starts_again_exports_no_event_twice_and_none_not(bench: Any) -> None:
    scheduler = bench.scheduler()
    scheduler.is_publishing = False  # the first 1,500 can only be read
    for i in range(1500):
        scheduler.record("order_accepted", f"o-{i}")
    scheduler.is_publishing = True
    first = bench.gateway()
    bench.wait(lambda: "muster" in str(first.get_namespace()) and exported(first) > 200, "some")
    bench.end(first)
    for i in range(1500, 1600):
        scheduler.record("order_accepted", f"o-{i}")
    second = bench.gateway()
    bench.wait(lambda: exported(second) == 1600, "the rest exported")
    scheduler.record("order_completed", "o-1")
    bench.wait(lambda: exported(second) == 1601, "the newest exported")
    assert bench.exported() == list(range(1, 1602))


def test_events_of_another_log_are_not_mixed(bench: Any) -> None:
    scheduler = bench.scheduler()
    first = bench.gateway()
    for i in range(3):
        scheduler.record("order_accepted", f"o-{i}")
    bench.wait(lambda: exported(first) == 3, "exported")
    bench.end(first)
    bench.log.clear()
    for i in range(5):
        scheduler.record("order_accepted", f"other-{i}")
    second = bench.gateway()
    bench.wait(lambda: "another log" in problems(second), "the gateway says so")
    assert bench.exported() == [1, 2, 3]


def test_gateway_is_active_without_kafka_and_goes_on_when_it_comes(bench: Any) -> None:
    scheduler = bench.scheduler()
    bench.kafka.set_down()
    gateway = bench.gateway()
    bench.wait(lambda: "Kafka at 127.0.0.1" in problems(gateway), "the gateway says what is away")
    scheduler.record("order_accepted", "o-1")
    bench.kafka.set_up()
    bench.send(order("o-2"))
    bench.wait(lambda: bench.committed() == 1, "the order committed")
    bench.wait(lambda: bench.exported() == [1, 2], "the events exported")
    bench.wait(lambda: problems(gateway) == "none", "the gateway is well again")


def test_an_unknown_parameter_fails_configure_with_its_name(bench: Any) -> None:
    with pytest.raises(AssertionError):
        bench.gateway(bootstrap_server="localhost:9092")


def test_a_gateway_can_be_deactivated_and_activated_again(bench: Any) -> None:
    scheduler = bench.scheduler()
    gateway = bench.gateway()
    bench.send(order("o-1"))
    bench.wait(lambda: bench.committed() == 1, "the first committed")
    transition(gateway, "deactivate")
    bench.send(order("o-2"))
    transition(gateway, "activate")
    bench.wait(lambda: bench.committed() == 2, "the second committed")
    bench.wait(lambda: bench.exported() == [1, 2], "the events exported")
    assert scheduler.asked == 2


def problems(gateway: Any) -> str:
    return str(gateway.diagnose().get("problems", ""))


def exported(gateway: Any) -> int:
    return int(gateway.diagnose().get("events_last_exported", "0"))
