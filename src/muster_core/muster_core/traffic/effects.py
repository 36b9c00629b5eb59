"""What traffic asks its shell to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from muster_core.ids import RobotId


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The stretch that a robot may drive. Repeating it or losing some of it is harmless.

    :param session: of the agent that it is meant for.
    :param epoch: of the traffic that gives it; an agent obeys none older than the newest seen.
    :param number: growing within the epoch, so that older ones can be told.
    :param first: the number of ``vertices[0]`` on the robot's way.
    :param vertices: what the robot holds, up to the last vertex that it may drive to.
    :param is_halted: it must stand still at the next vertex for now, whatever it holds.
    """

    robot_id: RobotId
    session: int
    epoch: int
    number: int
    first: int
    vertices: tuple[str, ...]
    is_halted: bool = False


@dataclass(frozen=True, slots=True)
class CallRoll:
    """Ask all agents to report what they hold, and to obey no epoch before this one."""

    epoch: int


class TroubleKind(str, Enum):
    """What a person should know of."""

    UNHEARD = "unheard"
    """A known robot has not said where it is since traffic started."""
    SILENT = "silent"
    """A robot is not heard any more; what it holds stays held."""
    ASTRAY = "astray"
    """A robot says of itself what cannot be; it is stopped, and its surroundings are held."""
    UNREACHABLE = "unreachable"
    """A robot cannot get to its goal as things are."""
    LOCKED = "locked"
    """Robots have locked each other in, and no way out was found."""
    REFUSED = "refused"
    """A report could not be used at all."""


@dataclass(frozen=True, slots=True)
class TellTrouble:
    """Tell people, once when it begins and once when it is over.

    :param sentence: what is the matter and what would help; empty when it is over.
    """

    kind: TroubleKind
    robot_id: RobotId
    sentence: str
    is_over: bool = False


Effect = Release | CallRoll | TellTrouble


@dataclass(frozen=True, slots=True)
class TrafficReady:
    """What came of the inputs since the last time, in this order.

    Nothing has to be durable first: see :class:`TrafficCore` for why.
    """

    effects: tuple[Effect, ...]
