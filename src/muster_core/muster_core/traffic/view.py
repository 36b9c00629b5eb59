"""A robot as traffic knows it, for people: names instead of numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from muster_core.clock import NS_PER_S, Instant
from muster_core.ids import RobotId
from muster_core.traffic.core import TrafficCore
from muster_core.traffic.hearing import NEVER_HEARD
from muster_core.traffic.inputs import Motion
from muster_core.traffic.track import Track


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackView:
    """What a robot holds, wants and waits for.

    :param surroundings: held for its sake because it is not known where it is.
    :param goal: empty = none, as ``wants``.
    :param wants: the vertex after the last one held, that it waits for.
    :param blockers: who is in its way to its goal, as far as that is why it stands.
    :param silent_s: since it was heard; inf = not since traffic started.
    """

    robot_id: RobotId
    held: tuple[str, ...]
    surroundings: tuple[str, ...]
    at: str
    goal: str
    wants: str
    blockers: tuple[RobotId, ...]
    motion: Motion
    is_halted: bool
    silent_s: float


def track_view(core: TrafficCore, robot_id: RobotId, now: Instant) -> TrackView:
    """The robot as it is now; it must be one of ``core.tracks``."""
    track, names = core.tracks[robot_id], core.map.names
    return TrackView(
        robot_id=robot_id,
        held=tuple(names[vertex] for vertex in track.window),
        surroundings=tuple(names[vertex] for vertex in sorted(track.surroundings)),
        at=names[track.window[track.at - track.first]],
        goal="" if track.goal is None else names[track.goal],
        wants="" if track.want is None else names[track.want],
        blockers=_blockers(core, track),
        motion=track.motion,
        is_halted=track.is_halted,
        silent_s=_silent_s(track, now),
    )


def _blockers(core: TrafficCore, track: Track) -> tuple[RobotId, ...]:
    if track.want is not None:
        return tuple(core.holdings.others(track.want, track.robot_id))
    if not track.is_blocked:
        return ()
    return tuple(robot_id for robot_id in track.blockers if robot_id != track.robot_id)


def _silent_s(track: Track, now: Instant) -> float:
    if track.session == NEVER_HEARD:
        return math.inf
    return (now.steady_ns - track.heard_ns) / NS_PER_S
