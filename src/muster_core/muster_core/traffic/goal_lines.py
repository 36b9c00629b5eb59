"""Who is next at each goal, so that only a few robots at a time crowd round it.

A robot that is not next keeps its distance. While it stands in a dead end that nobody else wants it
stays there, for there it is in nobody's way; on a lane it looks for such a dead end to wait in
(well-formed sites: M. Cap, J. Vokrinek, A. Kleiner, ICAPS 2015). Whoever stands in a dead end that
somebody else wants is called out with the urgency of the one that has waited for it longest, so
robots that want each other's places never wait for each other.
"""

from __future__ import annotations

from collections.abc import Mapping

from muster_core.clock import NS_PER_S
from muster_core.ids import RobotId
from muster_core.traffic.holdings import Holdings
from muster_core.traffic.map import TrafficMap
from muster_core.traffic.track import NOT_URGENT_NS, Track
from muster_core.traffic.ways import Ways

NEXT_MAX = 2
"""Robots that are at a goal or on their last few edges to it at once."""
NEAR_EDGES = 5
"""How many edges of common length from its goal a robot waits until it is its turn."""
AGING_S = 20.0
"""How long a robot has to wait to be taken for one edge nearer; at most ``NEAR_EDGES`` in all."""
OVERDUE_S = 120.0
"""Who has waited in a dead end for so long sets off whoever else is on his way."""
REFUGE_VERTICES_MAX = 100
"""How many vertices are looked at for a dead end to wait in."""


class GoalLines:
    """Sets ``is_goal_taken`` and ``is_held_back`` of all robots."""

    def __init__(
        self, map_: TrafficMap, tracks: Mapping[RobotId, Track], holdings: Holdings, ways: Ways
    ) -> None:
        self._map = map_
        self._tracks = tracks
        self._holdings = holdings
        self._ways = ways
        self._near = NEAR_EDGES * map_.cost_common
        self._lines: dict[int, list[Track]] = {}

    def form(self, now_ns: int) -> None:
        """Put all robots in line anew."""
        lines: dict[int, list[Track]] = {}
        self._lines = lines
        for track in self._tracks.values():
            track.is_goal_taken = track.is_held_back = False
            track.called_ns = NOT_URGENT_NS
            if track.goal is not None and track.head != track.goal and track.is_drivable:
                lines.setdefault(track.goal, []).append(track)
        for goal, line in lines.items():
            self._form(goal, line, now_ns)
        self._find_refuges()

    def join(self, track: Track, now_ns: int) -> None:
        """Put one robot in line that has another goal than before."""
        track.is_goal_taken = track.is_held_back = False
        track.refuge = None
        goal = track.goal
        if goal is None or track.head == goal or not track.is_drivable:
            return
        before = self._lines.get(goal, [])
        line = [t for t in before if t.goal == goal and t.head != goal and t is not track]
        self._lines[goal] = [*line, track]
        self._form(goal, self._lines[goal], now_ns)

    def is_wanted(self, vertex: int) -> bool:
        """Whether somebody wants to get to this vertex as its goal."""
        return vertex in self._lines

    def _form(self, goal: int, line: list[Track], now_ns: int) -> None:
        """Those on their way first, by who is nearer; then those in dead ends, by who waits longer.

        Waiting makes up for some of the way, or others might come in between for ever.
        """
        is_taken = self.is_taken(goal)
        if len(line) == 1 and not is_taken:
            return
        mouths = self._map.mouths
        if goal in mouths:
            self._call_out(goal, line)
        left = self._ways.to(goal, line[0].head)
        edge, near = self._map.cost_common, self._near

        def rank(track: Track) -> tuple[bool, float, int, RobotId]:
            if track.head in mouths:
                return True, 0.0, track.goal_since_ns, track.robot_id
            waited_s = (now_ns - track.goal_since_ns) / NS_PER_S
            gained = min(near, edge * waited_s / AGING_S)
            return False, left[track.head] - gained, track.goal_since_ns, track.robot_id

        line.sort(key=rank)
        # The oldest keeps its urgency whoever is nearer: priority inheritance needs one whose
        # urgency lasts, or two might push each other to and fro for ever.
        oldest = min(line, key=lambda track: (track.goal_since_ns, track.robot_id))
        outside = [left[track.head] for track in line if track.head not in mouths]
        admitted = 0
        for place, track in enumerate(line, int(is_taken)):
            own = left[track.head]
            is_inside = track.head in mouths
            is_next = not is_taken and (place == 0 or track is oldest)
            track.is_goal_taken = (is_inside or own <= near) and not is_next
            if not is_inside:
                track.is_held_back = place >= NEXT_MAX and track is not oldest
                continue
            # Whoever is farther away than this one will not be kept waiting by it.
            ahead = int(is_taken) + admitted + sum(other <= own for other in outside)
            waited_s = (now_ns - track.goal_since_ns) / NS_PER_S
            track.is_held_back = ahead >= NEXT_MAX and (admitted > 0 or waited_s <= OVERDUE_S)
            admitted += not track.is_held_back

    def _call_out(self, goal: int, line: list[Track]) -> None:
        since_ns = min(track.goal_since_ns for track in line)
        for robot_id in self._holdings.of(goal):
            other = self._tracks[robot_id]
            if other.head == goal and other.goal not in (None, goal):
                other.called_ns = since_ns

    def is_taken(self, goal: int) -> bool:
        """Whether somebody has to leave the goal first who does so only in its own time.

        It works there, or it is in a dead end and would meet the next one at its mouth.
        """
        is_dead_end = goal in self._map.mouths
        for robot_id in self._holdings.of(goal):
            other = self._tracks[robot_id]
            if other.goal == goal and other.head != goal:
                continue
            is_leaving = other.has_passed(goal) and other.is_drivable and not other.is_at_rest
            if not is_leaving and (is_dead_end or not other.is_drivable):
                return True
        return False

    def _find_refuges(self) -> None:
        """Give robots that are held back on the way a dead end that nobody needs."""
        held_back = [t for t in self._tracks.values() if t.is_held_back]
        for track in self._tracks.values():
            if not track.is_held_back or not self._is_refuge(track, track.refuge):
                track.refuge = None
        taken = {track.refuge for track in held_back}
        for track in sorted(held_back, key=lambda t: (t.goal_since_ns, t.robot_id)):
            if track.refuge is None:
                track.refuge = self._refuge_near(track, taken)
                taken.add(track.refuge)

    def _is_refuge(self, track: Track, vertex: int | None) -> bool:
        return (
            vertex in self._map.mouths
            and vertex not in self._lines
            and not self._holdings.others(vertex, track.robot_id)
        )

    def _refuge_near(self, track: Track, taken: set[int | None]) -> int | None:
        if not self._map.mouths:
            return None
        seen = {track.head}
        frontier = [track.head]
        while frontier and len(seen) < REFUGE_VERTICES_MAX:
            found = []
            for vertex in frontier:
                if self._is_refuge(track, vertex) and vertex not in taken:
                    return vertex
                for end in self._map.after[vertex]:
                    if end not in seen:
                        seen.add(end)
                        found.append(end)
            frontier = found
        return None

    def may_go_on(self, track: Track) -> bool:
        """Whether a robot that is held back may come nearer to its goal all the same."""
        if track.refuge is not None:
            return track.head != track.refuge
        if track.head in self._map.mouths:
            return self.is_wanted(track.head)
        assert track.goal is not None
        return self._ways.to(track.goal, track.head)[track.head] > self._near
