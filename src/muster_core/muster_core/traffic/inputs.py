"""What can reach traffic: robots' reports, a person's word, and a changed site."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from muster_core.ids import RobotId
from muster_core.traffic.map import TrafficMap


class Motion(str, Enum):
    """What a robot can do about its place now."""

    MOVABLE = "movable"
    """It drives what is released to it, and gives way when asked."""
    BUSY = "busy"
    """It works where it is, and will be movable again by itself."""
    STOPPED = "stopped"
    """It cannot or must not move; nobody knows how long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficReport:
    """What a robot holds and wants. Reports may be lost, repeated and overtaken.

    A robot's way since its agent started is a row of vertices, counted from 0. It holds those from
    ``left`` to the end of ``held`` and no others.

    :param session: which start of the agent; greater after each.
    :param number: of this report in the session, growing.
    :param epoch: the newest of traffic's epochs that the agent has seen; 0 = none.
    :param left: how many vertices of its way the robot has left for good; held[0] is that one.
    :param held: the vertices that it occupies or may drive to, in the order of its way.
    :param at: the number on its way of the vertex reached last, at least ``left``.
    :param goal: the vertex that it wants to get to; empty = none, it gives way to everybody.
    :param x: m in the site's frame, as ``y``; None = not known.
    :param is_halted: whether it stands still because traffic said so.
    """

    robot_id: RobotId
    session: int
    number: int
    epoch: int
    left: int
    held: tuple[str, ...]
    at: int
    goal: str = ""
    motion: Motion = Motion.MOVABLE
    x: float | None = None
    y: float | None = None
    is_halted: bool = False


@dataclass(frozen=True, slots=True)
class RobotReported:
    """A robot was heard."""

    report: TrafficReport


@dataclass(frozen=True, slots=True)
class RobotKnown:
    """The fleet has such a robot; after a start traffic waits to hear it.

    :param held: what it held when it was last known, if anybody remembers. It is held in the
        robot's name if that is not heard in time.
    """

    robot_id: RobotId
    held: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RobotRemoved:
    """A person says that the robot is off the site: what it held is free."""

    robot_id: RobotId


@dataclass(frozen=True, slots=True)
class MapChanged:
    """The site or its zones' limits are different from now on."""

    map: TrafficMap


Input = RobotReported | RobotKnown | RobotRemoved | MapChanged
