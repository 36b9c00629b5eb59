"""How events look in Kafka."""

from __future__ import annotations

import msgspec
import pytest

from muster_core.gateway.envelope import (
    ForeignRecordError,
    event_headers,
    event_key,
    event_value,
    exported_event,
)
from muster_core.gateway.records import LoggedEvent

EVENT = LoggedEvent(
    seq=7,
    wall_ns=1_500_000_000,
    epoch=2,
    type="task_assigned",
    order_id="o-1",
    robot_id="r-1",
    traceparent="00-a",
    data='{"type":"task_assigned","order_id":"o-1","robot_id":"r-1","epoch":2,"cost":1.5}',
)


def test_an_event_is_flat_and_begins_with_where_and_when() -> None:
    assert event_value(EVENT) == (
        b'{"seq":7,"time":"1970-01-01T00:00:01.500Z","epoch":2,"type":"task_assigned",'
        b'"order_id":"o-1","robot_id":"r-1","cost":1.5}'
    )
    assert event_key(EVENT) == b"o-1"


def test_an_event_about_nothing_has_no_key_and_no_subject() -> None:
    event = LoggedEvent(seq=1, wall_ns=0, epoch=1, type="epoch_started")
    names = {name for name, _ in event_headers(event, "/muster")}
    assert event_key(event) is None
    assert "ce_subject" not in names
    assert {"ce_id", "ce_type", "ce_source", "ce_specversion", "ce_time"} <= names


def test_what_was_exported_is_recognised_again() -> None:
    found = exported_event(event_value(EVENT))
    assert found.is_same(EVENT)
    assert not found.is_same(msgspec.structs.replace(EVENT, wall_ns=2_500_000_000))
    assert not found.is_same(msgspec.structs.replace(EVENT, seq=8))


@pytest.mark.parametrize("value", [None, b"", b"{}", b"[]", b"\xff", b'{"seq": "7"}'])
def test_a_foreign_record_is_told_apart(value: bytes | None) -> None:
    with pytest.raises(ForeignRecordError, match="not an event of Muster"):
        exported_event(value)


@pytest.mark.parametrize("data", ["", "[1]", "{", "no json"])
def test_data_that_is_no_object_is_kept_as_it_is(data: str) -> None:
    event = LoggedEvent(seq=1, wall_ns=0, epoch=1, type="new", data=data)
    assert msgspec.json.decode(event_value(event))["data"] == data
