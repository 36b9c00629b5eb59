"""Traffic's messages to the core's types and back; see :mod:`muster_ros.conversions`."""

from __future__ import annotations

from muster_msgs import msg

from muster_core.ids import RobotId
from muster_core.site import Site, Zone, ZoneLimits
from muster_core.traffic.effects import Release
from muster_core.traffic.inputs import Motion, TrafficReport
from muster_ros.conversions import time_message

MOTIONS = {
    Motion.MOVABLE: msg.TrafficReport.MOVABLE,
    Motion.BUSY: msg.TrafficReport.BUSY,
    Motion.STOPPED: msg.TrafficReport.STOPPED,
}
_MOTIONS_BY_NUMBER = {number: motion for motion, number in MOTIONS.items()}
ANY_NUMBER, ANY_DIRECTION_DEG, ANY_SPEED_MPS = -1, -1.0, 0.0
"""What a zone's fields say where they limit nothing."""


def to_traffic_report(message: msg.TrafficReport) -> TrafficReport:
    """What a robot holds and wants. A motion of a newer version is taken for STOPPED."""
    return TrafficReport(
        robot_id=RobotId(message.robot_id),
        session=message.session,
        number=message.number,
        epoch=message.epoch,
        left=message.left,
        held=tuple(message.held),
        at=message.at,
        goal=message.goal,
        motion=_MOTIONS_BY_NUMBER.get(message.motion, Motion.STOPPED),
        x=message.x if message.has_position else None,
        y=message.y if message.has_position else None,
        is_halted=message.halted,
    )


def traffic_report_message(report: TrafficReport, wall_ns: int) -> msg.TrafficReport:
    """What a robot holds and wants, told at ``wall_ns`` (UTC)."""
    return msg.TrafficReport(
        robot_id=report.robot_id,
        session=report.session,
        number=report.number,
        stamp=time_message(wall_ns),
        epoch=report.epoch,
        left=report.left,
        held=list(report.held),
        at=report.at,
        goal=report.goal,
        motion=MOTIONS[report.motion],
        has_position=report.x is not None and report.y is not None,
        x=report.x or 0.0,
        y=report.y or 0.0,
        halted=report.is_halted,
    )


def to_release(message: msg.Release) -> Release:
    """The stretch that a robot may drive."""
    return Release(
        robot_id=RobotId(message.robot_id),
        session=message.session,
        epoch=message.epoch,
        number=message.number,
        first=message.first,
        vertices=tuple(message.vertices),
        is_halted=message.halted,
    )


def release_message(release: Release) -> msg.Release:
    """The stretch that a robot may drive."""
    return msg.Release(
        robot_id=release.robot_id,
        session=release.session,
        epoch=release.epoch,
        number=release.number,
        first=release.first,
        vertices=list(release.vertices),
        halted=release.is_halted,
    )


def to_zone(message: msg.Zone) -> Zone:
    """A zone with its limits."""
    return Zone(
        message.name,
        tuple(message.vertices),
        ZoneLimits(
            robots_max=None if message.robots_max == ANY_NUMBER else message.robots_max,
            speed_mps_max=None if message.speed_mps_max == ANY_SPEED_MPS else message.speed_mps_max,
            one_way_deg=None if message.one_way_deg == ANY_DIRECTION_DEG else message.one_way_deg,
            is_closed=message.closed,
        ),
    )


def zone_message(zone: Zone, *, is_changed: bool = False) -> msg.Zone:
    """A zone with its limits.

    :param is_changed: whether a person has set it.
    """
    limits = zone.limits
    return msg.Zone(
        name=zone.name,
        vertices=list(zone.vertices),
        robots_max=ANY_NUMBER if limits.robots_max is None else limits.robots_max,
        speed_mps_max=ANY_SPEED_MPS if limits.speed_mps_max is None else limits.speed_mps_max,
        one_way_deg=ANY_DIRECTION_DEG if limits.one_way_deg is None else limits.one_way_deg,
        closed=limits.is_closed,
        changed=is_changed,
    )


def zones_message(site: Site, changed: frozenset[str], *, epoch: int, number: int) -> msg.Zones:
    """The zones in force at ``site``.

    :param changed: the names of those that a person has set.
    """
    return msg.Zones(
        epoch=epoch,
        number=number,
        site_digest=site.digest,
        zones=[zone_message(zone, is_changed=zone.name in changed) for zone in site.zones.values()],
    )
