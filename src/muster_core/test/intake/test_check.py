"""Whether an order can be done: by its kind, on this site, by this fleet, in time."""

from __future__ import annotations

from typing import Any

import pytest

from muster_core.clock import NS_PER_S, Instant
from muster_core.errors import ErrorCode
from muster_core.ids import OrderId
from muster_core.intake import check_order, deadline_ns
from muster_core.kinds import KINDS
from muster_core.order import Order
from muster_core.site.model import Edge, Place, PlaceKind, Site, Vertex
from muster_core.site.routing import Routes

NOW_NS = 1_900_000_000 * NS_PER_S  # 2030-03-17T17:46:40Z
NOW = Instant(NOW_NS, 0)
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

SITE = Site(
    name="pair",
    vertices=(Vertex("a", 0, 0), Vertex("b", 5, 0), Vertex("c", 9, 0), Vertex("d", 9, 9)),
    edges=(Edge("a", "b", 5), Edge("b", "a", 5), Edge("b", "c", 4), Edge("d", "a", 12)),
    places={
        "shelf_1": Place("shelf_1", "a", PlaceKind.SHELF),
        "pack_1": Place("pack_1", "b", PlaceKind.STATION),
        "trap": Place("trap", "c", PlaceKind.SHELF),
        "island": Place("island", "d", PlaceKind.SHELF),
    },
)
ROUTES = Routes(SITE)
CAPABILITIES = frozenset({"go", "pick", "place", "scan"})


def deliver(**fields: Any) -> Order:
    fields = {"pickup": "shelf_1", "dropoff": "pack_1", **fields}
    return Order(order_id=OrderId(fields.pop("order_id", "o-1")), **fields)


def scan(**fields: Any) -> Order:
    return Order(order_id=OrderId("o-1"), **{"kind": "scan", "places": ("shelf_1",), **fields})


def check(order: Order, capabilities: frozenset[str] | None = CAPABILITIES) -> Any:
    return check_order(
        order,
        site=SITE,
        routes=ROUTES,
        kinds=KINDS,
        capabilities=capabilities,
        payload_kg_max=20.0,
        now=NOW,
    )


@pytest.mark.parametrize(
    "order",
    [
        deliver(),
        deliver(order_id="x" * 128),
        deliver(priority=0),
        deliver(priority=255),
        deliver(requires=("scan",), traceparent=TRACE),
        deliver(payload_kg=20.0),
        deliver(deadline="2030-03-17T17:46:41Z"),
        deliver(deadline="2030-03-17T18:46:41.5+01:00"),
        scan(),
        scan(kind="move", places=("shelf_1", "pack_1", "shelf_1")),
    ],
)
def test_a_good_order_is_accepted(order: Order) -> None:
    assert check(order) is None


REFUSED = {
    "near kind": (deliver(kind="delivr"), ErrorCode.UNKNOWN_KIND, ["'delivr'", "'deliver'"]),
    "far kind": (deliver(kind="zzz"), ErrorCode.UNKNOWN_KIND, ["'zzz'", "deliver, move, scan"]),
    "no kind": (deliver(kind=""), ErrorCode.UNKNOWN_KIND, ["''", "deliver, move, scan"]),
    "no pickup": (deliver(pickup=""), ErrorCode.MISSING_PLACE, ["pickup is empty", '"pickup"']),
    "no dropoff": (deliver(dropoff=""), ErrorCode.MISSING_PLACE, ["dropoff is empty"]),
    "no places": (scan(places=()), ErrorCode.MISSING_PLACE, ["places is empty", '"places"']),
    "spare places": (deliver(places=("trap",)), ErrorCode.WRONG_SHAPE, ["places", "leave it out"]),
    "spare pickup": (scan(pickup="trap"), ErrorCode.WRONG_SHAPE, ["pickup", "'trap'"]),
    "same place": (deliver(dropoff="shelf_1"), ErrorCode.WRONG_SHAPE, ["'shelf_1'", "different"]),
    "near place": (deliver(pickup="Shelf1"), ErrorCode.UNKNOWN_PLACE, ["'Shelf1'", "'shelf_1'"]),
    "far place": (deliver(dropoff="xyz"), ErrorCode.UNKNOWN_PLACE, ["dropoff 'xyz'", "pack_1"]),
    "scan place": (scan(places=("pack_1", "shelf_9")), ErrorCode.UNKNOWN_PLACE, ["'shelf_9'"]),
    "trap": (deliver(dropoff="trap"), ErrorCode.UNREACHABLE_PLACE, ["'trap'", "not left"]),
    "island": (deliver(pickup="island"), ErrorCode.UNREACHABLE_PLACE, ["'island'", "not reached"]),
    "capability": (
        deliver(requires=("scann",)),
        ErrorCode.UNKNOWN_CAPABILITY,
        ["'scann'", "'scan'", "go, pick, place, scan"],
    ),
    "no date": (deliver(deadline="soon"), ErrorCode.BAD_DEADLINE, ["'soon'", "2030-01-31T12"]),
    "no offset": (deliver(deadline="2031-01-01T00:00:00"), ErrorCode.BAD_DEADLINE, ["offset"]),
    "no such day": (deliver(deadline="2031-02-30T00:00:00Z"), ErrorCode.BAD_DEADLINE, ["02-30"]),
    "far date": (deliver(deadline="9999-01-01T00:00:00Z"), ErrorCode.BAD_DEADLINE, ["2200"]),
    "past": (
        deliver(deadline="2030-03-17T15:46:40Z"),
        ErrorCode.BAD_DEADLINE,
        ["'2030-03-17T15:46:40Z'", "2 hours ago", "2030-03-17T17:46:40.000Z"],
    ),
    "just now": (deliver(deadline="2030-03-17T17:46:40Z"), ErrorCode.BAD_DEADLINE, ["0 s ago"]),
    "heavy": (deliver(payload_kg=20.5), ErrorCode.TOO_HEAVY, ["20.5", "carries 20 kg", "split"]),
    "no load": (deliver(payload_kg=-1.0), ErrorCode.BAD_PAYLOAD, ["-1.0", "0 and 1e+06 kg"]),
    "NaN load": (deliver(payload_kg=float("nan")), ErrorCode.BAD_PAYLOAD, ["nan", "0 and"]),
    "priority": (deliver(priority=300), ErrorCode.BAD_PRIORITY, ["300", "255"]),
    "id": (deliver(order_id="a\tb"), ErrorCode.BAD_ORDER_ID, ["'a\\tb'", "control"]),
    "surrogate": (deliver(requester="\ud800"), ErrorCode.BAD_TEXT, ["\\ud800", "control"]),
    "trace": (deliver(traceparent="x"), ErrorCode.BAD_TRACEPARENT, ["'x'", "leave it out"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_order_is_refused_with_its_value_and_what_is_right(name: str) -> None:
    order, code, words = REFUSED[name]
    refusal = check(order)
    assert refusal is not None
    assert refusal.code is code
    for word in words:
        assert word in refusal.message
    assert refusal.message.isprintable()


def test_capabilities_are_not_checked_while_the_fleet_is_unknown() -> None:
    assert check(deliver(requires=("fly",)), None) is None


def test_a_fleet_without_capabilities_says_that_it_offers_none() -> None:
    refusal = check(deliver(requires=("fly",)), frozenset())
    assert refusal is not None
    assert "the fleet offers none" in refusal.message


@pytest.mark.parametrize(
    ("text", "wall_ns"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T01:00+01:00", 0),
        ("1970-01-01T00:00:00.000000001Z", 1),
        ("1970-01-01T00:00:01.25-00:00", 1_250_000_000),
        ("1969-12-31T23:59:59.5Z", -500_000_000),
        ("2030-01-31 12:00:00Z", None),
        ("2030-01-31T12:00:60Z", None),
        ("2030-01-31T12:00:00+99:00", None),
        ("٢٠٣٠-01-31T12:00:00Z", None),
        ("2030-01-31", None),
        ("", None),
    ],
)
def test_a_deadline_is_read_to_the_nanosecond_or_not_at_all(text: str, wall_ns: int | None) -> None:
    assert deadline_ns(text) == wall_ns
