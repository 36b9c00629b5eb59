"""Watches over robots' own reports that no two are at one vertex or swap along an edge (I8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise


@dataclass(slots=True)
class Stay:
    """A robot told to be at ``vertex`` (to have reached it last), first and last at these times."""

    vertex: str
    first_ns: int
    last_ns: int


class Referee:
    """Takes in what robots tell of themselves, in whatever order between robots."""

    def __init__(self) -> None:
        self._stays: dict[str, list[Stay]] = {}

    def hear(self, robot_id: str, vertex: str, at_ns: int) -> None:
        """The robot told that it had reached ``vertex`` last."""
        stays = self._stays.setdefault(robot_id, [])
        if not vertex or (stays and at_ns < stays[-1].last_ns):
            return  # it does not know where it is, or was overtaken by a newer word
        if stays and stays[-1].vertex == vertex:
            stays[-1].last_ns = at_ns
        else:
            stays.append(Stay(vertex, at_ns, at_ns))

    def ways(self, robot_id: str) -> list[str]:
        """The vertices that the robot was at, in order."""
        return [stay.vertex for stay in self._stays.get(robot_id, [])]

    def violations(self) -> Iterator[str]:
        """What must not be, in words."""
        for (one, stays), (other, others) in combinations(sorted(self._stays.items()), 2):
            for stay in stays:
                for their in others:
                    if stay.vertex == their.vertex and _overlap(
                        (stay.first_ns, stay.last_ns), (their.first_ns, their.last_ns)
                    ):
                        yield f"{one} and {other} are both at {stay.vertex}"
            for start, end in pairwise(stays):
                for their_start, their_end in pairwise(others):
                    is_swap = (start.vertex, end.vertex) == (their_end.vertex, their_start.vertex)
                    if is_swap and _overlap(
                        (start.last_ns, end.first_ns), (their_start.last_ns, their_end.first_ns)
                    ):
                        yield f"{one} and {other} swap between {start.vertex} and {end.vertex}"


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
