"""A small world in which traffic and its robots run against delays, losses and deaths.

Everything is drawn from one source of chance that the caller gives, so a seed repeats a run. After
every event no two robots hold the same vertex (I8), and traffic knows of everything that is held.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from muster_core.clock import NS_PER_S, Instant
from muster_core.ids import RobotId
from muster_core.traffic.config import TrafficConfig
from muster_core.traffic.core import TrafficCore
from muster_core.traffic.effects import CallRoll, Release, TellTrouble
from muster_core.traffic.inputs import Motion, RobotKnown, RobotReported, TrafficReport
from muster_core.traffic.map import TrafficMap
from muster_core.traffic.stretch import Stretch

REPORT_PERIOD_S = 1.0
TICK_S = 0.25
FIRST_EPOCH = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """How rough the world is. ``draw`` gives numbers from 0 to below 1.

    :param loss: the share of messages that never arrive; so ``repeats``, that arrive twice.
    :param latency_s_max: messages take up to so long, so that they overtake each other.
    :param stalls: the share of edges on which a robot stands for up to ``stall_s_max``.
    """

    draw: Callable[[], float]
    loss: float = 0.0
    repeats: float = 0.0
    latency_s_max: float = 0.02
    stalls: float = 0.0
    stall_s_max: float = 20.0


@dataclass(slots=True, kw_only=True)
class WorldRobot:
    """A robot that drives what was released to it.

    :param next_goal: asked whenever it has finished at a goal; None = it has nothing to do.
    :param work_s: how long it is busy at a goal.
    :param edge_s: how long it takes for each edge, s.
    """

    stretch: Stretch
    next_goal: Callable[[], str | None]
    work_s: float = 0.0
    edge_s: float = 1.0
    goal: str | None = None
    goal_since_s: float = 0.0
    is_driving: bool = False
    is_dead: bool = False
    is_linked: bool = True
    motion: Motion = Motion.MOVABLE
    arrivals: list[tuple[str, float]] = field(default_factory=list)
    waited_s_max: float = 0.0

    @property
    def robot_id(self) -> RobotId:
        """Its name."""
        return self.stretch.robot_id


def errands(
    goals: Mapping[str, Sequence[str]],
) -> Callable[[str], Callable[[], str | None]]:
    """Goals for :class:`TrafficWorld`: each robot has a row of its own, and then nothing to do."""

    def of(name: str) -> Callable[[], str | None]:
        left = iter(goals.get(name, ()))
        return lambda: next(left, None)

    return of


class TrafficWorld:
    """Traffic, its robots and the links between them.

    :param starts: the vertex of each robot.
    :param goals: what each robot is to do; see :class:`WorldRobot`.
    """

    def __init__(
        self,
        map_: TrafficMap,
        starts: Mapping[str, str],
        goals: Callable[[str], Callable[[], str | None]],
        *,
        chance: Chance,
        config: TrafficConfig | None = None,
        lengths_m: Mapping[str, float] | None = None,
        work_s: float = 0.0,
        edge_s: float = 1.0,
    ) -> None:
        self.map = map_
        self.chance = chance
        self.config = config or TrafficConfig(hearing_s_min=0.0)
        self.now_s = 0.0
        self.troubles: list[TellTrouble] = []
        self.core = TrafficCore(self.config, map_, epoch=FIRST_EPOCH, now=self._instant())
        self.has_traffic = True
        self._held: Counter[str] = Counter()
        self._holder: dict[str, RobotId] = {}
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self.robots: dict[str, WorldRobot] = {}
        for name, vertex in starts.items():
            stretch = Stretch(
                RobotId(name),
                session=1,
                vertex=vertex,
                edge_length_m=self._edge_length_m,
                length_m=(lengths_m or {}).get(name, 0.0),
            )
            robot = WorldRobot(stretch=stretch, next_goal=goals(name), work_s=work_s, edge_s=edge_s)
            self.robots[name] = robot
            self._note_held(robot, ())
        for robot in self.robots.values():
            self.core.step(RobotKnown(robot.robot_id, robot.stretch.held), self._instant())
            self._take_goal(robot)
            self._report_for_ever(robot)
        self._tick_for_ever()

    def run(self, until_s: float, *, is_done: Callable[[], bool] = lambda: False) -> bool:
        """Let the world go on; whether ``is_done`` came true before ``until_s``."""
        while self._events and not is_done():
            at_s, _, event = self._events[0]
            if at_s > until_s:
                self.now_s = until_s
                return is_done()
            heapq.heappop(self._events)
            self.now_s = at_s
            event()
        return is_done()

    def is_everybody_done(self) -> bool:
        """Whether no robot has anything left to do."""
        return all(robot.goal is None for robot in self.robots.values() if not robot.is_dead)

    def later(self, delay_s: float, event: Callable[[], None]) -> None:
        """Let something happen after ``delay_s``."""
        self._count += 1
        heapq.heappush(self._events, (self.now_s + delay_s, self._count, event))

    # What befalls it

    def kill(self, name: str) -> None:
        """The robot stands and is silent from now on."""
        self.robots[name].is_dead = True
        self.robots[name].is_linked = False

    def lose_traffic(self) -> None:
        """Traffic is away: nothing is heard and nothing is sent."""
        self.has_traffic = False

    def restart_traffic(self) -> None:
        """A new traffic begins, which knows the robots' names and the old one's book."""
        book = self.core.book()
        self.core = TrafficCore(
            self.config, self.map, epoch=self.core.epoch + 1, now=self._instant()
        )
        self.has_traffic = True
        for robot in self.robots.values():
            known = RobotKnown(robot.robot_id, book.get(robot.robot_id, ()))
            self.core.step(known, self._instant())

    def restart_agent(self, name: str) -> None:
        """The robot's agent begins anew where it stands, which must be at a vertex."""
        robot = self.robots[name]
        old = robot.stretch
        before = old.held
        robot.stretch = Stretch(
            old.robot_id,
            session=old.session + 1,
            vertex=old.vertex,
            edge_length_m=self._edge_length_m,
        )
        self._note_held(robot, before)
        self._report(robot)

    def set_goal(self, name: str, goal: str | None) -> None:
        """The robot wants something else from now on."""
        robot = self.robots[name]
        robot.goal, robot.goal_since_s = goal, self.now_s
        self._report(robot)

    def say(self, report: TrafficReport) -> None:
        """A report that some robot sends, whatever is true."""
        self.core.step(RobotReported(report), self._instant())
        self._perform()

    # Links

    def _report(self, robot: WorldRobot) -> None:
        if not robot.is_linked:
            return
        report = robot.stretch.report(goal=robot.goal or "", motion=robot.motion)
        self._send(lambda: self._hear(report))

    def _send(self, arrive: Callable[[], None]) -> None:
        chance = self.chance
        if chance.loss and chance.draw() < chance.loss:
            return
        copies = 2 if chance.repeats and chance.draw() < chance.repeats else 1
        for _ in range(copies):
            self.later(chance.draw() * chance.latency_s_max, arrive)

    def _hear(self, report: TrafficReport) -> None:
        if self.has_traffic:
            self.core.step(RobotReported(report), self._instant())
            self._check_book(self.robots[report.robot_id])
            self._perform()

    def _perform(self) -> None:
        for effect in self.core.ready(self._instant()).effects:
            if isinstance(effect, TellTrouble):
                self.troubles.append(effect)
                continue
            for robot in self.robots.values():
                if isinstance(effect, CallRoll):
                    self._send(lambda r=robot, e=effect: self._on_roll(r, e))  # type: ignore[misc]
                elif effect.robot_id == robot.robot_id:
                    self._send(lambda r=robot, e=effect: self._on_release(r, e))  # type: ignore[misc]

    def _on_roll(self, robot: WorldRobot, roll: CallRoll) -> None:
        if robot.is_linked and roll.epoch > robot.stretch.epoch:
            robot.stretch.call_roll(roll.epoch)
            self._report(robot)

    def _on_release(self, robot: WorldRobot, release: Release) -> None:
        if not robot.is_linked:
            return
        before = robot.stretch.held
        if robot.stretch.accept(release):
            self._note_held(robot, before)
            self._check_book(robot)
            self._report(robot)
            self._drive(robot)

    # Robots

    def _drive(self, robot: WorldRobot) -> None:
        """Set off for the next vertex, if the robot is not under way to it."""
        stretch = robot.stretch
        is_held_up = robot.is_dead or stretch.is_halted or robot.motion is not Motion.MOVABLE
        if robot.is_driving or not stretch.ahead or is_held_up:
            return
        robot.is_driving = True
        takes_s = robot.edge_s * (0.8 + 0.4 * self.chance.draw())
        if self.chance.stalls and self.chance.draw() < self.chance.stalls:
            takes_s += self.chance.draw() * self.chance.stall_s_max
        self.later(takes_s, lambda: self._arrive(robot))

    def _arrive(self, robot: WorldRobot) -> None:
        if robot.is_dead:
            return
        robot.is_driving = False
        before = robot.stretch.held
        robot.stretch.reach_next()
        self._note_held(robot, before)
        self._look_at_goal(robot)
        self._report(robot)
        self._drive(robot)

    def _look_at_goal(self, robot: WorldRobot) -> None:
        """Begin to work if the robot has come to rest at its goal."""
        stretch = robot.stretch
        if stretch.vertex != robot.goal or stretch.ahead:
            return
        robot.arrivals.append((robot.goal, self.now_s))
        robot.waited_s_max = max(robot.waited_s_max, self.now_s - robot.goal_since_s)
        if robot.work_s:
            robot.motion = Motion.BUSY
            self.later(robot.work_s, lambda: self._finish(robot))
        else:
            self._take_goal(robot)

    def _finish(self, robot: WorldRobot) -> None:
        robot.motion = Motion.MOVABLE
        self._take_goal(robot)
        self._report(robot)
        self._drive(robot)

    def _take_goal(self, robot: WorldRobot) -> None:
        robot.goal = robot.next_goal()
        robot.goal_since_s = self.now_s
        self._look_at_goal(robot)

    def _report_for_ever(self, robot: WorldRobot) -> None:
        self._report(robot)
        self.later(REPORT_PERIOD_S, lambda: self._report_for_ever(robot))

    def _tick_for_ever(self) -> None:
        if self.has_traffic:
            self._perform()
        self.later(TICK_S, self._tick_for_ever)

    # Invariants

    def _note_held(self, robot: WorldRobot, before: Sequence[str]) -> None:
        """I8, on what the robots themselves hold, whatever traffic believes."""
        for vertex in before:
            self._held[vertex] -= 1
            if not self._held[vertex]:
                del self._held[vertex], self._holder[vertex]
        for vertex in robot.stretch.held:
            holder = self._holder.setdefault(vertex, robot.robot_id)
            assert holder == robot.robot_id, (
                f"I8: {vertex} is held by {holder} and {robot.robot_id} at {self.now_s:.3f} s"
            )
            self._held[vertex] += 1
        for start, end in pairwise(robot.stretch.held):
            assert self._edge_length_m(start, end) > 0

    def _check_book(self, robot: WorldRobot) -> None:
        """Traffic takes the robot to hold all that it holds, once it has heard it."""
        track = self.core.tracks.get(robot.robot_id)
        if self.has_traffic and track is not None and track.is_current and not track.astray:
            names = {self.map.names[vertex] for vertex in track.window}
            forgotten = set(robot.stretch.held) - names
            assert not forgotten, f"traffic forgot that {robot.robot_id} holds {forgotten}"

    def _edge_length_m(self, start: str, end: str) -> float:
        numbers = self.map.numbers
        return self.map.costs[numbers[start], numbers[end]] * 1.0

    def _instant(self) -> Instant:
        return Instant(0, int(self.now_s * NS_PER_S))
