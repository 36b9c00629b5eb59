"""A robot's body: drives what is released to it, turns, handles, charges, and breaks down.

Driven by events on the timeline alone. Traffic and the agent are told of every change.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from muster_core.clock import NS_PER_S
from muster_core.driver.protocol import StepState
from muster_core.ids import RobotId
from muster_core.task import Step
from muster_core.traffic.effects import Release
from muster_core.traffic.inputs import Motion, TrafficReport
from muster_core.traffic.stretch import Stretch
from muster_twin.battery import Battery
from muster_twin.simulation.timeline import Timeline
from muster_twin.warehouse.ground import Ground
from muster_twin.warehouse.referee import Referee
from muster_twin.warehouse.settings import WarehouseSettings
from muster_twin.warehouse.tally import Activity, Tally

HOLD_S = 5.0
"""How long a robot that has arrived keeps its place for the step that comes next."""

EMPTY = "the battery is empty; bring the robot to a charger"


@dataclass(slots=True)
class Doing:
    """The step under way.

    :param vertex: where it is to be done; the goal of a ``go``.
    :param span_s: how long it takes once the robot is there.
    :param has_begun: whether the robot is there and at it.
    :param ends_ns: when it is expected to end; 0 = nobody knows.
    """

    step: Step
    vertex: str
    span_s: float
    has_begun: bool = False
    is_stopping: bool = False
    ends_ns: int = 0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all bodies of a warehouse share."""

    ground: Ground
    settings: WarehouseSettings
    timeline: Timeline
    referee: Referee


class Body:
    """One robot on the ground.

    ``report`` is told what traffic should know, ``wake`` that a step has ended.

    """

    def __init__(
        self,
        robot_id: RobotId,
        world: Surroundings,
        vertex: str,
        *,
        battery: Battery,
        tally: Tally,
    ) -> None:
        self.robot_id = robot_id
        self.tally = tally
        self.doing: Doing | None = None
        self.state = StepState.NONE
        self.heading = 0.0
        self.stretch = Stretch(
            robot_id, session=1, vertex=vertex, edge_length_m=world.ground.edge_length_m
        )
        self.report: Callable[[TrafficReport], None] = lambda _: None
        self.wake: Callable[[], None] = lambda: None
        self._ground = world.ground
        self._settings = world.settings
        self._speed_mps = world.settings.speed_mps or world.ground.site.speed_mps
        self._timeline = world.timeline
        self._referee = world.referee
        self._battery = battery
        self._battery_ns = world.timeline.now_ns
        self._drains = bool(world.ground.charger_vertices)
        self._driving_to = ""
        self._is_broken = False
        self._held_until_ns = 0
        self._motion = Motion.MOVABLE
        self._goal = ""
        self._referee.stand(robot_id, vertex, self._timeline.now_s)

    # What the agent's driver asks for

    @property
    def vertex(self) -> str:
        """The vertex reached last."""
        return self.stretch.vertex

    @property
    def charge(self) -> float:
        """What is left in the battery, 0 to 1."""
        self._use_battery()
        return self._battery.charge

    @property
    def fault(self) -> str:
        """Why a person is needed; empty when none is."""
        is_empty = self._drains and self.charge <= 0 and self._motion is Motion.STOPPED
        return EMPTY if is_empty else ""

    def begin(self, step: Step, vertex: str, span_s: float) -> None:
        """Begin a step; a robot that is not where it is done drives there first."""
        self.doing = Doing(step, vertex, span_s)
        self.state = StepState.RUNNING
        self._held_until_ns = 0
        self._look()

    def stop(self) -> None:
        """End the step at the next safe point: a pick or place that has begun is finished."""
        doing = self.doing
        if doing is None or (doing.has_begun and doing.step.verb in ("pick", "place", "scan")):
            return
        doing.is_stopping = True
        self._look()

    # What traffic says

    def accept(self, release: Release) -> None:
        """Drive what is released.

        No message is lost here, so traffic need not be told that this one was not: it sees so when
        the robot has reached the next vertex.
        """
        was_halted = self.stretch.is_halted
        if self.stretch.accept(release):
            if self.stretch.is_halted is not was_halted:
                self.tell_traffic()
            self._go_on()

    def call_roll(self, epoch: int) -> None:
        """Answer a traffic that has begun anew."""
        if epoch > self.stretch.epoch:
            self.stretch.call_roll(epoch)
            self.tell_traffic()

    def tell_traffic(self) -> None:
        """Report what is held and wanted."""
        self.report(self.stretch.report(goal=self._goal, motion=self._motion))

    # What befalls it

    def break_down(self, repair_s: float) -> None:
        """Stand still for so long, in the middle of whatever it does."""
        self._is_broken = True
        self._timeline.after(repair_s, self._repair)
        self._look()

    def _repair(self) -> None:
        self._is_broken = False
        self._look()

    # How it goes on

    def _look(self) -> None:
        """Find out what to do here and now, and tell traffic if that is news."""
        if self.doing is not None and self.doing.is_stopping and not self._driving_to:
            self._end(StepState.STOPPED)
        doing, stretch = self.doing, self.stretch
        is_there = not self._driving_to and not stretch.ahead
        if (
            doing is not None
            and not doing.has_begun
            and not self._is_broken
            and is_there
            and stretch.vertex == doing.vertex
        ):
            self._begin_here(doing)
            doing = self.doing
        wants = doing.vertex if doing is not None and not doing.has_begun else ""
        self._set_traffic(wants, self._motion_now())
        self._go_on()

    def _motion_now(self) -> Motion:
        doing = self.doing
        if self._is_broken or (self._drains and self._battery.charge <= 0):
            return Motion.STOPPED
        is_held = self._timeline.now_ns < self._held_until_ns
        return Motion.BUSY if is_held or (doing and doing.has_begun) else Motion.MOVABLE

    def _set_traffic(self, goal: str, motion: Motion) -> None:
        if goal != self._goal or motion is not self._motion:
            self._goal, self._motion = goal, motion
            self.tell_traffic()

    def _begin_here(self, doing: Doing) -> None:
        """The robot is where the step is done."""
        if doing.step.verb == "go":
            self._hold()
            self._end(StepState.FINISHED)
            return
        doing.has_begun = True
        self._use_battery()
        span_s = self._battery.full_after_s if doing.step.verb == "charge" else doing.span_s
        doing.ends_ns = self._timeline.now_ns + int(span_s * NS_PER_S)
        self._timeline.at(doing.ends_ns, lambda: self._finish(doing))

    def _hold(self) -> None:
        """Keep the place for a moment: what comes next is most likely done here."""
        self._held_until_ns = until_ns = self._timeline.now_ns + int(HOLD_S * NS_PER_S)
        self._timeline.at(until_ns, lambda: self._let_go(until_ns))

    def _let_go(self, until_ns: int) -> None:
        if self._held_until_ns == until_ns:
            self._held_until_ns = 0
            self._look()

    def _finish(self, doing: Doing) -> None:
        if self.doing is not doing:
            return
        if self._is_broken:  # it takes up what it was at when it is repaired
            self._timeline.after(1.0, lambda: self._finish(doing))
            return
        self._end(StepState.FINISHED)
        self._look()

    def _end(self, state: StepState) -> None:
        self._use_battery()
        self.doing, self.state = None, state
        self.wake()

    # Driving

    def _go_on(self) -> None:
        """Set off for the next vertex, if the robot may and is not under way."""
        stretch = self.stretch
        may_drive = self._motion is Motion.MOVABLE and not stretch.is_halted
        if not self._driving_to and may_drive and stretch.ahead:
            self._set_off(stretch.ahead[0])
        self._note_activity()

    def _set_off(self, end: str) -> None:
        edge = self._ground.edges[self.stretch.vertex, end]
        turn_s = 0.0
        if edge.heading != self.heading:
            turn = abs(math.remainder(edge.heading - self.heading, math.tau))
            turn_deg_per_s = self._settings.turn_deg_per_s
            turn_s = math.degrees(turn) / turn_deg_per_s if turn_deg_per_s else 0.0
            self.heading = edge.heading
        self._driving_to = end
        self._referee.depart(self.robot_id, end, self._timeline.now_s)
        takes_s = turn_s + edge.length_m / min(self._speed_mps, edge.speed_mps_max)
        self._timeline.after(takes_s, self._arrive)

    def _arrive(self) -> None:
        start, end = self.stretch.vertex, self._driving_to
        length_m = self._ground.edges[start, end].length_m
        self._driving_to = ""
        self.stretch.reach_next()
        self._referee.arrive(self.robot_id, start)
        self.tally.arrive(end, length_m)
        self._use_battery(length_m)
        self.tell_traffic()
        self._look()

    def _use_battery(self, driven_m: float = 0.0) -> None:
        now_ns = self._timeline.now_ns
        elapsed_s = (now_ns - self._battery_ns) / NS_PER_S
        self._battery_ns = now_ns
        if not self._drains:
            return
        doing = self.doing
        if doing is not None and doing.has_begun and doing.step.verb == "charge":
            self._battery = self._battery.charged(elapsed_s)
        else:
            self._battery = self._battery.after(elapsed_s, distance_m=driven_m)

    def _note_activity(self) -> None:
        self.tally.turn_to(self._activity(), self._timeline.now_s, self.stretch.vertex)

    def _activity(self) -> Activity:
        if self._motion is Motion.STOPPED:
            return Activity.BROKEN
        if self._driving_to:
            return Activity.DRIVING
        doing = self.doing
        if doing is not None and doing.has_begun:
            return Activity.CHARGING if doing.step.verb == "charge" else Activity.HANDLING
        if doing is not None:
            return Activity.WAITING
        return Activity.HANDLING if self._motion is Motion.BUSY else Activity.IDLE
