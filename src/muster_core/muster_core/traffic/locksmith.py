"""Finds robots that have locked each other in, and leads them out by a joint manoeuvre.

Priority inheritance alone gets everybody there on biconnected sites. Where two robots meet in a
corridor or at a dead end, somebody has to go back to where they can pass, and who and how far is
searched for, first close by, then farther around.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from muster_core.clock import NS_PER_S
from muster_core.ids import RobotId
from muster_core.traffic.config import TrafficConfig
from muster_core.traffic.distances import FAR
from muster_core.traffic.graph import Graph
from muster_core.traffic.manoeuvre import Manoeuvre
from muster_core.traffic.map import TrafficMap
from muster_core.traffic.right_of_way import RightOfWay
from muster_core.traffic.track import Track
from muster_core.traffic.way_out import Budget, Configuration, Move, Target, find_way_out

REACH_FIRST = 4
"""How many edges around the robots the first search looks; doubled with each further one."""
REGION_MAX = 400
"""Vertices that a search looks at; what takes more is no lock of a few robots."""
PROGRESS = 3
"""How many edges nearer to its goal a robot shall come: few, for a manoeuvre keeps others out."""
NS_PER_US = 1000
SEARCH_PAUSE_US = 3000
"""How long no search is made for each state that the last one looked at: they take a few hundredths
of that, so that searches never take more than so much of traffic's time."""
PAUSE_FACTOR_MAX = 32
NODES_FACTOR_MAX = 8
"""After a search without a result the next one waits longer and looks at more states, both doubled
each time up to so many times what is configured."""


@dataclass(slots=True)
class _Failure:
    """A lock that no way out was found of.

    :param robots: those that are in it.
    """

    factor: int
    again_ns: int
    robots: frozenset[RobotId]


class Locksmith:
    """Starts manoeuvres, gives their robots the vertices in their order, and ends them."""

    def __init__(
        self,
        config: TrafficConfig,
        right_of_way: RightOfWay,
        map_: TrafficMap,
        *,
        tracks: dict[RobotId, Track],
    ) -> None:
        self._config = config
        self._right_of_way = right_of_way
        self._map = map_
        self._tracks = tracks
        self._manoeuvres: list[Manoeuvre] = []
        self._failures: dict[RobotId, _Failure] = {}
        self._search_again_ns = 0
        self.locked: dict[RobotId, str] = {}
        """Robots that no way out was found for, each with a sentence."""
        self.started = 0

    def work(self, now_ns: int) -> None:
        """Look for robots that are locked in, and begin to lead the most urgent ones out."""
        blocked = [track for track in self._tracks.values() if track.is_blocked]
        for robot_id in self.locked.keys() | self._failures.keys():
            track = self._tracks.get(robot_id)
            if track is None or track.blocked_ns is None:
                self.locked.pop(robot_id, None)
                self._failures.pop(robot_id, None)
        if now_ns < self._search_again_ns:
            return
        for track in sorted(blocked, key=lambda track: track.urgency):
            if self._is_locked(track, now_ns):
                self._lead_out(track, now_ns)
                return

    def advance(self, now_ns: int) -> None:
        """Give the robots of manoeuvres what is next for them."""
        for manoeuvre in list(self._manoeuvres):
            has_given = True
            while has_given:
                has_given = any([self._give(manoeuvre, r, now_ns) for r in manoeuvre.robots])
            if manoeuvre.is_over:
                self._end(manoeuvre)

    def left(self, track: Track, vertices: Sequence[int]) -> None:
        """The robot has left these vertices, in the order of its way."""
        manoeuvre = self._of(track)
        if manoeuvre is not None and vertices:
            manoeuvre.left(track.robot_id, vertices)
            self._reserve()

    def lose(self, track: Track) -> None:
        """The robot cannot go on with its manoeuvre, if it is part of one, which ends it."""
        manoeuvre = self._of(track)
        if manoeuvre is not None:
            self._end(manoeuvre)

    def give_up_all(self) -> None:
        """End all manoeuvres."""
        for manoeuvre in list(self._manoeuvres):
            self._end(manoeuvre)

    def watch(self, now_ns: int) -> None:
        """End manoeuvres that have not moved on for too long, or whose robots are out of action."""
        for manoeuvre in list(self._manoeuvres):
            is_late = now_ns - manoeuvre.moved_ns > self._config.manoeuvre_s_max * NS_PER_S
            if is_late or not all(self._tracks[r].is_drivable for r in manoeuvre.robots):
                self._end(manoeuvre)

    # Manoeuvres under way

    def _of(self, track: Track) -> Manoeuvre | None:
        if track.robot_id not in self._right_of_way.in_manoeuvre:
            return None
        return next(m for m in self._manoeuvres if track.robot_id in m.robots)

    def _give(self, manoeuvre: Manoeuvre, robot_id: RobotId, now_ns: int) -> bool:
        track = self._tracks[robot_id]
        vertex = manoeuvre.next_of(robot_id)
        if vertex is None or not self._right_of_way.is_free_for(track, vertex):
            return False
        self._right_of_way.grant(track, vertex)
        manoeuvre.given(robot_id, now_ns)
        return True

    def _begin(self, members: Sequence[Track], moves: Iterable[Move], now_ns: int) -> None:
        robots = [track.robot_id for track in members]
        starts = [track.head for track in members]
        self._manoeuvres.append(Manoeuvre(robots, starts, moves, moved_ns=now_ns))
        self.started += 1
        for track in members:
            self._right_of_way.give_up(track)
            track.is_blocked = False
            track.blocked_ns = None
        self._right_of_way.in_manoeuvre |= set(robots)
        self._reserve()
        self.advance(now_ns)

    def _end(self, manoeuvre: Manoeuvre) -> None:
        self._manoeuvres.remove(manoeuvre)
        self._right_of_way.in_manoeuvre -= set(manoeuvre.robots)
        self._reserve()

    def _reserve(self) -> None:
        self._right_of_way.reserved = {v for m in self._manoeuvres for v in m.vertices}

    # Locks

    def _is_locked(self, track: Track, now_ns: int) -> bool:
        """Whether nothing will change for the robot by itself."""
        if not self._can_take_part(track) or track.blocked_ns is None or track.is_held_back:
            return False
        config, blocked_ns = self._config, now_ns - track.blocked_ns
        if blocked_ns < config.lock_s * NS_PER_S:
            return False
        for failure in self._failures.values():
            if track.robot_id in failure.robots and now_ns < failure.again_ns:
                return False
        others = [self._tracks[r] for r in track.blockers if r in self._tracks]
        others.remove(track)
        movable = [other for other in others if other.is_drivable]
        is_narrow = any(t.head in self._map.narrows for t in (track, *movable))
        if not is_narrow and blocked_ns < config.jam_s * NS_PER_S:
            return False
        if track.is_goal_taken and len(movable) < len(others):
            return False  # who is there works, and will be done
        if any(other.urgency < track.urgency for other in movable):
            return False  # that one has to be helped first, if it needs help
        return bool(others) and all(o.is_at_rest and o.want is None for o in movable)

    def _can_take_part(self, track: Track) -> bool:
        """Long robots, which hold several vertices at rest, do not turn on the spot."""
        return (
            track.is_drivable
            and len(track.window) == 1
            and track.robot_id not in self._right_of_way.in_manoeuvre
        )

    def _lead_out(self, root: Track, now_ns: int) -> None:
        failure = self._failures.get(root.robot_id)
        factor = min(failure.factor, NODES_FACTOR_MAX) if failure else 1
        nodes_max = self._config.search_nodes_max * factor
        budget = Budget(nodes_max)
        self._try_to_lead_out(root, budget, now_ns)
        pause_us = (nodes_max - budget.nodes) * SEARCH_PAUSE_US
        self._search_again_ns = now_ns + pause_us * NS_PER_US

    def _try_to_lead_out(self, root: Track, budget: Budget, now_ns: int) -> None:
        blockers = [self._tracks[r] for r in root.blockers if r in self._tracks]
        core = [root, *(t for t in blockers if t is not root and self._can_take_part(t))]
        reach, before = REACH_FIRST, -1
        while True:
            region = self._region([track.head for track in core], reach)
            if len(region) == before or len(region) > REGION_MAX:
                break
            around = [
                track
                for track in self._tracks.values()
                if track not in core and track.head in region and self._can_take_part(track)
            ]
            for members in (core, core + around) if around else (core,):
                some = self._nearest_to(root, members)
                moves = self._search(some, region, budget)
                if moves is None and not self._map.graph.is_symmetric:
                    # Where edges are one-way, the first may go on and come round again.
                    moves = self._search(some, region, budget, but=root)
                if moves is not None:
                    self._failures.pop(root.robot_id, None)
                    self.locked.pop(root.robot_id, None)
                    self._begin(some, moves, now_ns)
                    return
            reach, before = 2 * reach, len(region)
        self._fail(root, core, now_ns)

    def _fail(self, root: Track, core: Sequence[Track], now_ns: int) -> None:
        robots = frozenset(track.robot_id for track in core)
        failure = self._failures.setdefault(root.robot_id, _Failure(1, 0, robots))
        failure.robots = robots
        failure.again_ns = now_ns + int(self._config.lock_s * failure.factor * NS_PER_S)
        failure.factor = min(2 * failure.factor, PAUSE_FACTOR_MAX)
        assert root.blocked_ns is not None
        if now_ns - root.blocked_ns < self._config.patience_s * NS_PER_S:
            return  # others may move on meanwhile
        names = " and ".join(track.robot_id for track in core)
        where = ", ".join(self._map.names[track.head] for track in core)
        self.locked[root.robot_id] = (
            f"{names} have locked each other in at {where}, and no way out was found; "
            f"drive one of them away by hand, or remove it"
            if len(core) > 1
            else f"{names} is blocked at {where}, and no way round was found"
        )

    def _nearest_to(self, root: Track, members: Sequence[Track]) -> list[Track]:
        """As many as one manoeuvre takes, the nearest ones."""
        if len(members) <= self._config.manoeuvre_robots_max:
            return list(members)
        reach: dict[int, int] = {root.head: 0}
        frontier = [root.head]
        while frontier:
            found = []
            for vertex in frontier:
                for end in (*self._map.after[vertex], *self._map.before[vertex]):
                    if end not in reach:
                        reach[end] = reach[vertex] + 1
                        found.append(end)
            frontier = found
        ordered = sorted(members, key=lambda t: (reach.get(t.head, FAR), t.robot_id))
        return ordered[: self._config.manoeuvre_robots_max]

    def _region(self, centres: Iterable[int], reach: int) -> set[int]:
        """The vertices so many edges around ``centres``, whichever way these lead."""
        region = set(centres)
        frontier = list(region)
        for _ in range(reach):
            found = []
            for vertex in frontier:
                for end in (*self._map.after[vertex], *self._map.before[vertex]):
                    if end not in region:
                        region.add(end)
                        found.append(end)
            frontier = found
        return region

    def _search(
        self,
        members: Sequence[Track],
        region: Iterable[int],
        budget: Budget,
        *,
        but: Track | None = None,
    ) -> list[Move] | None:
        """Moves that bring the members a little nearer to their goals.

        :param but: one that only makes way, where it is in the way of those whom it waits for.
        """
        starts = {track.head for track in members}
        free = sorted(
            vertex
            for vertex in region
            if vertex in starts or self._right_of_way.is_free_for_manoeuvre(vertex)
        )
        targets = [None if track is but else self._target(track, free) for track in members]
        if not any(targets):
            return None
        moves = find_way_out(
            _part_of(self._map.graph, free),
            [free.index(track.head) for track in members],
            targets,
            budget=budget,
            is_allowed=self._limits(members, free),
        )
        if moves is None:
            return None
        return [Move(move.robot, free[move.vertex]) for move in moves]

    def _target(self, track: Track, vertices: Sequence[int]) -> Target | None:
        """A little way on towards the robot's goal; None without one."""
        if track.goal is None or track.head == track.goal:
            return None
        left = self._right_of_way.ways.to(track.goal, track.head)
        at = track.head
        for _ in range(PROGRESS):
            costs = [(self._map.costs[at, v] + left[v], v) for v in self._map.after[at]]
            if at != track.goal and costs:
                at = min(costs)[1]
        return Target([left[vertex] for vertex in vertices], left[at])

    def _limits(
        self, members: Sequence[Track], free: Sequence[int]
    ) -> Callable[[Configuration], bool]:
        """Whether robots at these places (numbers in ``free``) keep to the zones' limits."""
        robots = {track.robot_id for track in members}
        limits = self._right_of_way.holdings.room_in_zones(robots)
        part = {vertex: number for number, vertex in enumerate(free)}
        rooms = [
            (frozenset(part[v] for v in zone.vertices if v in part), room) for zone, room in limits
        ]
        if not rooms:
            return lambda _: True
        return lambda where: all(sum(v in zone for v in where) <= room for zone, room in rooms)


def _part_of(graph: Graph, vertices: Sequence[int]) -> Graph:
    """The graph of these vertices only, numbered in their order."""
    part = np.full(graph.count, -1, dtype=np.int32)
    part[list(vertices)] = np.arange(len(vertices))
    starts, ends = part[graph.starts], part[graph.ends]
    kept = (starts >= 0) & (ends >= 0)
    return Graph.of_edges(len(vertices), starts[kept], ends[kept], graph.costs[kept])
