"""Orders into steps, and refusals that say why not."""

from __future__ import annotations

from typing import Any

import pytest

from muster_core.errors import ErrorCode, Refusal
from muster_core.ids import OrderId
from muster_core.kinds import KINDS
from muster_core.order import Order
from muster_core.policy.planner import plan_order
from muster_core.site import Edge, Place, PlaceKind, Site, Vertex
from muster_core.task import STEPS_MAX

SITE = Site(
    name="pair",
    vertices=(Vertex("a", 0.0, 0.0), Vertex("b", 5.0, 0.0)),
    edges=(Edge("a", "b", 5.0), Edge("b", "a", 5.0)),
    places={
        "shelf_1": Place("shelf_1", "a", PlaceKind.SHELF),
        "pack_1": Place("pack_1", "b", PlaceKind.STATION),
    },
)


def planned(**fields: Any) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    plan = plan_order(Order(order_id=OrderId("o-1"), **fields), SITE)
    assert plan.refusal is None
    (task,) = plan.tasks
    return [(step.verb, step.place) for step in task.steps], task.capabilities


def refused(**fields: Any) -> Refusal:
    plan = plan_order(Order(order_id=OrderId("o-1"), **fields), SITE)
    assert plan.tasks == ()
    assert plan.refusal is not None
    return plan.refusal


def test_deliver_goes_picks_goes_and_places() -> None:
    steps, capabilities = planned(pickup="shelf_1", dropoff="pack_1")
    assert steps == [
        ("go", "shelf_1"),
        ("pick", "shelf_1"),
        ("go", "pack_1"),
        ("place", "pack_1"),
    ]
    assert capabilities == ("go", "pick", "place")


def test_scan_goes_to_each_place_and_scans_there() -> None:
    steps, capabilities = planned(kind="scan", places=("pack_1", "shelf_1"))
    assert steps == [
        ("go", "pack_1"),
        ("scan", "pack_1"),
        ("go", "shelf_1"),
        ("scan", "shelf_1"),
    ]
    assert capabilities == ("go", "scan")


def test_move_goes_to_each_place_in_turn() -> None:
    steps, capabilities = planned(kind="move", places=("pack_1", "shelf_1", "pack_1"))
    assert steps == [("go", "pack_1"), ("go", "shelf_1"), ("go", "pack_1")]
    assert capabilities == ("go",)


def test_what_the_order_requires_joins_what_the_verbs_need() -> None:
    _, capabilities = planned(kind="move", places=("pack_1",), requires=("cold", "go", "cold"))
    assert capabilities == ("cold", "go")


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_each_needed_field_is_missed_by_name(kind: Any) -> None:
    full = {"pickup": "shelf_1", "dropoff": "pack_1", "places": ("shelf_1",)}
    assert kind.needs
    for field in kind.needs:
        refusal = refused(kind=kind.name, **{k: v for k, v in full.items() if k != field})
        assert refusal.code is ErrorCode.MISSING_PLACE
        assert f"has no {field}" in refusal.message
        assert kind.example in refusal.message


def test_unknown_kind_is_refused_with_the_choices() -> None:
    refusal = refused(kind="juggle")
    assert refusal.code is ErrorCode.UNKNOWN_KIND
    assert "'juggle'" in refusal.message
    assert "deliver, scan, move" in refusal.message


def test_place_of_another_site_is_refused_with_the_nearest_name() -> None:
    refusal = refused(pickup="shelf_l", dropoff="pack_1")
    assert refusal.code is ErrorCode.PLAN_FAILED
    assert "'shelf_l'" in refusal.message
    assert "did you mean 'shelf_1'?" in refusal.message


def test_order_of_too_many_steps_is_refused_with_both_numbers() -> None:
    refusal = refused(kind="move", places=("pack_1",) * (STEPS_MAX + 1))
    assert refusal.code is ErrorCode.PLAN_FAILED
    assert str(STEPS_MAX + 1) in refusal.message
    assert f"at most {STEPS_MAX}" in refusal.message
