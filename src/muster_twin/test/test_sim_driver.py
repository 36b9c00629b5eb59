"""The simulated robot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster_core.clock import Instant
from muster_core.driver.protocol import StepState, Way
from muster_core.errors import ConfigError, SiteError
from muster_core.ids import RobotId
from muster_core.plugins import DRIVER_GROUP, load_plugin
from muster_core.site import Site, parse_site
from muster_core.task import Step
from muster_core.testing.driver_contract import DRIVER_CHECKS, WAY_CHECKS, DriverCase
from muster_twin.sim_driver import SimDriver
from muster_twin.sim_settings import SimSettings

NOW = Instant(10**18, 5 * 10**9)
SITE = """
site: line
speed_mps: 2.0
vertices: {a: [0, 0], b: [10, 0], c: [10, 10], island: [50, 50]}
edges:
  - [a, b]
  - [b, c, {speed_mps: 1.0}]
places:
  park_1: {kind: parking, vertex: a}
  park_2: {kind: parking, vertex: b}
  shelf_1: {kind: shelf, vertex: c}
  charger_1: {kind: charger, vertex: b}
  far: {kind: shelf, vertex: island}
"""
ROW = """
site: row
vertices: {a: [0, 0], b: [1, 0], c: [2, 0], d: [3, 0], e: [3, 2]}
edges: [[a, b, c, d, e]]
zones:
  slow: {vertices: [d], speed_mps: 0.5}
"""


@pytest.fixture(name="site")
def make_site() -> Site:
    return parse_site(SITE, "line.yaml")


def make_driver(site: Site, robot: str = "robot_1", **settings: object) -> SimDriver:
    return SimDriver.create(RobotId(robot), site, SimSettings(**settings), NOW)


@pytest.mark.parametrize("check", DRIVER_CHECKS, ids=lambda check: check.__name__)
def test_sim_driver_keeps_contract(check, site):
    check(DriverCase(driver=make_driver(site), now=NOW, go=Step("go", "shelf_1")))


@pytest.mark.parametrize("check", WAY_CHECKS, ids=lambda check: check.__name__)
def test_sim_driver_drives_along_ways(check):
    site = parse_site(ROW, "row.yaml")
    driver = make_driver(site)
    check(DriverCase(driver=driver, now=NOW, go=Step("go", "@d"), way=("a", "b", "c", "d", "e")))


def test_sim_is_registered_under_its_name():
    assert load_plugin(DRIVER_GROUP, "sim", api_version=SimDriver.api_version) is SimDriver


def test_goes_to_a_vertex_that_is_no_place_and_works_there(site):
    driver = make_driver(site, start_place="shelf_1")
    assert driver.estimate_s([Step("go", "@a")], "c") == driver.estimate_s(
        [Step("go", "park_1")], "c"
    )
    driver.start(Step("go", "@a"), NOW)
    arrived = NOW.later(60.0)
    assert driver.poll(arrived).vertex == "a"
    driver.start(Step("pick", "@a"), arrived)
    assert driver.poll(arrived.later(60.0)).step_state is StepState.FINISHED


def test_says_that_there_is_no_such_vertex(site):
    driver = make_driver(site)
    driver.start(Step("go", "@d"), NOW)
    assert "no vertex 'd'" in driver.poll(NOW).message


def test_drives_at_its_speed_or_at_what_the_edge_allows(site):
    driver = make_driver(site)
    driver.start(Step("go", "shelf_1"), NOW)
    on_first_edge = driver.poll(NOW.later(2.5))
    assert (on_first_edge.x, on_first_edge.y, on_first_edge.vertex) == (5.0, 0.0, "a")
    on_second_edge = driver.poll(NOW.later(5.0 + 4.0))
    assert (on_second_edge.x, on_second_edge.vertex) == (10.0, "b")
    assert on_second_edge.y == pytest.approx(4.0)
    assert on_second_edge.remaining_s == pytest.approx(6.0)
    assert driver.poll(NOW.later(14.99)).step_state is StepState.RUNNING
    assert driver.poll(NOW.later(15.0)).vertex == "c"


@given(st.integers(min_value=0, max_value=10**15))
def test_arrives_whatever_the_time_of_departure(wait_ns):
    driver = make_driver(parse_site(SITE, "line.yaml"), speed_mps=0.7, drain_per_s=0.0)
    start = Instant(NOW.wall_ns, NOW.steady_ns + wait_ns)
    driver.start(Step("go", "shelf_1"), start)
    report = driver.poll(start.later(60))
    assert (report.step_state, report.vertex, report.y) == (StepState.FINISHED, "c", 10.0)


def test_polling_more_often_changes_nothing(site):
    seldom, often = make_driver(site), make_driver(site)
    for driver in (seldom, often):
        driver.start(Step("go", "shelf_1"), NOW)
    for tenth in range(200):
        often.poll(NOW.later(tenth / 10))
    assert often.poll(NOW.later(20)) == seldom.poll(NOW.later(20))


def test_speed_factor_speeds_up_all_of_the_world(site):
    slow, fast = make_driver(site), make_driver(site, speed_factor=10.0)
    for driver in (slow, fast):
        driver.start(Step("go", "shelf_1"), NOW)
    slow_report, fast_report = slow.poll(NOW.later(20)), fast.poll(NOW.later(2))
    assert (fast_report.x, fast_report.y) == (slow_report.x, slow_report.y)
    assert fast_report.battery == pytest.approx(slow_report.battery)
    steps = (Step("go", "park_1"), Step("pick"))
    assert slow.estimate_s(steps, "c") == pytest.approx(15.0 + 5.0)
    assert fast.estimate_s(steps, "c") == pytest.approx(2.0)


def test_stops_at_next_vertex(site):
    driver = make_driver(site)
    driver.start(Step("go", "shelf_1"), NOW)
    driver.stop(NOW.later(1))
    assert driver.poll(NOW.later(4.9)).step_state is StepState.RUNNING
    report = driver.poll(NOW.later(30))
    assert (report.step_state, report.vertex, report.x) == (StepState.STOPPED, "b", 10.0)


def test_battery_drains_by_metre_and_second_and_charges(site):
    driver = make_driver(
        site, battery_start=0.5, drain_per_m=0.01, drain_per_s=0.001, charge_per_s=0.05
    )
    driver.start(Step("go", "charger_1"), NOW)
    arrived = driver.poll(NOW.later(5))
    assert arrived.battery == pytest.approx(0.5 - 0.1 - 0.005)
    driver.start(Step("charge", "charger_1"), NOW.later(5))
    assert driver.poll(NOW.later(7)).battery == pytest.approx(arrived.battery + 0.1)
    full = driver.poll(NOW.later(5 + (1 - arrived.battery) / 0.05))
    assert (full.step_state, full.battery) == (StepState.FINISHED, pytest.approx(1.0))


def test_empty_battery_needs_a_person(site):
    driver = make_driver(site, battery_start=0.0)
    assert "battery is empty" in driver.poll(NOW).fault
    driver.start(Step("go", "shelf_1"), NOW)
    assert driver.poll(NOW).step_state is StepState.FAILED


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Step("go", "shelf_9"), "no place 'shelf_9'"),
        (Step("go", "far"), "no way"),
        (Step("pick", "shelf_1"), "stands at 'a', not at 'shelf_1'"),
        (Step("charge"), "no charger at 'a'"),
    ],
)
def test_impossible_step_fails_with_reason(site, step, words):
    driver = make_driver(site)
    driver.start(step, NOW)
    report = driver.poll(NOW)
    assert report.step_state is StepState.FAILED
    assert words in report.message


def test_robots_start_at_parking_places_then_elsewhere_each_at_a_vertex_of_its_own(site):
    vertices = [make_driver(site, f"robot_{n}").poll(NOW).vertex for n in (1, 2, 3, 4)]
    assert vertices == ["a", "b", "c", "a"], "not on the island"
    assert make_driver(site, start_place="shelf_1").poll(NOW).vertex == "c"
    with pytest.raises(SiteError, match="no place 'shelf_2'"):
        make_driver(site, start_place="shelf_2")


@pytest.mark.parametrize(
    "settings", [{"speed_factor": 0.0}, {"battery_start": 2.0}, {"charge_per_s": 0.0}]
)
def test_settings_out_of_range_are_refused_by_name(settings):
    with pytest.raises(ConfigError, match=next(iter(settings))):
        SimSettings(**settings)


def test_drives_slower_where_a_zone_says_so_on_steps_and_ways_alike():
    site = parse_site(ROW, "row.yaml")
    going, driving = make_driver(site), make_driver(site)
    going.start(Step("go", "@e"), NOW)
    driving.drive(Way(0, ("a", "b", "c", "d", "e")), NOW)
    arrival_s = 1.0 + 1.0 + 2.0 + 4.0
    for driver in (going, driving):
        assert driver.poll(NOW.later(arrival_s - 0.01)).step_state is StepState.RUNNING
        assert driver.poll(NOW.later(arrival_s)).vertex == "e"


@pytest.mark.parametrize(
    ("way", "words"),
    [
        (Way(0, ("b", "a")), "stands at 'a', not at 'b'"),
        (Way(0, ("a", "c")), "no edge from 'a' to 'c'"),
        (Way(0, ("a", "x")), "no edge from 'a' to 'x'"),
    ],
)
def test_way_that_cannot_be_driven_fails_with_reason(site, way, words):
    driver = make_driver(site)
    driver.drive(way, NOW)
    report = driver.poll(NOW)
    assert report.step_state is StepState.FAILED
    assert words in report.message
    assert driver.poll(NOW.later(60)).vertex == "a"


def test_goes_on_from_where_it_stands_when_its_way_begins_behind_it(site):
    driver = make_driver(site)
    driver.drive(Way(0, ("a", "b")), NOW)
    arrived = NOW.later(60)
    driver.drive(Way(0, ("a", "b", "c")), arrived)  # whoever gave it has not heard that it is there
    assert driver.poll(arrived).reached == 1
    end = driver.poll(arrived.later(60))
    assert (end.reached, end.vertex) == (2, "c")


def test_takes_over_from_the_robot_next_to_it(site):
    driver = make_driver(site)
    driver.start(Step("pick", "@b"), NOW)
    assert driver.poll(NOW.later(60)).step_state is StepState.FINISHED
    driver.start(Step("pick", "@c"), NOW.later(60))
    assert "stands at 'a', not at '@c'" in driver.poll(NOW.later(60)).message


def test_agent_that_starts_again_finds_the_robot_where_it_was(site, tmp_path):
    state_dir = str(tmp_path / "sim")
    driver = make_driver(site, state_dir=state_dir, drain_per_m=0.01)
    driver.drive(Way(0, ("a", "b", "c")), NOW)
    there = driver.poll(NOW.later(7))
    assert there.vertex == "b"
    again = make_driver(site, state_dir=state_dir).poll(NOW)
    assert (again.vertex, again.battery) == ("b", pytest.approx(there.battery))
    assert make_driver(site, "robot_2", state_dir=state_dir).poll(NOW).vertex == "b", "its own"
    assert make_driver(site).poll(NOW).vertex == "a", "nothing is remembered unless it is said"


@pytest.mark.parametrize("content", ["", "{", '{"vertex": "x", "heading": 0, "charge": 1}'])
def test_memory_that_is_of_no_use_is_refused_with_a_remedy(site, tmp_path, content):
    (tmp_path / "robot_1.sim").write_text(content)
    with pytest.raises(ConfigError, match=r"robot_1\.sim .*; remove it"):
        make_driver(site, state_dir=str(tmp_path))
