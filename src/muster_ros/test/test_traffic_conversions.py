"""Claims about traffic's messages and core types meaning the same."""

from __future__ import annotations

import pytest
from muster_msgs import msg

from muster_core.ids import RobotId
from muster_core.site import Zone, ZoneLimits
from muster_core.traffic.effects import Release
from muster_core.traffic.inputs import Motion, TrafficReport
from muster_ros import traffic_conversions as conv

ROBOT = RobotId("robot_1")


@pytest.mark.parametrize("motion", list(Motion))
@pytest.mark.parametrize("place", [(None, None), (0.0, -2.5)])
def test_report_survives_the_crossing(motion, place) -> None:
    report = TrafficReport(
        robot_id=ROBOT,
        session=3,
        number=2**40,
        epoch=2**62,
        left=5,
        held=("a", "b"),
        at=6,
        goal="c",
        motion=motion,
        x=place[0],
        y=place[1],
        is_halted=True,
    )
    assert conv.to_traffic_report(conv.traffic_report_message(report, 7)) == report


def test_motion_of_a_newer_version_counts_as_stopped() -> None:
    message = msg.TrafficReport(robot_id="robot_1", motion=99)
    assert conv.to_traffic_report(message).motion is Motion.STOPPED


def test_release_survives_the_crossing() -> None:
    release = Release(
        robot_id=ROBOT,
        session=3,
        epoch=9,
        number=4,
        first=5,
        vertices=("a", "b"),
        is_halted=True,
    )
    assert conv.to_release(conv.release_message(release)) == release


@pytest.mark.parametrize(
    "limits",
    [
        ZoneLimits(),
        ZoneLimits(robots_max=2, speed_mps_max=0.5, one_way_deg=0.0, is_closed=True),
    ],
)
def test_zone_survives_the_crossing(limits) -> None:
    zone = Zone("aisle", ("a", "b"), limits)
    assert conv.to_zone(conv.zone_message(zone)) == zone


def test_zone_of_which_a_message_says_nothing_is_not_limited() -> None:
    assert conv.to_zone(msg.Zone(name="aisle")).limits == ZoneLimits()
