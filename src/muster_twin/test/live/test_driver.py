"""Claims about a body under a real agent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from muster_core.clock import Instant
from muster_core.driver.protocol import WAY_API_VERSION, DriverReport, StepState, Way
from muster_core.errors import SiteError
from muster_core.ids import RobotId
from muster_core.plugins import DRIVER_GROUP, load_plugin
from muster_core.site import Site, parse_site
from muster_core.task import Step
from muster_core.testing.driver_contract import WAY_CHECKS, DriverCase
from muster_twin.live.driver import BROKEN, BUMPED, TwinDriver
from muster_twin.live.settings import TwinSettings
from muster_twin.warehouse.spans import Span

SITE = """
site: corner
speed_mps: 2.0
vertices: {a: [0, 0], b: [10, 0], c: [10, 10], d: [20, 10]}
edges: [[a, b, c, d]]
places:
  parking_1: {kind: parking, vertex: a}
  parking_2: {kind: parking, vertex: d}
  shelf_1: {kind: shelf, vertex: c}
  charger_1: {kind: charger, vertex: b}
"""
EXACT = {"pick": Span(5.0), "place": Span(4.0), "battery_start_min": 1.0}


class Body:
    """A driver and the time that passes for it."""

    def __init__(self, site: Site, robot: str = "robot_1", **settings: object) -> None:
        self.now = Instant(10**18, 10**18)
        wanted = TwinSettings(**EXACT | settings)
        self.driver = TwinDriver.create(RobotId(robot), site, wanted, self.now)

    def after(self, duration_s: float) -> DriverReport:
        self.now = self.now.later(duration_s)
        return self.driver.poll(self.now)

    def drive(self, *vertices: str, first: int = 0) -> None:
        self.driver.drive(Way(first, vertices), self.now)


@pytest.fixture
def site() -> Site:
    return parse_site(SITE)


@pytest.fixture
def body(site: Site) -> Iterator[Body]:
    made = Body(site)
    yield made
    made.driver.close()


def test_twin_is_registered_and_drives_along_ways() -> None:
    found = load_plugin(DRIVER_GROUP, "twin", api_version=TwinDriver.api_version)
    assert found is TwinDriver
    assert TwinDriver.api_version >= WAY_API_VERSION


@pytest.mark.parametrize("check", WAY_CHECKS, ids=lambda check: check.__name__)
def test_twin_drives_as_every_driver_of_ways_does(check: Any, site: Site) -> None:
    body = Body(site, turn_deg_per_s=0.0)  # so that back takes as long as there
    case = DriverCase(
        driver=body.driver, go=Step("go", "shelf_1"), now=body.now, way=("a", "b", "c", "d")
    )
    check(case)
    body.driver.close()


def test_drives_to_the_end_of_its_way_and_not_farther(body: Body) -> None:
    body.drive("a", "b")
    on_the_way = body.after(2.5)
    assert (on_the_way.step_state, on_the_way.vertex, on_the_way.next_vertex) == (
        StepState.RUNNING, "a", "b"
    )  # fmt: skip
    assert (on_the_way.x, on_the_way.y) == pytest.approx((5.0, 0.0))
    there = body.after(60.0)
    assert (there.step_state, there.vertex, there.reached) == (StepState.FINISHED, "b", 1)


def test_longer_way_is_gone_on_with_and_turning_takes_time(body: Body) -> None:
    body.drive("a", "b")
    body.after(4.0)
    body.drive("a", "b", "c")
    # 5 s to b, half a second for the quarter turn, 5 s to c.
    assert body.after(6.4).vertex == "b"
    assert body.after(0.2).vertex == "c"
    assert body.after(0.0).heading == pytest.approx(1.5708, abs=1e-3)


def test_way_that_begins_later_has_the_same_numbers(body: Body) -> None:
    body.drive("a", "b", "c")
    body.after(6.0)
    body.drive("b", "c", "d", first=1)
    there = body.after(60.0)
    assert (there.vertex, there.reached, there.step_state) == ("d", 3, StepState.FINISHED)


def test_shorter_way_ends_at_the_next_vertex(body: Body) -> None:
    body.drive("a", "b", "c", "d")
    body.after(2.0)
    body.drive("a", "b")
    assert body.after(60.0).vertex == "b"


def test_stop_ends_the_drive_at_the_next_vertex(body: Body) -> None:
    body.drive("a", "b", "c")
    body.after(1.0)
    body.driver.stop(body.now)
    assert body.after(1.0).step_state is StepState.RUNNING
    there = body.after(60.0)
    assert (there.step_state, there.vertex) == (StepState.STOPPED, "b")


def test_way_that_is_elsewhere_fails_and_moves_nothing(body: Body) -> None:
    body.drive("c", "d")
    report = body.after(60.0)
    assert report.step_state is StepState.FAILED and "'a'" in report.message
    assert report.vertex == "a"


def test_pick_is_finished_whoever_asks_to_stop(body: Body) -> None:
    body.driver.start(Step("pick"), body.now)
    body.after(1.0)
    body.driver.stop(body.now)
    assert body.after(3.9).step_state is StepState.RUNNING
    assert body.after(0.2).step_state is StepState.FINISHED


@pytest.mark.parametrize(
    ("step", "word"),
    [
        (Step("go", "shelf_1"), "traffic"),
        (Step("somersault"), "somersault"),
        (Step("pick", "shelf_1"), "shelf_1"),
        (Step("charge"), "charger"),
    ],
)
def test_what_cannot_be_done_fails_with_the_reason(body: Body, step: Step, word: str) -> None:
    body.driver.start(step, body.now)
    report = body.after(1.0)
    assert report.step_state is StepState.FAILED and word in report.message


def test_charges_at_a_charger_until_it_is_full(site: Site) -> None:
    body = Body(site, start_place="charger_1", battery_start_min=0.1, seed=3)
    before = body.after(1.0).battery
    body.driver.start(Step("charge"), body.now)
    assert before < body.after(60.0).battery < 1.0
    report = body.after(3600.0)
    assert report.step_state is StepState.FINISHED
    assert report.battery == pytest.approx(1.0, abs=0.2)


def test_robots_start_apart_and_one_too_many_is_refused_with_what_to_do(site: Site) -> None:
    bodies = [Body(site, f"robot_{number}") for number in (1, 2, 3, 4)]
    assert len({body.after(0.0).vertex for body in bodies}) == 4
    with pytest.raises(SiteError, match=r"robot_5.* start_place"):
        Body(site, "robot_5")
    for body in bodies:
        body.driver.close()


def test_bodies_that_meet_both_have_a_fault_that_stays(site: Site) -> None:
    one, other = Body(site, "robot_1"), Body(site, "robot_2")
    one.drive("a", "b", "c", "d")
    assert one.after(1.0).fault == other.after(1.0).fault == ""
    one.after(30.0)
    assert one.after(30.0).fault == f"{BUMPED} robot_2 at d"
    assert other.after(60.0).fault == f"{BUMPED} robot_1 at d"
    one.driver.close()
    other.driver.close()


def test_broken_robot_stands_with_a_fault_and_goes_on_when_it_is_repaired(site: Site) -> None:
    body = Body(site, breakdown_every_h=0.01, repair=Span(100.0), seed=5)
    told, vertices = set(), []
    at, way = 0, ("a", "b", "c", "d", "c", "b") * 50
    body.drive(*way)
    for _ in range(2000):
        report = body.after(1.0)
        told.add(report.fault)
        vertices.append(report.reached)
    assert told == {"", BROKEN}
    standing = max(vertices.count(number) for number in set(vertices))
    assert standing >= 100, "it stands for as long as the repair takes"
    assert vertices[-1] > at, "it goes on"
    body.driver.close()
