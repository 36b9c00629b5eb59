"""Claims about a scheduler's node that hears of zones and of another site."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

from muster_msgs import srv

from muster_core.errors import ErrorCode
from muster_core.site import Site, Zone, ZoneLimits, load_site
from muster_core.task import OutcomeResult
from muster_ros import channels as ch
from muster_ros.testing import transition, wait_until
from muster_ros.traffic_conversions import zones_message

FLEET = "/test"
STATION = Zone("station", ("d",), ZoneLimits(is_closed=True))


class Traffic:
    """Tells of zones, as traffic does."""

    def __init__(self, world: Any) -> None:
        self._world = world
        path = ch.ZONES.path(FLEET)
        self._publisher = world.peer.create_publisher(ch.ZONES.type, path, ch.ZONES.qos)
        self._number = 0

    def tell(self, site: Site) -> None:
        self._number += 1
        self._publisher.publish(zones_message(site, frozenset(), epoch=1, number=self._number))


def told(world: Any, order_id: str) -> str:
    request = srv.GetOrders.Request(order_ids=[order_id])
    orders = world.caller.call(ch.GET_ORDERS, request).orders
    return orders[0].message if orders else ""


def test_order_to_a_zone_that_was_closed_is_not_assigned_and_says_so(world: Any) -> None:
    world.add_policy()
    agent = world.add_agent()
    traffic = Traffic(world)
    world.start_scheduler()
    world.submit("o-1")
    wait_until(lambda: agent.offers, "the first offer")
    world.submit("o-2")
    world.wait_for_event("order_planned", 2)
    traffic.tell(world.site.with_zones(STATION))
    words = "in zone 'station', which is closed"
    wait_until(lambda: words in told(world, "o-2"), "it says so")
    refused = world.submit("o-3")
    assert refused.error_code == ErrorCode.UNREACHABLE_PLACE and words in refused.message
    agent.end(OutcomeResult.SUCCEEDED)
    world.wait_for_event("order_completed")
    traffic.tell(world.site)
    wait_until(lambda: len(agent.offers) == 2, "the zone is open, and it is offered")


def test_scheduler_that_comes_later_hears_of_zones_too(world: Any) -> None:
    world.add_agent()
    Traffic(world).tell(world.site.with_zones(STATION))
    world.start_scheduler()
    numbers = count(1)
    wait_until(
        lambda: "'station'" in world.submit(f"o-{next(numbers)}").message, "the zone is known"
    )


def test_scheduler_reads_its_site_again_when_traffic_goes_by_another(
    world: Any, tmp_path: Path
) -> None:
    world.add_agent()
    node = world.start_scheduler()
    path = Path(world.parameters["site"])
    text = path.read_text().replace("c: [20, 0]", "c: [20, 1]")
    other = tmp_path / "other.yaml"
    other.write_text(text)
    traffic = Traffic(world)
    traffic.tell(load_site(other))
    wait_until(lambda: "install the same file" in node.warning(), "the file here is another")
    path.write_text(text)
    traffic.tell(load_site(other))
    wait_until(lambda: not node.warning(), "the file is read again")

    def excluded() -> bool:
        answer = world.caller.call(ch.GET_ROBOTS, srv.GetRobots.Request())
        return any("differs from the scheduler's" in robot.excluded for robot in answer.robots)

    wait_until(excluded, "a robot of the old site gets nothing")


def test_scheduler_starts_with_orders_whose_places_are_gone_and_says_so(world: Any) -> None:
    world.add_policy()
    first = world.start_scheduler()
    world.submit("o-1", pickup="shelf_2")
    world.wait_for_event("order_planned")
    transition(first, "deactivate")
    transition(first, "cleanup")
    path = Path(world.parameters["site"])
    text = path.read_text().replace("  shelf_2: {vertex: c, kind: shelf}\n", "")
    path.write_text(text)
    assert first.trigger_configure().name == "SUCCESS"
    assert transition(first, "activate").name == "SUCCESS"
    wait_until(lambda: "'shelf_2' is not on the site any more" in told(world, "o-1"), "it says so")
