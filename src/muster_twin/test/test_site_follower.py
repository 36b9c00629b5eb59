"""Claims about the simulated robot when its site, or the limits of zones, change."""

from __future__ import annotations

import pytest

from muster_core.clock import Instant
from muster_core.driver.protocol import SiteFollower, StepState, Way
from muster_core.site import Site, Zone, ZoneLimits, parse_site
from muster_twin.sim_driver import SimDriver
from muster_twin.sim_settings import SimSettings

LINE = parse_site(
    """
site: line
speed_mps: 1.0
vertices: {a: [0, 0], b: [10, 0], c: [20, 0], d: [30, 0]}
edges: [[a, b, c, d]]
places: {park_1: {kind: parking, vertex: a}}
"""
)
SLOW = LINE.with_zones(Zone("all", ("a", "b", "c", "d"), ZoneLimits(speed_mps_max=0.5)))
ONLY_C_AND_D = parse_site(
    """
site: line
speed_mps: 1.0
vertices: {c: [20, 0], d: [30, 0]}
edges: [[c, d]]
places: {park_1: {kind: parking, vertex: c}}
"""
)


def at(seconds: float) -> Instant:
    return Instant(0, round(seconds * 1e9))


def robot() -> SimDriver:
    return SimDriver(LINE, SimSettings(), vertex="a", now=at(0))


def place(driver: SimDriver, seconds: float) -> tuple[str, float]:
    report = driver.poll(at(seconds))
    return report.vertex, round(report.x, 3)


def test_speed_limit_holds_from_the_next_vertex_on_and_nobody_jumps() -> None:
    driver = robot()
    assert isinstance(driver, SiteFollower)
    driver.drive(Way(0, ("a", "b", "c")), at(0))
    assert place(driver, 5) == ("a", 5.0)
    driver.use_site(SLOW, at(5))
    assert place(driver, 5) == ("a", 5.0)
    assert place(driver, 10) == ("b", 10.0), "the edge that it is on is driven as begun"
    assert place(driver, 20) == ("b", 15.0)
    driver.drive(Way(1, ("b", "c", "d")), at(20))
    assert place(driver, 30) == ("c", 20.0) and place(driver, 40) == ("c", 25.0)


def test_limit_that_is_lifted_is_driven_faster() -> None:
    driver = SimDriver(SLOW, SimSettings(), vertex="a", now=at(0))
    driver.drive(Way(0, ("a", "b", "c")), at(0))
    driver.use_site(LINE, at(1))
    assert place(driver, 20) == ("b", 10.0) and place(driver, 25) == ("b", 15.0)


def test_robot_under_way_where_the_site_is_gone_drives_to_its_end_and_tells_where_it_is() -> None:
    driver = robot()
    driver.drive(Way(0, ("a", "b")), at(0))
    driver.use_site(ONLY_C_AND_D, at(5))
    assert place(driver, 7) == ("a", 7.0)
    report = driver.poll(at(12))
    assert (report.vertex, report.x, report.step_state) == ("b", 10.0, StepState.FINISHED)


def test_vertices_left_behind_that_are_gone_do_not_keep_it_from_driving_on() -> None:
    driver = robot()
    driver.drive(Way(0, ("a", "b", "c")), at(0))
    assert place(driver, 12) == ("b", 12.0)
    driver.use_site(ONLY_C_AND_D, at(12))
    driver.drive(Way(1, ("b", "c", "d")), at(13))
    assert place(driver, 25) == ("c", 25.0)
    assert driver.poll(at(31)).step_state is StepState.FINISHED


@pytest.mark.parametrize("site", [LINE, SLOW])
def test_robot_that_stands_stays_where_it_is(site: Site) -> None:
    driver = robot()
    driver.use_site(site, at(3))
    assert place(driver, 4) == ("a", 0.0)
