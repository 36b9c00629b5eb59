"""What one robot may drive: the agent's side of traffic.

The robot's way since its agent started is a row of vertices, counted from 0. Traffic makes it
longer at its end, release by release; the robot drives along it, stops at its end, and says which
vertices it has left. Nothing here needs traffic to be there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from muster_core.ids import RobotId
from muster_core.traffic.effects import Release
from muster_core.traffic.inputs import Motion, TrafficReport


class Stretch:
    """The vertices that a robot holds, and where along them it is.

    :param session: which start of the agent; greater after each, and the same for nothing else.
    :param vertex: where the robot stands.
    :param next_vertex: if it stands between two, the other one: it holds both, and may drive on
        to that. Empty as a rule.
    :param epoch: the newest of traffic's epochs that the robot has ever seen; none before that is
        obeyed.
    :param length_m: how far behind its reference point the robot reaches, m; it has left a
        vertex when it has reached the next and is so far past the vertex.
    :param edge_length_m: of an edge by its two ends, m.
    """

    def __init__(
        self,
        robot_id: RobotId,
        *,
        session: int,
        vertex: str,
        edge_length_m: Callable[[str, str], float],
        length_m: float = 0.0,
        next_vertex: str = "",
        epoch: int = 0,
    ) -> None:
        self.robot_id = robot_id
        self.session = session
        self.epoch = epoch
        self.is_halted = False
        self.ignored = 0
        self._length_m = length_m
        self._edge_length_m = edge_length_m
        self._vertices = [vertex]
        self._metres = [0.0]  # where each of them is along the way
        self._left = 0
        self._at = 0
        self._reports = 0
        self._newest_release = 0
        if next_vertex:
            self._append(next_vertex)

    @property
    def held(self) -> tuple[str, ...]:
        """The vertices that the robot occupies or may drive to, in the order of its way."""
        return tuple(self._vertices)

    @property
    def vertex(self) -> str:
        """The vertex reached last."""
        return self._vertices[self._at - self._left]

    @property
    def ahead(self) -> Sequence[str]:
        """The vertices after that one, in order; empty at the end of the stretch.

        While :attr:`is_halted`, the robot drives on to the next of them at most, if it is under
        way there already.
        """
        return self._vertices[self._at - self._left + 1 :]

    @property
    def at(self) -> int:
        """The number on the robot's way of :attr:`vertex`."""
        return self._at

    @property
    def end(self) -> int:
        """The number of the last vertex held."""
        return self._left + len(self._vertices) - 1

    @property
    def driven_m(self) -> float:
        """How far along its way :attr:`vertex` is, m."""
        return self._metres[self._at - self._left]

    def call_roll(self, epoch: int) -> None:
        """Obey no epoch before this one any more."""
        if epoch > self.epoch:
            self.epoch = epoch
            self._newest_release = 0  # each epoch counts its own

    def accept(self, release: Release) -> bool:
        """Take in a release; whether it changed anything. Old and foreign ones change nothing."""
        if (
            release.robot_id != self.robot_id
            or release.session != self.session
            or release.epoch < self.epoch
        ):
            self.ignored += 1
            return False
        self.call_roll(release.epoch)
        if release.number <= self._newest_release:
            self.ignored += 1
            return False
        self._newest_release = release.number
        is_changed = release.is_halted != self.is_halted
        self.is_halted = release.is_halted
        # It may begin before or after what is held now; what both know must be the same.
        common = self._left - release.first
        theirs = list(release.vertices[max(0, common) :])
        ours = self._vertices[max(0, -common) :]
        if not theirs or not ours or ours != theirs[: len(ours)]:
            return is_changed  # shorter than what is held, or another way: nothing to add
        for vertex in theirs[len(ours) :]:
            self._append(vertex)
            is_changed = True
        return is_changed

    def drive(self, driven_m: float) -> bool:
        """The robot is so far along its way, m; whether it reached or left a vertex by that."""
        before = (self._at, self._left)
        while self.ahead and self._metres[self._at - self._left + 1] <= driven_m:
            self._at += 1
        self._leave(driven_m)
        return (self._at, self._left) != before

    def reach(self, number: int) -> None:
        """The robot has reached the vertex of that number on its way."""
        assert self._at <= number <= self.end, "a robot drives only what was released to it"
        self._at = number
        self._leave(self.driven_m)

    def go_past(self, past_m: float) -> None:
        """The robot is so far past :attr:`vertex`, m; its tail may have left others by that."""
        self._leave(self.driven_m + past_m)

    def reach_next(self) -> None:
        """The robot has reached the next vertex of its way, however long that was."""
        assert self.ahead, "a robot drives only what was released to it"
        self._at += 1
        self._leave(self.driven_m)

    def report(
        self,
        *,
        goal: str = "",
        motion: Motion = Motion.MOVABLE,
        x: float | None = None,
        y: float | None = None,
    ) -> TrafficReport:
        """What to tell traffic now; send it on every change and once a second at least."""
        self._reports += 1
        return TrafficReport(
            robot_id=self.robot_id,
            session=self.session,
            number=self._reports,
            epoch=self.epoch,
            left=self._left,
            held=self.held,
            at=self._at,
            goal=goal,
            motion=motion,
            x=x,
            y=y,
            is_halted=self.is_halted,
        )

    def _append(self, vertex: str) -> None:
        self._metres.append(self._metres[-1] + self._edge_length_m(self._vertices[-1], vertex))
        self._vertices.append(vertex)

    def _leave(self, driven_m: float) -> None:
        while self._left < self._at and self._metres[0] + self._length_m <= driven_m:
            del self._vertices[0], self._metres[0]
            self._left += 1
