"""Who holds which vertex, and how many robots each zone has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence, Set

from muster_core.ids import RobotId
from muster_core.traffic.map import TrafficMap, ZoneRule


class Holdings:
    """The holders of each vertex.

    One at most (I8), unless robots themselves say that they stand where others are; then the
    vertex is free only when all of them have left it.
    """

    def __init__(self, map_: TrafficMap) -> None:
        self._holders: dict[int, dict[RobotId, int]] = {}
        self._map = map_
        self._in_zone: dict[str, Counter[RobotId]] = {zone.name: Counter() for zone in map_.zones}

    def of(self, vertex: int) -> Sequence[RobotId]:
        """The robots that hold the vertex."""
        return tuple(self._holders.get(vertex, ()))

    def others(self, vertex: int, robot_id: RobotId) -> Sequence[RobotId]:
        """The robots that hold the vertex, without ``robot_id``."""
        holders = self._holders.get(vertex)
        if holders is None or (len(holders) == 1 and robot_id in holders):
            return ()
        return tuple(r for r in holders if r != robot_id)

    def take(self, robot_id: RobotId, vertices: Iterable[int]) -> None:
        """Note that the robot holds these vertices, once more if it did already."""
        holders_of = self._holders
        for vertex in vertices:
            holders = holders_of.get(vertex)
            if holders is None:
                holders_of[vertex] = {robot_id: 1}
            else:
                holders[robot_id] = holders.get(robot_id, 0) + 1
            for zone in self._map.zones_of.get(vertex, ()):
                self._in_zone[zone.name][robot_id] += 1

    def leave(self, robot_id: RobotId, vertices: Iterable[int]) -> list[int]:
        """Note that the robot has left these vertices; those that nobody holds any more."""
        freed = []
        for vertex in vertices:
            holders = self._holders[vertex]
            _take_one(holders, robot_id)
            if not holders:
                del self._holders[vertex]
                freed.append(vertex)
            for zone in self._map.zones_of.get(vertex, ()):
                _take_one(self._in_zone[zone.name], robot_id)
        return freed

    def admits(self, robot_id: RobotId, vertex: int) -> bool:
        """Whether the limits of zones let the robot have ``vertex`` now."""
        zones = self._map.zones_of.get(vertex)
        return zones is None or all(self._has_room(robot_id, zone) for zone in zones)

    def room_in_zones(self, robots: Set[RobotId]) -> list[tuple[ZoneRule, int]]:
        """The zones with a limit, each with how many of ``robots`` may be in it at once."""
        return [
            (zone, zone.robots_max - len(self._in_zone[zone.name].keys() - robots))
            for zone in self._map.zones
            if zone.robots_max is not None
        ]

    def _has_room(self, robot_id: RobotId, zone: ZoneRule) -> bool:
        inside = self._in_zone[zone.name]
        if robot_id in inside:
            return True
        if zone.is_closed:
            return False
        return zone.robots_max is None or len(inside) < zone.robots_max


def _take_one(counts: dict[RobotId, int], robot_id: RobotId) -> None:
    count = counts.get(robot_id, 0)
    assert count > 0, f"{robot_id} left what it did not hold"
    if count == 1:
        del counts[robot_id]
    else:
        counts[robot_id] = count - 1
