"""Who is where, whatever traffic believes: the independent check that robots do not collide (I8).

It is told by the bodies alone when they set off and arrive, and knows nothing of stretches,
releases or reports.
"""

from __future__ import annotations

from dataclasses import dataclass

COLLISIONS_KEPT_MAX = 100


@dataclass(frozen=True, slots=True)
class Collision:
    """Two robots at one place.

    :param at_s: simulated time, s.
    """

    at_s: float
    vertex: str
    robots: tuple[str, str]

    def __str__(self) -> str:
        return (
            f"{self.robots[0]} and {self.robots[1]} are both at {self.vertex} at {self.at_s:.2f} s"
        )


class Referee:
    """Keeps for each vertex which robot's body is there.

    A body that drives along an edge is at both of its ends, so robots that meet on an edge, swap
    along it or follow each other too closely are found, too.
    """

    def __init__(self) -> None:
        self.collisions: list[Collision] = []
        self.collisions_total = 0
        self.moves = 0
        self._at: dict[str, str] = {}

    def stand(self, robot: str, vertex: str, at_s: float) -> None:
        """The robot is put down there."""
        self._enter(robot, vertex, at_s)

    def depart(self, robot: str, end: str, at_s: float) -> None:
        """The robot sets off from where it is towards ``end``."""
        self._enter(robot, end, at_s)

    def arrive(self, robot: str, start: str) -> None:
        """The robot has reached the end of its edge, and is gone from ``start``."""
        self.moves += 1
        if self._at.get(start) == robot:
            del self._at[start]

    def remove(self, robot: str) -> None:
        """The robot is taken off the floor."""
        for vertex in [vertex for vertex, other in self._at.items() if other == robot]:
            del self._at[vertex]

    def _enter(self, robot: str, vertex: str, at_s: float) -> None:
        other = self._at.setdefault(vertex, robot)
        if other == robot:
            return
        self.collisions_total += 1
        if len(self.collisions) < COLLISIONS_KEPT_MAX:
            self.collisions.append(Collision(at_s, vertex, (other, robot)))
