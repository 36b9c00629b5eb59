"""How robots move that move in step: what one step leads to, and how far it is to a goal."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from muster_core.traffic.distances import Distances
from muster_core.traffic.graph import Graph, Int32s
from muster_core.traffic.grid import HEADINGS, Grid
from muster_core.traffic.pibt import Pibt
from muster_core.traffic.turning import TurningPibt


class Motion(Protocol):
    """One kind of motion on one site. A state is a vertex and, where it counts, a heading.

    :param headings: how many; state = vertex * headings + heading.
    :param near: int32 [states, width]: a state itself, those that one step leads to, then -1.
    :param distances: to the goals that :meth:`goal` names, in steps plus ``arrived``.
    """

    headings: int
    near: Int32s
    distances: Distances
    arrived: int

    def goal(self, vertices: Int32s) -> Int32s:
        """What ``distances`` calls these vertices; -1 stays."""

    def decide(self, states: Int32s, goals: Int32s, priorities: npt.NDArray[np.int64]) -> Int32s:
        """The next state of each robot by priority inheritance alone; nobody collides.

        :param goals: int32 [robots], vertices; -1 = none.
        """


class PlainMotion:
    """Robots that go to a neighbouring vertex or wait, as in pickup and delivery benchmarks."""

    headings = 1
    arrived = 0

    def __init__(self, graph: Graph) -> None:
        self.near = graph.near
        self.distances = Distances(graph)
        self._pibt = Pibt(self.distances)

    def goal(self, vertices: Int32s) -> Int32s:
        """The vertices themselves."""
        return vertices

    def decide(self, states: Int32s, goals: Int32s, priorities: npt.NDArray[np.int64]) -> Int32s:
        """See :class:`Motion`; on biconnected graphs the most urgent robot gets there."""
        return self._pibt.step(states, goals, priorities)


class TurningMotion:
    """Robots that go forward, turn a quarter, or wait, as in the League of Robot Runners."""

    headings = len(HEADINGS)
    arrived = 1

    def __init__(self, grid: Grid) -> None:
        self._pibt = TurningPibt(grid)
        self._states = grid.graph.count * self.headings
        self.near = self._pibt.near()
        self.distances = self._pibt.distances
        self._left: Int32s = np.empty(0, dtype=np.int32)

    def goal(self, vertices: Int32s) -> Int32s:
        """The vertices as those that can be reached whatever the heading."""
        return np.where(vertices >= 0, vertices + self._states, -1).astype(np.int32)

    def decide(self, states: Int32s, goals: Int32s, priorities: npt.NDArray[np.int64]) -> Int32s:
        """See :class:`Motion`."""
        if not np.array_equal(states, self._left):
            self._pibt.forget()
        positions, looks = np.divmod(states, self.headings)
        actions = self._pibt.step(positions, looks, goals, priorities)
        positions, looks = self._pibt.after(positions, looks, actions)
        self._left = (positions * self.headings + looks).astype(np.int32)
        return self._left.copy()
