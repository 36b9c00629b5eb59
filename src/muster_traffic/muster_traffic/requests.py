"""What reaches traffic's loop."""

from __future__ import annotations

from dataclasses import dataclass

from muster_core.ids import RobotId
from muster_core.site.zones_in_force import ZoneChange
from muster_core.traffic.inputs import TrafficReport
from muster_ros.deferred import Deferred


@dataclass(frozen=True, slots=True)
class Reported:
    """An agent told what its robot holds."""

    report: TrafficReport


@dataclass(frozen=True, slots=True)
class RollHeard:
    """Some traffic calls the roll, perhaps this one."""

    epoch: int
    caller: str


@dataclass(frozen=True, slots=True)
class RivalGone:
    """No other traffic calls the roll any more."""


@dataclass(frozen=True, slots=True)
class GetTraffic:
    """Somebody asks who holds what; no names = of all."""

    reply_to: Deferred
    robot_ids: frozenset[RobotId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks for a change, and why."""

    requester: str
    reason: str


@dataclass(frozen=True, slots=True)
class RemoveRobot:
    """A person says that a robot is off the site."""

    reply_to: Deferred
    robot_id: RobotId
    asked: Asked


@dataclass(frozen=True, slots=True)
class SetZone:
    """A person changes a zone."""

    reply_to: Deferred
    change: ZoneChange
    asked: Asked


@dataclass(frozen=True, slots=True)
class ResetZone:
    """A person wants a zone to be as the site's file says."""

    reply_to: Deferred
    name: str
    asked: Asked


@dataclass(frozen=True, slots=True)
class ChangeSite:
    """A person says that the site's file has changed.

    :param digest: what it must have; empty = any.
    """

    reply_to: Deferred
    digest: str
    asked: Asked


Question = GetTraffic | RemoveRobot | SetZone | ResetZone | ChangeSite
Item = Reported | RollHeard | RivalGone | Question
