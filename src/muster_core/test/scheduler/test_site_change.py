"""Claims about a site, or zones, that change under a running fleet."""

from __future__ import annotations

from dataclasses import replace

from muster_core.errors import ErrorCode
from muster_core.ids import OrderId
from muster_core.scheduler.inputs import SiteChanged
from muster_core.scheduler.views import order_view
from muster_core.site import Routes, Site, Zone, ZoneLimits, parse_site
from muster_core.task import OutcomeResult
from muster_core.testing.scripted_fleet import SITE, Fleet, make_fleet

CLOSED = ZoneLimits(is_closed=True)
STATION = Zone("station", ("e",), CLOSED)
WITHOUT_SHELF = parse_site(
    """
site: corridor
vertices: {a: [0, 0], b: [10, 0], d: [30, 0], e: [40, 0]}
edges: [[a, b, d, e]]
places:
  shelf_1: {vertex: b, kind: shelf}
  pack_1: {vertex: e, kind: station}
  parking_1: {vertex: a, kind: parking}
"""
)


def change(fleet: Fleet, site: Site) -> None:
    fleet.core.step(SiteChanged(Routes(site)), fleet.now)
    fleet.settle()


def told(fleet: Fleet, order_id: str) -> str:
    ledger = fleet.core.ledger
    order = ledger.orders[OrderId(order_id)]
    return order_view(ledger, order, obstacle=fleet.core.obstacle).message


def busy_fleet() -> Fleet:
    """One robot, at work on ``first``; ``o-1`` and ``o-2`` wait for it."""
    fleet = make_fleet()
    fleet.submit("first", pickup="shelf_1")
    fleet.run(1)
    fleet.submit("o-1", pickup="shelf_2")
    fleet.submit("o-2", kind="scan", places=("shelf_1",), pickup="", dropoff="")
    return fleet


def test_order_to_a_closed_zone_is_not_assigned_and_says_so_until_it_opens() -> None:
    fleet = busy_fleet()
    change(fleet, SITE.with_zones(STATION))
    assert "place 'pack_1' (vertex 'e') is in zone 'station', which is closed" in told(fleet, "o-1")
    assert told(fleet, "o-2") == "waits for a free robot"
    fleet.end("robot_1", OutcomeResult.SUCCEEDED)
    assert [sent.task.order_id for sent in fleet.sent] == ["first", "o-2"], "not o-1"
    fleet.run(1)
    fleet.end("robot_1", OutcomeResult.SUCCEEDED)
    fleet.run(5)
    assert fleet.state("o-1") == "planned" and fleet.sent[-1].task.order_id == "o-2"
    change(fleet, SITE)
    assert fleet.sent[-1].task.order_id == "o-1"


def test_new_order_to_a_closed_zone_is_refused_with_the_zone() -> None:
    fleet = make_fleet()
    change(fleet, SITE.with_zones(STATION))
    refusal = fleet.submit("o-1").refusal
    assert refusal is not None and refusal.code is ErrorCode.UNREACHABLE_PLACE
    assert "zone 'station'" in refusal.message


def test_proposal_from_before_a_zone_was_closed_does_not_hold() -> None:
    fleet = make_fleet(policy_answers=False)
    fleet.submit("o-1")
    fleet.run(1.5)  # the built-in policy plans in place of the one that is silent
    assert fleet.state("o-1") == "planned" and fleet.core.advisor.is_deciding
    fleet.core.step(SiteChanged(Routes(SITE.with_zones(STATION))), fleet.now)
    rejected = fleet.core.proposals_rejected
    fleet.run(2)
    assert fleet.core.proposals_rejected > rejected and not fleet.sent


def test_order_whose_place_is_gone_waits_and_says_so() -> None:
    fleet = busy_fleet()
    change(fleet, WITHOUT_SHELF)
    assert told(fleet, "o-1") == "waits: place 'shelf_2' is not on the site any more"


def test_robot_of_the_old_site_is_given_nothing_until_it_has_the_new_one() -> None:
    fleet = busy_fleet()
    change(fleet, WITHOUT_SHELF)
    fleet.end("robot_1", OutcomeResult.SUCCEEDED)
    fleet.run(3)
    assert [sent.task.order_id for sent in fleet.sent] == ["first"]
    fleet.site = WITHOUT_SHELF
    fleet.describe()
    fleet.run(1)
    assert [sent.task.order_id for sent in fleet.sent] == ["first", "o-2"]


def test_robot_on_its_way_to_a_place_that_is_gone_does_not_stop_the_scheduler() -> None:
    fleet = make_fleet()
    fleet.submit("first", kind="scan", places=("shelf_2",), pickup="", dropoff="")
    fleet.run(1)
    fleet.submit("o-2", kind="scan", places=("shelf_1",), pickup="", dropoff="")
    fleet.site = WITHOUT_SHELF
    change(fleet, WITHOUT_SHELF)
    fleet.describe()
    fleet.run(3)
    fleet.end("robot_1", OutcomeResult.SUCCEEDED)
    assert fleet.sent[-1].task.order_id == "o-2"


def test_probe_does_not_lead_into_a_closed_zone() -> None:
    parkings = two_parkings()
    fleet = make_fleet(site=parkings, breaker_failures_max=1, breaker_pause_s=1.0)
    change(fleet, parkings.with_zones(Zone("end", ("a",), CLOSED)))
    fleet.submit("o-1")
    fleet.end("robot_1", OutcomeResult.FAILED)
    fleet.run(3)
    probes = [sent for sent in fleet.sent if sent.task.order_id.startswith("probe/")]
    assert probes and probes[0].task.steps[0].place == "parking_2"


def two_parkings() -> Site:
    """The corridor with a second place to park, at ``d``."""
    first = SITE.places["parking_1"]
    second = replace(first, name="parking_2", vertex="d")
    return Site(
        name=SITE.name,
        vertices=SITE.vertices,
        edges=SITE.edges,
        places={**SITE.places, "parking_2": second},
    )
