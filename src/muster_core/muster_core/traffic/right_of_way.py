"""Who may drive to which vertex next: priority inheritance with backtracking, without a clock.

K. Okumura, Y. Tamura, X. Defago: Time-Independent Planning for Multiple Moving Agents, AAAI 2021
(Causal-PIBT), here in one place for all robots instead of on each of them. A robot stands at its
head, the last vertex it was given, for however long it takes to get there. The most urgent robot
wants the vertex that brings it nearest to its goal. If that is free it is given; if a robot drives
through, it waits; if a robot stands there, that one is pushed on, with the urgency of the one that
pushes, to a vertex that is to be had in the same manner. Nobody is pushed round a closed ring: with
no common clock, nobody there could be the first to go.

So on a graph that stays connected without any one vertex, and with at least one vertex free, the
most urgent robot gets there: without the vertex it stands on there is a way from the one it wants
to a free one, the search finds it, and the robots along it move on one by one from its far end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from muster_core.ids import RobotId
from muster_core.traffic.distances import FAR
from muster_core.traffic.goal_lines import GoalLines
from muster_core.traffic.holdings import Holdings
from muster_core.traffic.map import TrafficMap
from muster_core.traffic.track import Track, Urgency
from muster_core.traffic.ways import Ways

STRETCH_VERTICES_MIN = 2
"""Vertices ahead that a robot may have whatever the way there takes: it drives to one of them, and
need not stop there for the next."""
PUSHES_MAX = 300
"""Robots that one search asks to make way; a longer row counts as one that does not move."""
PUSHES_FEW = 20
"""The same for all but the most urgent robots, and between rounds: in a jam where all search far,
the searches cost the square of the fleet, and only the most urgent need to get through."""
FAR_SEARCHES_MAX = 10
"""How many of the most urgent robots may search far in a round."""


class RightOfWay:
    """Gives vertices to robots; nobody is given what another holds.

    :param tracks: all robots, shared with and changed by the caller too.
    """

    def __init__(
        self,
        map_: TrafficMap,
        tracks: dict[RobotId, Track],
        holdings: Holdings,
        *,
        ways: Ways,
        stretch_vertices_max: int,
        stretch_cost_max: int,
    ) -> None:
        self._map = map_
        self._tracks = tracks
        self.holdings = holdings
        self.ways = ways
        self.lines = GoalLines(map_, tracks, holdings, ways)
        self._stretch_vertices_max = stretch_vertices_max
        self._stretch_cost_max = stretch_cost_max
        self.claims: dict[int, RobotId] = {}
        """Who waits for a vertex that is not free yet."""
        self.reserved: set[int] = set()
        """Vertices of manoeuvres under way."""
        self.in_manoeuvre: set[RobotId] = set()
        self.changed: set[RobotId] = set()
        """Robots that were given something, for the caller to tell them and forget here."""
        self._habits: dict[RobotId, int] = {}
        self._pushes_max = PUSHES_FEW
        self._met: set[RobotId] = set()  # whom the search under way has come by

    # What the caller asks for

    def decide_anew(self, now_ns: int) -> None:
        """Forget who waits for what, and decide for all from the most urgent down."""
        wants = {track.robot_id: track.want for track in self._tracks.values()}
        pushed = {track.robot_id for track in self._tracks.values() if track.is_pushed}
        for track in self._tracks.values():
            self.give_up(track)
        # A robot that makes way keeps to how it does, or it might turn this way and that for ever.
        self._habits = {r: want for r, want in wants.items() if r in pushed and want is not None}
        self.lines.form(now_ns)
        urgent = [track for track in self._tracks.values() if self._seeks(track)]
        urgent.sort(key=_by_urgency)
        self._pushes_max = PUSHES_MAX
        self.advance(urgent[:FAR_SEARCHES_MAX])
        self._pushes_max = PUSHES_FEW
        self.advance(urgent[FAR_SEARCHES_MAX:])
        self._habits = {}

    def advance(self, tracks: Iterable[Track]) -> None:
        """Give these robots what they can have now, the most urgent first."""
        for track in sorted(tracks, key=_by_urgency):
            self._advance(track)

    def advance_one(self, track: Track) -> None:
        """Give the robot what it can have now."""
        self._advance(track)

    def freed(self, vertices: Iterable[int]) -> None:
        """Nobody holds these any more: give them to who waits for them, or look who could."""
        awake: dict[RobotId, Track] = {}
        for vertex in vertices:
            waiting = self.claims.get(vertex)
            if waiting is not None:
                awake[waiting] = self._tracks[waiting]
                continue
            for before in self._map.before[vertex]:
                for robot_id in self.holdings.of(before):
                    track = self._tracks[robot_id]
                    if track.is_blocked and track.head == before:
                        awake[robot_id] = track
        self.advance(awake.values())

    def give_up(self, track: Track) -> None:
        """The robot waits for nothing any more."""
        if track.want is not None:
            del self.claims[track.want]
        track.want = None
        track.is_pushed = False
        track.inherited = None

    def is_room(self, track: Track) -> bool:
        """Whether the robot may be given another vertex ahead of where it is."""
        ahead = track.first + len(track.window) - 1 - track.at
        if ahead < STRETCH_VERTICES_MIN:
            return ahead < self._stretch_vertices_max
        if ahead >= self._stretch_vertices_max:
            return False
        costs, window = self._map.costs, track.window[track.at - track.first :]
        # An edge that a changed site does not have any more counts as nothing.
        return sum(costs.get(edge, 0) for edge in pairwise(window)) < self._stretch_cost_max

    def is_free_for(self, track: Track, vertex: int) -> bool:
        """Whether the robot may be given the vertex at once, as part of a manoeuvre."""
        return (
            self.is_room(track)
            and not self.holdings.others(vertex, track.robot_id)
            and self.holdings.admits(track.robot_id, vertex)
        )

    def is_free_for_manoeuvre(self, vertex: int) -> bool:
        """Whether nobody holds the vertex, and no manoeuvre has reserved it."""
        return vertex not in self.reserved and not self.holdings.of(vertex)

    def grant(self, track: Track, vertex: int) -> None:
        """Give the vertex, which nobody else holds."""
        assert not self.holdings.others(vertex, track.robot_id), "I8: a vertex has one holder"
        assert (track.head, vertex) in self._map.costs, "a stretch follows edges"
        self.holdings.take(track.robot_id, (vertex,))
        track.window.append(vertex)
        track.blocked_ns = None
        track.is_blocked = False
        self.changed.add(track.robot_id)

    # One robot

    def _seeks(self, track: Track) -> bool:
        """Whether the robot would drive on by itself."""
        return track.goal is not None and track.head != track.destination and self.is_room(track)

    def _advance(self, track: Track) -> None:
        """Give the robot vertices as long as there is room, a way, and nobody in it."""
        if not track.is_drivable or track.robot_id in self.in_manoeuvre:
            return
        while True:
            if track.want is not None:
                if not self._collect(track):
                    return
            elif (
                track.goal is None
                or track.head == track.destination
                or not self.is_room(track)
                or not self._seek(track)
            ):
                return

    def _collect(self, track: Track) -> bool:
        """Give the robot what it waits for, if it is to be had."""
        vertex = track.want
        assert vertex is not None
        is_turning_back = vertex in track.window and not track.is_at_rest
        if (
            is_turning_back  # not before it is there: others may need what it leaves by then
            or not self.is_room(track)
            or self.holdings.others(vertex, track.robot_id)
            or not self._is_open(track, vertex)
        ):
            return False
        self.give_up(track)
        self.grant(track, vertex)
        return True

    def _seek(self, track: Track) -> bool:
        """Let the robot want what brings it nearer to its goal; whether it wants something."""
        destination = track.destination
        assert destination is not None
        if track.is_held_back and not self.lines.may_go_on(track):
            track.is_blocked = True
            track.blockers = (track.robot_id,)
            return False
        nearer = self.ways.nearer(destination, track.head, is_patient=track.is_patient)
        if self._must_wait_before_mouth(track, nearer):
            self._call_out(track)
            track.is_goal_taken = track.is_blocked = True
            assert track.goal is not None
            track.blockers = (track.robot_id, *self.holdings.others(track.goal, track.robot_id))
            return False
        asked = {track.robot_id}
        self._met = {track.robot_id}
        for group in nearer:
            for vertex in group if len(group) == 1 else self._free_first(track, group):
                if self._is_to_be_had(track, vertex, root=track, asked=asked):
                    return True
        track.is_blocked = True
        track.blockers = tuple(sorted(self._met))
        return False

    def _free_first(self, track: Track, vertices: Iterable[int]) -> list[int]:
        return sorted(vertices, key=lambda v: (self._is_in_use(track, v), v))

    def _is_in_use(self, track: Track, vertex: int) -> bool:
        return vertex in self.claims or bool(self.holdings.others(vertex, track.robot_id))

    def _must_wait_before_mouth(self, track: Track, nearer: Sequence[Sequence[int]]) -> bool:
        """Whether the next vertex leads only to a dead end that somebody has to leave first."""
        assert track.goal is not None
        mouth = self._map.mouths.get(track.goal)
        if (
            mouth is None
            or not any(mouth in group for group in nearer)
            or not self.lines.is_taken(track.goal)
        ):
            return False
        # Two that want to change places across one mouth: one of them has to begin.
        is_across = self._map.mouths.get(track.head) == mouth
        others = [self._tracks[r] for r in self.holdings.others(track.goal, track.robot_id)]
        return not is_across or any(not o.is_drivable or o.goal is None for o in others)

    def _call_out(self, track: Track) -> None:
        """Let who is in the dead end that is the robot's goal come out first, if it stays idle."""
        assert track.goal is not None
        for robot_id in self.holdings.others(track.goal, track.robot_id):
            other = self._tracks[robot_id]
            if other.goal is None and other.want is None and other.is_drivable:
                asked = {track.robot_id, robot_id}
                any(
                    self._is_to_be_had(other, wish, root=track, asked=asked)
                    for wish in self._wishes_of_pushed(other, track)
                )

    def _best_first(self, track: Track, vertices: list[int], left: memoryview) -> list[int]:
        """By the way that is left; of equally long ones those that are free."""
        head, costs = track.head, self._map.guided_costs
        if len(vertices) < 2:
            return vertices
        return sorted(
            vertices,
            key=lambda v: (
                costs[head, v] + left[v],
                self._is_in_use(track, v),
                v,
            ),
        )

    def _is_to_be_had(self, track: Track, vertex: int, *, root: Track, asked: set[RobotId]) -> bool:
        """Whether the robot can have the vertex sooner or later; then it wants it.

        Recursion goes as deep as a row of robots that push each other, see PUSHES_MAX.

        :param root: for whose sake, with whose urgency.
        :param asked: whom this search has come by, to go to nobody twice.
        """
        claimant = self.claims.get(vertex)
        if claimant not in (None, track.robot_id):
            assert claimant is not None
            if self._tracks[claimant].urgency <= root.urgency:
                self._met.add(claimant)
                return False
        if not self._is_open(track, vertex):
            return False
        for other in self.holdings.others(vertex, track.robot_id):
            if not self._makes_way(self._tracks[other], vertex, root=root, asked=asked):
                return False
        self._want(track, vertex, root)
        return True

    def _want(self, track: Track, vertex: int, root: Track) -> None:
        claimant = self.claims.get(vertex)
        if claimant is not None and claimant != track.robot_id:
            self.give_up(self._tracks[claimant])  # it finds something else in the next round
        self.give_up(track)
        self.claims[vertex] = track.robot_id
        track.want = vertex
        track.is_blocked = False
        track.is_pushed = track is not root
        track.inherited = root.urgency if track.is_pushed else None
        if track.is_pushed:
            self._collect(track)

    def _makes_way(self, track: Track, vertex: int, *, root: Track, asked: set[RobotId]) -> bool:
        """Whether the robot, which holds ``vertex``, will leave it."""
        self._met.add(track.robot_id)
        if not track.is_drivable or track.robot_id in self.in_manoeuvre:
            return False
        if track.has_passed(vertex) and not track.is_at_rest:
            return True
        if track.robot_id in asked or len(asked) > self._pushes_max:
            return False
        if track.want is not None:
            if not self._leads_to(track, asked):
                if root.urgency < track.urgency:
                    track.inherited = root.urgency
                return True
            if track.urgency <= root.urgency:
                return False
        elif track.own_urgency < root.urgency:
            # It has chosen before: to stay where it gets to, or to go on once there is room.
            return track.head != track.destination and not track.is_blocked
        if root.is_goal_taken and (root.is_held_back or track.goal is not None):
            return False  # it is in no hurry, and would only drive the other back again
        if root.is_goal_taken and track.head == root.goal:
            return False  # that one is called out where it does not meet the root
        asked.add(track.robot_id)
        for wish in self._wishes_of_pushed(track, root):
            if self._is_to_be_had(track, wish, root=root, asked=asked):
                return True
        return False

    def _wishes_of_pushed(self, track: Track, root: Track) -> list[int]:
        """Where a robot goes that has to make way: towards its goal, else off the other's way."""
        after = [
            vertex
            for vertex in self._map.after[track.head]
            # Back over its own tail a long robot would go on holding what it is asked to leave.
            if not (track.is_at_rest and vertex in track.window)
        ]
        if track.destination is not None:
            left = self.ways.to(track.destination, track.head, is_patient=track.is_patient)
            if left[track.head] >= FAR:
                left = self.ways.to_in_the_end(track.destination)
            wishes = self._best_first(track, after, left)
        else:
            assert root.goal is not None
            left = self.ways.to(root.goal, root.head)
            wishes = sorted(
                after,
                key=lambda v: (
                    self._is_in_use(track, v),
                    -left[v],
                    v,
                ),
            )
        habit = self._habits.get(track.robot_id)
        if habit in wishes:
            wishes.remove(habit)
            wishes.insert(0, habit)
        if root.goal in wishes:  # only if there is nothing else: it would be driven out again
            wishes.remove(root.goal)
            if root.goal not in self._map.mouths:
                wishes.append(root.goal)
        return wishes

    def _leads_to(self, track: Track, asked: set[RobotId]) -> bool:
        """Whether the robot waits, through others that wait, for one of ``asked``."""
        waiting = [track]
        seen = set()
        while waiting:
            vertex = waiting.pop().want
            if vertex is None:
                continue
            for robot_id in self.holdings.of(vertex):
                other = self._tracks[robot_id]
                if other.has_passed(vertex) and not other.is_at_rest:
                    continue
                if robot_id in asked:
                    return True
                if robot_id not in seen:
                    seen.add(robot_id)
                    waiting.append(other)
        return False

    def _is_open(self, track: Track, vertex: int) -> bool:
        """Whether limits of zones and manoeuvres let the robot go there."""
        return vertex not in self.reserved and self.holdings.admits(track.robot_id, vertex)


def _by_urgency(track: Track) -> Urgency:
    return track.urgency
