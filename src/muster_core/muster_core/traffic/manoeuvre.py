"""A manoeuvre: a joint way of a few robots, driven without a clock.

The order in which robots come to each vertex is that of the plan, and nothing else of it is kept
(after the temporal plan graphs of W. Hoenig and others, ICAPS 2016). Its vertices are reserved for
it, so that it depends on nobody else, and whoever is next in the plan can always go on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence

from muster_core.ids import RobotId
from muster_core.traffic.way_out import Move


class Manoeuvre:
    """What is left of a joint way.

    :param robots: in the order that the moves count them.
    :param starts: where each of them stands.
    :param moved_ns: when a robot was last given a vertex of it, steady.
    """

    def __init__(
        self,
        robots: Sequence[RobotId],
        starts: Sequence[int],
        moves: Iterable[Move],
        *,
        moved_ns: int,
    ) -> None:
        self.robots = tuple(robots)
        self.moved_ns = moved_ns
        self._to_drive: dict[RobotId, deque[int]] = {robot_id: deque() for robot_id in robots}
        self._visitors: dict[int, deque[RobotId]] = {
            vertex: deque([robot_id]) for robot_id, vertex in zip(robots, starts, strict=True)
        }
        self._come = dict.fromkeys(starts, 1)  # how many of a vertex's visitors it was given to
        for move in moves:
            robot_id = robots[move.robot]
            self._to_drive[robot_id].append(move.vertex)
            self._visitors.setdefault(move.vertex, deque()).append(robot_id)

    @property
    def vertices(self) -> Collection[int]:
        """The vertices that some robot of it still has to come to or to leave."""
        return self._visitors.keys()

    @property
    def is_over(self) -> bool:
        """Whether every robot has been given all of its way."""
        return not any(self._to_drive.values())

    def next_of(self, robot_id: RobotId) -> int | None:
        """The vertex that the robot may be given next, once nobody holds it; None = not yet."""
        to_drive = self._to_drive[robot_id]
        if not to_drive:
            return None
        vertex = to_drive[0]
        is_turn = self._visitors[vertex][self._come.get(vertex, 0)] == robot_id
        return vertex if is_turn else None

    def given(self, robot_id: RobotId, now_ns: int) -> None:
        """The robot was given its next vertex."""
        vertex = self._to_drive[robot_id].popleft()
        self._come[vertex] = self._come.get(vertex, 0) + 1
        self.moved_ns = now_ns

    def left(self, robot_id: RobotId, vertices: Sequence[int]) -> None:
        """The robot has left these vertices of its way, in this order."""
        for vertex in vertices:
            visitors = self._visitors[vertex]
            assert visitors[0] == robot_id, "robots come to a vertex in the order of the plan"
            visitors.popleft()
            self._come[vertex] -= 1
            if not visitors:
                del self._visitors[vertex]
