"""A scheduler core with a log and scripted robots, on a clock that the test moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from muster_core.clock import Instant
from muster_core.events import Record
from muster_core.ids import AttemptId, OrderId, RobotId
from muster_core.order import Order
from muster_core.policy.nearest import NearestPolicy
from muster_core.robot import RobotDescription, RobotMode, RobotReport
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.core import SchedulerCore
from muster_core.scheduler.effects import PublishLeases, Ready, Reply, RequestPlans, SendTask
from muster_core.scheduler.inputs import (
    CancelOrder,
    DecisionReceived,
    PlansReceived,
    ResolveOrder,
    RobotDescribed,
    RobotReported,
    SubmitOrder,
)
from muster_core.scheduler.ledger import Ledger
from muster_core.site import Routes, Site, parse_site
from muster_core.task import Outcome, OutcomeResult

SITE = parse_site(
    """
site: corridor
vertices: {a: [0, 0], b: [10, 0], c: [20, 0], d: [30, 0], e: [40, 0], f: [40, 9]}
edges: [[a, b, c, d, e]]
places:
  shelf_1: {vertex: b, kind: shelf}
  shelf_2: {vertex: c, kind: shelf}
  pack_1: {vertex: e, kind: station}
  parking_1: {vertex: a, kind: parking}
  attic_1: {vertex: f, kind: shelf}
""",
    "corridor.yaml",
)
ROUTES = Routes(SITE)
START_NS = 1_900_000_000_000_000_000


@dataclass
class Robot:
    """A robot that does what it is told when the test says so."""

    robot_id: RobotId
    vertex: str = "a"
    mode: RobotMode = RobotMode.IDLE
    capabilities: tuple[str, ...] = ("go", "pick", "place", "scan")
    task: SendTask | None = None
    step_index: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    is_heard: bool = True
    is_deaf: bool = False
    epoch: int = 0
    reports: int = 0
    permitted: int = 0
    payload_kg_max: float = 0.0

    def report(self) -> RobotReport:
        """Its next heartbeat."""
        busy_s = 5.0 if self.task else 0.0
        self.reports += 1
        return RobotReport(
            robot_id=self.robot_id,
            report_number=self.reports,
            epoch=self.epoch,
            mode=RobotMode.WORKING if self.task else self.mode,
            vertex=self.vertex,
            attempt_id=self.task.attempt_id if self.task else AttemptId(""),
            step_index=self.step_index if self.task else 0,
            steps_total=len(self.task.task.steps) if self.task else 0,
            busy_s=busy_s,
            outcomes=tuple(self.outcomes),
        )

    def take(self, effect: SendTask) -> None:
        """Begin the attempt, unless it has one or has ended this one."""
        known = {outcome.attempt_id for outcome in self.outcomes}
        if self.task is None and not self.is_deaf and effect.attempt_id not in known:
            self.task, self.step_index = effect, 0
            self.permitted = effect.steps_permitted

    def obey(self, leases: PublishLeases) -> None:
        """Take in what the scheduler tells."""
        self.epoch = max(self.epoch, leases.epoch)
        for grant in leases.grants:
            if self.task is not None and grant.attempt_id == self.task.attempt_id:
                self.permitted = max(self.permitted, grant.steps_permitted)
        acknowledged = [a for robot, a in leases.acknowledgements if robot == self.robot_id]
        self.outcomes = [o for o in self.outcomes if o.attempt_id not in acknowledged]

    def end(self, result: OutcomeResult, message: str = "", *, is_uncertain: bool = False) -> None:
        """End the attempt; the outcome is told until it is acknowledged."""
        assert self.task is not None
        if result is OutcomeResult.SUCCEEDED:
            self.step_index = len(self.task.task.steps)
        self.outcomes.append(
            Outcome(
                self.task.attempt_id,
                self.task.task.order_id,
                result,
                steps_finished=self.step_index,
                message=message,
                is_uncertain=is_uncertain,
            )
        )
        self.task = None


class Fleet:
    """The core under test. ``run`` lets everything that is due happen, the policy included."""

    def __init__(
        self, *robots: Robot, policy_answers: bool = True, site: Site = SITE, **config: Any
    ) -> None:
        self.site, self.routes = site, Routes(site)
        self.config = SchedulerConfig(site="corridor.yaml", **config)
        self.robots = {robot.robot_id: robot for robot in robots}
        self.policy_answers = policy_answers
        self.now = Instant(START_NS, 1_000_000_000)
        self.log: list[Record] = []
        self.replies: list[Reply] = []
        self.sent: list[SendTask] = []
        self.leases: list[PublishLeases] = []
        self.policy = NearestPolicy()
        self.core = self._make_core()

    def _make_core(self) -> SchedulerCore:
        ledger = Ledger(orders_remembered_max=self.config.orders_remembered_max)
        for record in self.log:
            ledger.apply(record)
        core = SchedulerCore(self.config, ledger, site=self.site, routes=self.routes)
        core.start("test", self.now)
        return core

    def restart(self) -> None:
        """Crash the scheduler and start another from the log."""
        self.core = self._make_core()

    def describe(self) -> None:
        """Let all robots say what they are."""
        for robot in self.robots.values():
            description = RobotDescription(
                robot_id=robot.robot_id,
                capabilities=robot.capabilities,
                payload_kg_max=robot.payload_kg_max,
                site=self.site.name,
                site_digest=self.site.digest,
            )
            self.core.step(RobotDescribed(description), self.now)

    def submit(self, order_id: str, **fields: Any) -> Reply:
        """Submit a delivery, or what ``fields`` say, and let everything that follows happen."""
        wanted: dict[str, Any] = {"pickup": "shelf_1", "dropoff": "pack_1"} | fields
        order = Order(order_id=OrderId(order_id), **wanted)
        self.core.step(SubmitOrder(order_id, order), self.now)
        self.settle()
        return self.replies[-1]

    def cancel(self, order_id: str) -> Reply:
        """Ask that the order be cancelled."""
        self.core.step(
            CancelOrder(order_id, OrderId(order_id), "test", "no longer wanted"), self.now
        )
        self.settle()
        return self.replies[-1]

    def resolve(self, order_id: str, resolution: str, *, question: int = 0) -> Reply:
        """Say what became of a suspended order's item."""
        request = ResolveOrder(order_id, OrderId(order_id), resolution, "test", "looked", question)
        self.core.step(request, self.now)
        self.settle()
        return self.replies[-1]

    def advance(self, robot_id: str, steps_finished: int) -> None:
        """Let the robot have finished so many steps of its attempt, and tell it."""
        self.robots[RobotId(robot_id)].step_index = steps_finished
        self.run(0.5)

    def end(self, robot_id: str, result: OutcomeResult, **how: Any) -> None:
        """Let the robot end its attempt, and tell it."""
        self.robots[RobotId(robot_id)].end(result, "as the test wants it", **how)
        self.run(0.5)

    def heartbeat(self) -> None:
        """Let every robot that is heard report."""
        for robot in self.robots.values():
            if robot.is_heard:
                self.core.step(RobotReported(robot.report()), self.now)

    def settle(self) -> None:
        """Perform what is ready, and let the policy answer, until nothing is left to do."""
        for _ in range(50):
            ready = self.core.ready(self.now)
            self._perform(ready)
            if not self._answer(ready):
                return
        raise AssertionError("the core never settles")

    def run(self, duration_s: float, *, step_s: float = 0.5) -> None:
        """Move time on, with heartbeats."""
        for _ in range(round(duration_s / step_s)):
            self.now = self.now.later(step_s)
            self.heartbeat()
            self.settle()

    def state(self, order_id: str) -> str:
        """How far the order is."""
        return self.core.ledger.orders[OrderId(order_id)].state.value

    def events(self, kind: type[Any]) -> list[Any]:
        """All events of that kind, in order."""
        return [record.event for record in self.log if isinstance(record.event, kind)]

    def _perform(self, ready: Ready) -> None:
        self.log.extend(ready.records)
        for effect in ready.effects:
            if isinstance(effect, Reply):
                self.replies.append(effect)
            elif isinstance(effect, SendTask):
                self.sent.append(effect)
                if self.robots[effect.robot_id].is_heard:
                    self.robots[effect.robot_id].take(effect)
            else:
                self.leases.append(effect)
                for robot in self.robots.values():
                    if robot.is_heard:
                        robot.obey(effect)

    def _answer(self, ready: Ready) -> bool:
        if not self.policy_answers:
            return False
        for query in ready.queries:
            if isinstance(query, RequestPlans):
                plans = [self.policy.plan(order, self.site) for order in query.orders]
                answer = PlansReceived(query.request_id, "nearest", "1", plans)
                self.core.step(answer, self.now)
            else:
                decision = self.policy.decide(query.snapshot, query.budget_s)
                self.core.step(
                    DecisionReceived(query.request_id, "nearest", "1", decision), self.now
                )
        return bool(ready.queries)


def make_fleet(count: int = 1, *, policy_answers: bool = True, **config: Any) -> Fleet:
    """A fleet of idle robots that have been heard."""
    robots = [Robot(RobotId(f"robot_{number}")) for number in range(1, count + 1)]
    fleet = Fleet(*robots, policy_answers=policy_answers, **config)
    fleet.describe()
    fleet.settle()
    fleet.heartbeat()
    fleet.settle()
    return fleet
