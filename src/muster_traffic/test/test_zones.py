"""Zones and sites that change while traffic runs, with real rclpy."""

from __future__ import annotations

import pytest
from muster_msgs import msg

from muster_core.errors import ErrorCode
from muster_core.site import load_site
from muster_ros.testing import wait_until

pytestmark = pytest.mark.ros


def drive_to(bench, robot, goal):
    robot.goal = goal
    wait_until(lambda: robot.stretch.vertex == goal, f"{robot.robot_id} gets to {goal}")


def zones_now(bench):
    return {zone.name: zone for zone in bench.zones[-1].zones}


def test_zones_in_force_are_told_to_whoever_listens(bench):
    bench.active_traffic()
    wait_until(lambda: bench.zones, "the zones are told")
    assert bench.zones[-1].site_digest == load_site(bench.site).digest
    assert list(zones_now(bench)) == ["far"] and zones_now(bench)["far"].vertices == ["c", "d"]
    answer = bench.set_zone("robots_max", name="far", robots_max=1)
    assert answer.accepted and answer.zone.changed and answer.zone.robots_max == 1
    wait_until(lambda: bench.zones[-1].number == answer.number, "the change is told")
    assert zones_now(bench)["far"].robots_max == 1


def test_nobody_enters_a_zone_that_was_closed_until_it_opens(bench):
    bench.active_traffic()
    robot = bench.robot("robot_1", "a")
    drive_to(bench, robot, "b")
    assert bench.set_zone("closed", name="far", closed=True).accepted
    robot.goal = "d"
    wait_until(lambda: bench.ask().robots[0].goal == "d", "traffic has heard the goal")
    wait_until(lambda: "cannot get from" in "".join(bench.troubles("robot_1")), "it says why")
    assert robot.stretch.vertex == "b"
    assert bench.set_zone("closed", name="far", closed=False).accepted
    wait_until(lambda: robot.stretch.vertex == "d", "the way is free")


def test_zones_that_were_set_outlast_traffic_and_reset_brings_back_the_file(bench):
    node = bench.active_traffic()
    bench.set_zone("closed", name="far", closed=True)
    number = bench.set_zone(name="spill", vertices=["b"], robots_max=1).number
    bench.end(node)
    bench.zones.clear()
    bench.active_traffic()
    wait_until(lambda: bench.zones, "the zones are told again")
    assert bench.zones[-1].number == number
    assert zones_now(bench)["far"].closed and zones_now(bench)["spill"].robots_max == 1
    assert bench.set_zone(name="spill", reset=True).zone == msg.Zone(name="spill")
    answer = bench.set_zone(name="far", reset=True)
    assert not answer.zone.closed and not answer.zone.changed
    wait_until(lambda: bench.zones[-1].number == answer.number, "it is told")
    assert list(zones_now(bench)) == ["far"]


def test_zone_that_cannot_be_is_refused_with_the_reason(bench):
    bench.active_traffic()
    answer = bench.set_zone("closed", name="fa", closed=True)
    assert (answer.accepted, answer.error_code) == (False, ErrorCode.BAD_ZONE)
    assert "no zone 'fa'; did you mean 'far'?" in answer.message
    answer = bench.set_zone(name="new", vertices=["nowhere"])
    assert "'nowhere' is not a vertex" in answer.message


def test_zone_that_cannot_be_kept_is_not_put_in_force(bench):
    bench.active_traffic()
    wait_until(lambda: bench.zones, "the zones are told")
    (bench.directory / "traffic" / "traffic.zones").mkdir()
    answer = bench.set_zone("closed", name="far", closed=True)
    assert answer.error_code == ErrorCode.ZONES_NOT_KEPT
    assert "traffic.zones cannot be written" in answer.message
    assert not zones_now(bench)["far"].closed


def test_site_changes_under_running_robots_and_one_on_a_removed_vertex_is_reported(bench):
    node = bench.active_traffic()
    robot, lost = bench.robot("robot_1", "a"), bench.robot("robot_2", "d")
    wait_until(lambda: bench.held("robot_2") == ["d"], "robot_2 is known")
    bench.set_zone(name="spill", vertices=["d"], robots_max=1)
    before = bench.site.read_text()
    bench.site.write_text(
        before.replace(", d: [15, 0]", ", q: [10, 5]")
        .replace("[a, b, c, d]", "[a, b, c, q]")
        .replace("vertex: d", "vertex: q")
        .replace("vertices: [c, d]", "vertices: [c]")
    )
    answer = bench.change_site()
    assert answer.accepted and answer.robots_astray == ["robot_2"]
    assert answer.zones_dropped == ["spill"]
    assert answer.site_digest == load_site(bench.site).digest != answer.site_digest_before
    wait_until(lambda: bench.zones[-1].site_digest == answer.site_digest, "the site is told")
    wait_until(lambda: "does not have any more" in "".join(bench.troubles("robot_2")), "reported")
    wait_until(lambda: "robot_2" in node.diagnose()["robots_in_trouble"], "in diagnostics, too")
    lost.is_mute = True
    assert bench.remove("robot_2").accepted, "a robot astray may be removed while it is heard"
    drive_to(bench, robot, "q")


def test_site_that_cannot_be_read_or_is_another_one_changes_nothing(bench):
    bench.active_traffic()
    digest = load_site(bench.site).digest
    answer = bench.change_site("0" * 64)
    assert answer.error_code == ErrorCode.BAD_SITE and digest in answer.message
    bench.site.write_text("site: [")
    answer = bench.change_site()
    assert answer.error_code == ErrorCode.BAD_SITE and str(bench.site) in answer.message
    robot = bench.robot("robot_1", "a")
    drive_to(bench, robot, "d")
