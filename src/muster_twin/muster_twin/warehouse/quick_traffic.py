"""A quick stand-in for traffic: all robots are decided on together, several times a second.

It is the PIBT kernel of production's traffic without its messages, its stretches and its searches
for a way out, for questions that need many runs. What it shares with production's: a robot sets off
only when nobody's body is where it goes (I8). What it lacks: limits on the number of robots in
a zone, and any promise that robots which lock each other in are led out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from muster_core.ids import RobotId
from muster_core.traffic.distances import Distances
from muster_core.traffic.effects import Release
from muster_core.traffic.inputs import Motion, TrafficReport
from muster_core.traffic.pibt import NO_GOAL, Pibt
from muster_twin.simulation.timeline import Timeline
from muster_twin.warehouse.body import Body
from muster_twin.warehouse.ground import Ground
from muster_twin.warehouse.stopwatch import Stopwatch

PERIOD_S = 0.5
EPOCH = 1


class QuickTraffic:
    """Gives each body its next vertex; takes the place of :class:`Traffic`."""

    def __init__(
        self,
        ground: Ground,
        bodies: Mapping[RobotId, Body],
        *,
        timeline: Timeline,
        stopwatch: Stopwatch,
    ) -> None:
        self.troubles: Counter[str] = Counter()
        self._bodies = list(bodies.values())
        self._numbers = {body.robot_id: number for number, body in enumerate(self._bodies)}
        self._timeline = timeline
        self._stopwatch = stopwatch
        self._names = ground.map.names
        self._vertices = ground.map.numbers
        # Rings go round only if all their robots move at once, which nobody promises here.
        self._pibt = Pibt(Distances(ground.map.graph), rotates=False)
        robots = len(self._bodies)
        self._at = np.zeros(robots, dtype=np.int32)
        self._goals = np.full(robots, NO_GOAL, dtype=np.int32)
        self._urgencies = np.zeros(robots, dtype=np.int64)
        self._is_movable = np.ones(robots, dtype=np.bool_)
        self._targets = np.full(robots, -1, dtype=np.int32)
        self._holders: dict[int, int] = {}
        self._waiting: dict[int, int] = {}
        self._releases = 0
        for number, body in enumerate(self._bodies):
            self._at[number] = vertex = self._vertices[body.vertex]
            self._holders[vertex] = number
            body.report = self._hear
            body.call_roll(EPOCH)
        self._decide_for_ever()

    def _hear(self, report: TrafficReport) -> None:
        number = self._numbers[report.robot_id]
        goal = self._vertices[report.goal] if report.goal else NO_GOAL
        if goal != self._goals[number]:
            self._goals[number] = goal
            self._urgencies[number] = 0
        self._is_movable[number] = report.motion is Motion.MOVABLE
        left, reached = int(self._at[number]), self._vertices[report.held[0]]
        if left == reached:
            return
        self._at[number] = reached
        self._targets[number] = -1
        del self._holders[left]
        if (next_one := self._waiting.pop(left, None)) is not None:
            self._release(next_one, left)

    def _decide_for_ever(self) -> None:
        with self._stopwatch.measure("traffic"):
            chosen = self._decide()
        for number in chosen:
            self._send(number)
        self._timeline.after(PERIOD_S, self._decide_for_ever)

    def _decide(self) -> list[int]:
        """The robots that are to move, and were not before; those are in ``_targets``."""
        self._urgencies += self._goals != NO_GOAL
        is_free = self._is_movable & (self._targets < 0)
        fixed = np.where(self._targets >= 0, self._targets, self._at)
        fixed[is_free] = -1
        to = self._pibt.step(self._at, self._goals, self._urgencies, fixed=fixed)
        movers = np.flatnonzero(is_free & (to != self._at)).tolist()
        self._targets[movers] = to[movers]
        is_moving = self._without_rings(movers)
        stays = [number for number in movers if not is_moving[number]]
        self._targets[stays] = -1
        return [number for number in movers if is_moving[number]]

    def _without_rings(self, movers: list[int]) -> dict[int, bool]:
        """Whether each robot comes to move: not one that waits for one that does not, or itself."""
        found: dict[int, bool] = {}
        for first in movers:
            chain: list[int] = []
            number = first
            while True:
                if number in found:
                    is_moving = found[number]
                    break
                if self._targets[number] < 0:
                    is_moving = False
                    break
                found[number] = False  # until known: a ring ends here
                chain.append(number)
                holder = self._holders.get(int(self._targets[number]))
                if holder is None or holder == number:
                    is_moving = True
                    break
                number = holder
            for link in chain:
                found[link] = is_moving
        return found

    def _send(self, number: int) -> None:
        """Let the robot set off now, or as soon as the one before it is gone."""
        target = int(self._targets[number])
        if self._holders.get(target, number) == number:
            self._release(number, target)
        else:
            self._waiting[target] = number

    def _release(self, number: int, target: int) -> None:
        body = self._bodies[number]
        self._holders[target] = number
        self._releases += 1
        known = body.stretch.report()
        body.accept(
            Release(
                robot_id=body.robot_id,
                session=known.session,
                epoch=EPOCH,
                number=self._releases,
                first=known.left,
                vertices=(*known.held, self._names[target]),
            )
        )
