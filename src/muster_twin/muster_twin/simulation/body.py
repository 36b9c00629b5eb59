"""A robot's body: it moves by the true time, and its agent can only ask and listen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from muster_core.clock import NS_PER_S
from muster_core.driver.protocol import StepState, Way
from muster_core.errors import SiteError
from muster_core.ids import RobotId
from muster_core.task import Step
from muster_twin.simulation.floor import (
    EDGE_M,
    Floor,
    Pick,
    PickState,
    Work,
    floor_site,
    path_between,
)
from muster_twin.simulation.history import Source

SPEED_MPS = 1.0
EDGE_S = EDGE_M / SPEED_MPS
PICK_S, PLACE_S, SCAN_S, WAIT_S = 1.5, 1.5, 1.0, 0.5
DELAY_S_MAX = 40.0
"""How much longer a slow robot may take for one edge."""
WATCHDOG_S = 1.5
"""A body that is not asked for so long stops at the next vertex: a robot whose computer is gone."""

SAFE_POINT_S_MAX = WATCHDOG_S + max(EDGE_S, PICK_S, PLACE_S)
"""How long a body may go on at most when nobody asks it any more."""


@dataclass(slots=True)
class Doing:
    """The step or the drive under way.

    :param path: the vertices of a ``go`` that are still to come.
    :param way: of a drive, as it was given last; None for steps.
    :param ends_ns: when it is expected to end, true time.
    """

    step: Step
    work: Work | None
    ends_ns: int
    path: tuple[str, ...] = ()
    way: Way | None = None
    pick: Pick | None = None
    is_stopping: bool = False
    will_fail: bool = False


class Body:
    """One robot on the floor.

    ``on_begun`` and ``on_ended`` are told of each step, ``on_moved`` whenever the body is at other
    vertices than before, for those who check.
    """

    def __init__(self, robot_id: RobotId, floor: Floor, vertex: str) -> None:
        self.robot_id = robot_id
        self.vertex = vertex
        # The other end of the edge that it is on, and the number of ``vertex`` on its way; both
        # of drives only.
        self.next_vertex = ""
        self.reached = 0
        self.doing: Doing | None = None
        self.state = StepState.NONE
        self.message = ""
        self.fault = ""
        self.failure_share = 0.0
        self.delay_share = 0.0
        # Whether it brakes at once when its computer dies, or rolls on to the next vertex.
        self.halts = False
        self.polled_ns = 0
        self._can_tell = True
        self.on_begun: Callable[[Body, Step, Work | None], None] = lambda *_: None
        self.on_ended: Callable[[Body, Step, Work | None], None] = lambda *_: None
        self.on_moved: Callable[[Body], None] = lambda _: None
        self._floor = floor
        self._timeline = floor.timeline

    @property
    def is_moving(self) -> bool:
        """Whether a step or a drive is under way."""
        return self.doing is not None

    @property
    def occupied(self) -> tuple[str, ...]:
        """The vertices that it is at: one, or both ends of an edge."""
        return (self.vertex, self.next_vertex) if self.next_vertex else (self.vertex,)

    @property
    def claimed(self) -> tuple[str, ...]:
        """The vertices that it is at or may yet get to by itself."""
        way = self.doing.way if self.doing is not None else None
        if way is None:
            return self.occupied
        return (*self.occupied, *way.vertices[max(0, self.reached + 1 - way.first) :])

    def look(self) -> int:
        """Let the body know that somebody still asks; the true time, ns."""
        self.polled_ns = self._timeline.now_ns
        return self.polled_ns

    def begin(self, step: Step, work: Work | None) -> None:
        """Begin a step. One that cannot be begun has failed at once."""
        self.polled_ns = self._timeline.now_ns
        if self.fault:
            self._stand(StepState.FAILED, self.fault)
            return
        self.message, self.state = "", StepState.RUNNING
        self.on_begun(self, step, work)
        doing = Doing(step, work, 0)
        doing.will_fail = self._draws(self.failure_share)
        self.doing = doing
        if step.verb == "go":
            self._depart(doing)
            return
        self._note(doing, "{} begins {} at {}", self.robot_id, step.verb, step.place)
        if step.verb == "pick" and work is not None:
            doing.pick = self._floor.begin_pick(self.robot_id, step, work)
        self._finish_after(doing, max(duration_s(step.verb), step.duration_s))

    def drive(self, way: Way) -> None:
        """Drive along ``way``; see :class:`~muster_core.driver.protocol.WayDriver`."""
        self.polled_ns = self._timeline.now_ns
        if self.fault:
            self._stand(StepState.FAILED, self.fault)
            return
        if self.doing is not None:
            assert self.doing.way is not None, "no drive begins in the middle of a step"
            self.doing.way, self.doing.is_stopping = way, False
            return
        ahead = way.vertices[1:2]
        is_here = way.vertices[0] == self.vertex and self.next_vertex in ("", *ahead)
        if not is_here:
            self._stand(StepState.FAILED, f"the robot is at {' and '.join(self.occupied)}")
            return
        self.message, self.state, self.reached = "", StepState.RUNNING, way.first
        doing = self.doing = Doing(Step("go", way.vertices[-1]), None, 0, way=way)
        doing.will_fail = self._draws(self.failure_share)
        self._roll_on(doing, way)

    def stop(self) -> None:
        """Stop at the next safe point."""
        if self.doing is not None:
            self.doing.is_stopping = True

    def let_go(self) -> None:
        """Its agent is gone. A pick or place under way is brought to its end all the same."""
        doing = self.doing
        if self.halts and doing is not None and doing.step.verb == "go":
            self._end(doing, StepState.STOPPED)

    def break_down(self, fault: str, *, has_taken: bool) -> None:
        """Stand still, in the middle of whatever it did, until it is repaired.

        :param has_taken: whether a pick that is broken off got hold of the item.
        """
        self.fault = fault
        self._floor.history.note(
            Source.FAULT, (self.robot_id,), "{} breaks down: {}", self.robot_id, fault
        )
        self._break_off(has_taken=has_taken)

    def switch_off(self, *, has_taken: bool) -> None:
        """Stand still at once, and know nothing of what it did when it is switched on again.

        :param has_taken: as for ``break_down``.
        """
        self._break_off(has_taken=has_taken)
        self._stand(StepState.NONE, "")

    def _break_off(self, *, has_taken: bool) -> None:
        doing, self.doing = self.doing, None
        if doing is None:
            return
        self._can_tell = doing.step.verb == "go"
        if doing.pick is not None and doing.work is not None:
            if has_taken:
                self._floor.take(doing.pick, doing.work)
            doing.pick.state = PickState.BROKEN_OFF
        if doing.way is None:
            self.on_ended(self, doing.step, doing.work)

    def repair(self) -> None:
        """Have it work again; the step that it broke down in is not gone on with."""
        if self.fault:
            self.fault = ""
            self._floor.history.note(
                Source.FAULT, (self.robot_id,), "{} is repaired", self.robot_id
            )
            if self.state is StepState.RUNNING:
                # What became of a pick or a place that it broke down in, it does not know.
                self.state = StepState.STOPPED if self._can_tell else StepState.NONE

    def _depart(self, doing: Doing) -> None:
        try:
            place = doing.step.place
            goal = place[1:] if place.startswith("@") else floor_site().place(place).vertex
            doing.path = path_between(self.vertex, goal)[1:]
        except SiteError as error:
            self._end(doing, StepState.FAILED, str(error))
            return
        self._note(doing, "{} sets out for {}", self.robot_id, doing.step.place)
        doing.ends_ns = self._timeline.now_ns + int(len(doing.path) * EDGE_S * NS_PER_S)
        self._roll(doing)

    def _roll(self, doing: Doing) -> None:
        """Go on to the next vertex, or end."""
        if not doing.path:
            self._end(doing, StepState.FINISHED)
        elif doing.is_stopping or self._is_left_alone():
            self._end(doing, StepState.STOPPED)
        elif doing.will_fail:
            self._end(doing, StepState.FAILED, "the way is blocked")
        else:
            self._timeline.after(EDGE_S, lambda: self._arrive(doing))

    def _arrive(self, doing: Doing) -> None:
        if self.doing is doing:
            self.vertex, doing.path = doing.path[0], doing.path[1:]
            self._roll(doing)

    def _roll_on(self, doing: Doing, way: Way) -> None:
        """Set off for the next vertex of a drive, or end it."""
        if self.reached >= way.last:
            self._end(doing, StepState.FINISHED)
        elif doing.is_stopping or self._is_left_alone():
            self._end(doing, StepState.STOPPED)
        elif doing.will_fail:
            self._end(doing, StepState.FAILED, "the way is blocked")
        else:
            self.next_vertex = way.vertices[self.reached + 1 - way.first]
            self._note(doing, "{} sets out for {}", self.robot_id, self.next_vertex)
            self.on_moved(self)
            delay_s = 0.0
            if self._draws(self.delay_share):
                delay_s = self._floor.chance.uniform(0.0, DELAY_S_MAX)
            self._timeline.after(EDGE_S + delay_s, lambda: self._reach(doing))

    def _reach(self, doing: Doing) -> None:
        """Arrive at the next vertex of a drive."""
        if self.doing is not doing or doing.way is None:
            return
        self.vertex, self.next_vertex = self.next_vertex, ""
        self.reached += 1
        self.on_moved(self)
        self._roll_on(doing, doing.way)

    def _draws(self, share: float) -> bool:
        return share > 0 and self._floor.chance.random() < share

    def _is_left_alone(self) -> bool:
        return self._timeline.now_ns - self.polled_ns > WATCHDOG_S * NS_PER_S

    def _finish_after(self, doing: Doing, duration_s: float) -> None:
        doing.ends_ns = self._timeline.now_ns + int(duration_s * NS_PER_S)
        self._timeline.at(doing.ends_ns, lambda: self._finish(doing))

    def _finish(self, doing: Doing) -> None:
        if self.doing is not doing:
            return
        step, work = doing.step, doing.work
        problem = f"{step.verb} slipped" if doing.will_fail else ""
        if problem and doing.pick is not None:
            doing.pick.state = PickState.NOT_TAKEN
        elif not problem and work is not None:
            if doing.pick is not None:
                problem = self._floor.take(doing.pick, work)
            elif step.verb == "place":
                problem = self._floor.set_down(self.robot_id, step.place, work)
            elif step.verb == "scan":
                self._floor.scan(step.place, work)
        self._end(doing, StepState.FAILED if problem else StepState.FINISHED, problem)

    def _end(self, doing: Doing, state: StepState, message: str = "") -> None:
        if message:
            self._note(doing, "{} fails to {}: {}", self.robot_id, doing.step.verb, message)
        self._stand(state, message)
        if doing.way is None:
            self.on_ended(self, doing.step, doing.work)

    def _stand(self, state: StepState, message: str) -> None:
        self.doing, self.state, self.message = None, state, message

    def _note(self, doing: Doing, *words: object) -> None:
        order_id = doing.work.order_id if doing.work else ""
        self._floor.history.note(Source.FLOOR, (self.robot_id, order_id), *words)


def duration_s(verb: str) -> float:
    """How long a verb other than ``go`` takes at the least."""
    return {"pick": PICK_S, "place": PLACE_S, "scan": SCAN_S}.get(verb, WAIT_S)
