"""Takes in what robots say of themselves, and finds out what cannot be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from muster_core.ids import RobotId
from muster_core.traffic.config import TrafficConfig
from muster_core.traffic.holdings import Holdings
from muster_core.traffic.inputs import TrafficReport
from muster_core.traffic.map import TrafficMap
from muster_core.traffic.track import NOT_URGENT_NS, Track

NEVER_HEARD = -1
"""The session of a robot that was not heard yet; less than any real one."""
HELD_MAX = 200
"""Vertices that one report may claim."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a report.

    :param is_news: whether it said anything newer than what was known.
    :param left: vertices that the robot has left, in the order of its way.
    :param freed: vertices that nobody holds any more.
    :param is_goal_new: whether it wants to get somewhere else than before.
    :param is_astray_changed: whether the robot has become astray, or is so no longer.
    :param refusal: why nothing could be made of it.
    """

    is_news: bool = False
    left: tuple[int, ...] = ()
    freed: tuple[int, ...] = ()
    is_goal_new: bool = False
    is_astray_changed: bool = False
    refusal: str = ""


class Hearing:
    """Keeps ``tracks`` and ``holdings`` at what robots say, as far as that can be.

    What is doubtful is held: a robot that is astray keeps what it had, and the surroundings of
    where it seems to be as well.
    """

    def __init__(
        self,
        config: TrafficConfig,
        map_: TrafficMap,
        holdings: Holdings,
        *,
        tracks: dict[RobotId, Track],
    ) -> None:
        self._config = config
        self._map = map_
        self._holdings = holdings
        self._tracks = tracks
        self.stale = 0

    def take(self, report: TrafficReport, *, epoch: int, now_ns: int) -> Heard:
        """Take in one report."""
        track = self._tracks.get(report.robot_id)
        if track is not None and (report.session, report.number) <= (track.session, track.number):
            self.stale += 1
            return Heard()
        if refusal := self._unusable(report):
            return Heard(refusal=refusal)
        doubt = ""
        left: tuple[int, ...] = ()
        freed: list[int] = []
        was_astray = track is not None and bool(track.astray)
        if track is None:
            track = self._begin(report, now_ns)
            doubt = self._doubt_of_claim(report, None)
        elif report.session != track.session or track.is_claim_open:
            doubt = self._doubt_of_claim(report, track)
            track.is_claim_open = bool(doubt)
            freed = [] if doubt else self._replace(track, report)
        else:
            doubt = self._doubt_of_progress(report, track) or self._doubt_of_place(report)
            if not doubt:
                left = tuple(track.window[: report.left - track.first])
                freed = self._progress(track, report, now_ns)
        old_goal = track.goal
        self._note(track, report, epoch=epoch, now_ns=now_ns)
        freed += self._set_astray(track, report, doubt)
        is_changed = was_astray != bool(track.astray)
        return Heard(True, left, tuple(freed), track.goal != old_goal, is_changed)

    def carry_over(self, track: Track, old: TrafficMap) -> None:
        """Bring a robot from the ``old`` map to this one; it is astray if its vertices are gone."""
        names = [old.names[vertex] for vertex in track.window]
        window = [self._map.numbers[name] for name in names if name in self._map.numbers]
        gone = [name for name in names if name not in self._map.numbers]
        goal = None if track.goal is None else self._map.numbers.get(old.names[track.goal])
        track.goal = goal
        if gone:
            here = old.positions_m[track.window[track.at - track.first]]
            near = self._map.nearest(*here)
            track.window = window or [near]
            track.astray = (
                f"robot {track.robot_id} holds {gone[0]!r}, which the site does not have any more"
            )
            track.surroundings = self._around(near)
        else:
            track.window = window
            track.surroundings = frozenset(
                self._map.numbers[old.names[vertex]]
                for vertex in track.surroundings
                if old.names[vertex] in self._map.numbers
            )
        self._holdings.take(track.robot_id, (*track.window, *track.surroundings))

    def remember(self, robot_id: RobotId, held: Sequence[str], now_ns: int) -> None:
        """Hold what a robot is remembered to hold that has not been heard."""
        window = [self._map.numbers[name] for name in held if name in self._map.numbers]
        if window and robot_id not in self._tracks:
            self._tracks[robot_id] = Track(
                robot_id=robot_id,
                session=NEVER_HEARD,
                number=0,
                window=window,
                first=0,
                at=0,
                heard_ns=now_ns,
                moved_ns=now_ns,
                is_silent=True,
            )
            self._holdings.take(robot_id, window)

    # What cannot be

    def _unusable(self, report: TrafficReport) -> str:
        """Why nothing at all can be made of the report; empty = something can."""
        if len(report.held) > HELD_MAX:
            return f"it claims {len(report.held)} vertices; at most {HELD_MAX} can be held"
        if report.x is not None and not math.isfinite(report.x):
            return f"x is {report.x}; send a finite number of metres"
        if report.y is not None and not math.isfinite(report.y):
            return f"y is {report.y}; send a finite number of metres"
        is_placed = report.x is not None and report.y is not None
        if not is_placed and not any(name in self._map.numbers for name in report.held):
            return "it names neither a vertex of the site nor a position; send one of them"
        return ""

    def _doubt_of_claim(self, report: TrafficReport, track: Track | None) -> str:
        """What is wrong with a claim that does not go on from an earlier one.

        :param track: of the robot as it was; None = nothing was known of it.
        """
        if doubt := self._doubt_of_shape(report):
            return doubt
        own = () if track is None else track.window
        # What an older traffic has given the robot since is not known here.
        is_all_known = track is not None and track.is_current
        for name in report.held:
            vertex = self._map.numbers[name]
            if vertex in own:
                continue
            if is_all_known:
                held = ", ".join(self._map.names[v] for v in dict.fromkeys(own))
                return (
                    f"robot {report.robot_id} says that it is at {name}, but it was last at "
                    f"{held}; bring it back, or remove it and let it begin anew"
                )
            if others := self._holdings.others(vertex, report.robot_id):
                return f"robot {report.robot_id} claims {name}, which {others[0]} holds"
        return self._doubt_of_place(report)

    def _doubt_of_progress(self, report: TrafficReport, track: Track) -> str:
        """What is wrong with a claim as what follows from the robot's earlier ones."""
        if doubt := self._doubt_of_shape(report):
            return doubt
        known = track.window[report.left - track.first :] if report.left >= track.first else []
        held = [self._map.numbers[name] for name in report.held]
        is_prefix = bool(known) and held == known[: len(held)]
        extra = held[len(known) :]
        is_on_known_way = report.left >= track.first and held[: len(known)] == known
        if not is_prefix and not track.is_current and is_on_known_way:
            # An older traffic released it, perhaps all of it and more that was left since; this one
            # had not been obeyed yet.
            is_prefix = not any(
                self._holdings.others(v, track.robot_id) for v in extra if v not in track.window
            )
        if is_prefix and report.at >= track.at:
            return ""
        given = ", ".join(self._map.names[vertex] for vertex in track.window)
        return (
            f"robot {report.robot_id} claims {', '.join(report.held)} and to be past "
            f"{report.at} vertices, but was given {given} from {track.first}; start its agent anew"
        )

    def _doubt_of_shape(self, report: TrafficReport) -> str:
        for name in report.held:
            if name not in self._map.numbers:
                return f"robot {report.robot_id} claims {name!r}, which is not a vertex"
        if not report.held:
            return f"robot {report.robot_id} does not know which vertex it is at"
        if not report.left <= report.at < report.left + len(report.held) or report.left < 0:
            return (
                f"robot {report.robot_id} says that it is at {report.at} of its way but holds "
                f"{len(report.held)} vertices from {report.left}"
            )
        return ""

    def _doubt_of_place(self, report: TrafficReport) -> str:
        """Whether the robot is farther from its vertices and edges than it should be."""
        if report.x is None or report.y is None:
            return ""
        points = [self._map.positions_m[self._map.numbers[name]] for name in report.held]
        here = (report.x, report.y)
        off_m = min(
            [math.dist(here, points[0])]
            + [_distance_m(here, start, end) for start, end in pairwise(points)]
        )
        if off_m <= self._config.deviation_m_max:
            return ""
        return (
            f"robot {report.robot_id} is at ({report.x:.2f}, {report.y:.2f}), {off_m:.1f} m off "
            f"its way along {', '.join(report.held)}"
        )

    # What becomes of it

    def _begin(self, report: TrafficReport, now_ns: int) -> Track:
        numbers = self._map.numbers
        window = [numbers[name] for name in report.held if name in numbers]
        if not window:
            assert report.x is not None and report.y is not None
            window = [self._map.nearest(report.x, report.y)]
        is_whole = len(window) == len(report.held)
        track = Track(
            robot_id=report.robot_id,
            session=report.session,
            number=report.number,
            window=window,
            first=report.left,
            at=report.at if is_whole else report.left,
            heard_ns=now_ns,
            moved_ns=now_ns,
        )
        track.at = min(max(track.at, track.first), track.head_number)
        self._tracks[report.robot_id] = track
        self._holdings.take(track.robot_id, window)
        return track

    def _replace(self, track: Track, report: TrafficReport) -> list[int]:
        """Its agent has begun anew and holds no more than it did."""
        window = [self._map.numbers[name] for name in report.held]
        self._holdings.take(track.robot_id, window)
        freed = self._holdings.leave(track.robot_id, track.window)
        track.window, track.first, track.at = window, report.left, report.at
        return freed

    def _progress(self, track: Track, report: TrafficReport, now_ns: int) -> list[int]:
        count = report.left - track.first
        freed = self._holdings.leave(track.robot_id, track.window[:count])
        del track.window[:count]
        track.first = report.left
        extra = [self._map.numbers[name] for name in report.held[len(track.window) :]]
        self._holdings.take(track.robot_id, extra)
        track.window += extra
        if report.at != track.at:
            track.at, track.moved_ns = report.at, now_ns
        return freed

    def _note(self, track: Track, report: TrafficReport, *, epoch: int, now_ns: int) -> None:
        track.session, track.number = report.session, report.number
        track.heard_ns = now_ns
        track.is_silent = False
        track.is_current |= report.epoch == epoch
        track.shown = report.left + len(report.held) - 1
        track.shows_halted = report.is_halted
        if report.motion is not track.motion:
            track.motion, track.moved_ns = report.motion, now_ns
        goal = self._map.numbers.get(report.goal)
        if goal is None or (track.is_at_rest and track.head == goal):
            track.goal_since_ns = NOT_URGENT_NS
        elif track.goal_since_ns == NOT_URGENT_NS:
            track.goal_since_ns = now_ns
        if goal != track.goal:
            track.is_patient = True
        track.goal = goal

    def _set_astray(self, track: Track, report: TrafficReport, doubt: str) -> list[int]:
        """Hold what is around the robot if ``doubt`` says that it is astray, else do not."""
        if not doubt and not track.astray and not track.surroundings:
            return []
        around: frozenset[int] = frozenset()
        if doubt:
            claimed = [self._map.numbers[n] for n in report.held if n in self._map.numbers]
            if report.x is not None and report.y is not None:
                claimed.append(self._map.nearest(report.x, report.y))
            around = frozenset(claimed) | self._around(claimed[-1])
        old, track.surroundings = track.surroundings, around
        track.astray = doubt
        self._holdings.take(track.robot_id, around)
        return self._holdings.leave(track.robot_id, old)

    def _around(self, vertex: int) -> frozenset[int]:
        return frozenset((vertex, *self._map.after[vertex], *self._map.before[vertex]))


def _distance_m(
    point: tuple[float, float], start: tuple[float, float], end: tuple[float, float]
) -> float:
    """How far the point is from the straight line between the two others."""
    (px, py), (ax, ay), (bx, by) = point, start, end
    dx, dy = bx - ax, by - ay
    square = dx * dx + dy * dy
    share = 0.0 if square == 0.0 else ((px - ax) * dx + (py - ay) * dy) / square
    share = min(1.0, max(0.0, share))
    return math.hypot(px - ax - share * dx, py - ay - share * dy)
