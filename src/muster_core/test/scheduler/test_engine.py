"""Claims about the scheduler's turn: durable first, effects after, and only while it leads."""

from __future__ import annotations

from typing import Any

import pytest

from muster_core.clock import Instant
from muster_core.errors import ErrorCode
from muster_core.ids import AttemptId, OrderId, RobotId
from muster_core.leadership import DeposedError
from muster_core.log import MemoryLog
from muster_core.order import Order
from muster_core.robot import RobotDescription, RobotMode, RobotReport
from muster_core.scheduler import engine as engine_module
from muster_core.scheduler.codec import fold
from muster_core.scheduler.core import SchedulerCore
from muster_core.scheduler.effects import PublishLeases, Reply, SendTask
from muster_core.scheduler.engine import Engine
from muster_core.scheduler.inputs import RobotDescribed, RobotReported, SubmitOrder
from muster_core.testing.scripted_fleet import ROUTES, SITE, START_NS, make_fleet

TICK_S = 0.25


class Disk(MemoryLog):
    """A log whose writes may take long, or fail for as long as there is a ``problem``."""

    write_s = 0.0
    problem = ""

    def __init__(self, world: World, kept: Any = None) -> None:
        super().__init__(kept)
        self._world = world

    def append(self, entries: Any) -> None:
        self.fail_next_append = self.problem or self.fail_next_append
        super().append(entries)
        self._world.now = self._world.now.later(self.write_s)


class World:
    """Outlets that write down what leaves and what was durable then, and a clock."""

    def __init__(self) -> None:
        self.now = Instant(START_NS, 1_000_000_000)
        self.lead_ends_ns = 1 << 62
        self.log = Disk(self)
        self.left: list[tuple[Any, int]] = []
        self.reports = 0
        self.attempts: dict[str, AttemptId] = {}

    def start_engine(self, log: MemoryLog | None = None) -> Engine:
        log = log or self.log
        ledger = fold(log, orders_remembered_max=10)
        core = SchedulerCore(make_fleet().config, ledger, site=SITE, routes=ROUTES)
        engine = Engine(
            core,
            log,
            self,
            clock=lambda: self.now,
            is_leading=lambda now: now.steady_ns < self.lead_ends_ns,
        )
        engine.start("test")
        return engine

    def ask(self, query: Any) -> None:
        pass

    def perform(self, effect: Any) -> None:
        if isinstance(effect, SendTask):
            self.attempts[effect.robot_id] = effect.attempt_id
        self.left.append((effect, self.log.last_seq))

    def publish(self, records: Any, entries: Any) -> None:
        self.left.extend((record, self.log.last_seq) for record in records)

    def replies(self) -> list[Reply]:
        return [item for item, _ in self.left if isinstance(item, Reply)]

    def run(self, engine: Engine, duration_s: float, *robots: str) -> list[Any]:
        """What leaves while time goes on and the robots report, as working on what was sent."""
        before = len(self.left)
        for _ in range(round(duration_s / TICK_S)):
            self.now = self.now.later(TICK_S)
            engine.handle([self._report(robot) for robot in robots])
        return [item for item, _ in self.left[before:]]

    def _report(self, robot: str) -> RobotReported:
        self.reports += 1
        attempt = self.attempts.get(robot, AttemptId(""))
        report = RobotReport(
            robot_id=RobotId(robot),
            report_number=self.reports,
            epoch=1,
            mode=RobotMode.WORKING if attempt else RobotMode.IDLE,
            vertex="a",
            attempt_id=attempt,
        )
        return RobotReported(report)


@pytest.fixture
def world() -> World:
    return World()


def described(robot: str) -> RobotDescribed:
    description = RobotDescription(
        robot_id=RobotId(robot),
        capabilities=("go", "pick", "place"),
        site=SITE.name,
        site_digest=SITE.digest,
    )
    return RobotDescribed(description)


def order(order_id: str) -> SubmitOrder:
    return SubmitOrder(
        order_id, Order(order_id=OrderId(order_id), pickup="shelf_1", dropoff="pack_1")
    )


def test_nothing_leaves_before_it_is_durable(world: World) -> None:
    world.start_engine().handle([order("o-1"), order("o-2")])
    assert len(world.replies()) == 2
    for item, durable in world.left:
        assert getattr(item, "seq", 0) <= durable
        if isinstance(item, Reply):
            assert durable == 3


def test_batch_is_one_commit(world: World) -> None:
    engine = world.start_engine()
    before = engine.commits
    engine.handle([order(f"o-{number}") for number in range(50)])
    assert engine.commits == before + 1
    assert len(world.replies()) == 50


def test_failed_write_acknowledges_nothing_and_is_made_good_later(world: World) -> None:
    engine = world.start_engine()
    world.log.fail_next_append = "disk full"
    engine.handle([order("o-1")])
    assert world.replies() == [] and "disk full" in engine.storage_problem
    engine.handle([order("o-2")])
    refused, accepted = world.replies()
    assert refused.reply_to == "o-2" and refused.refusal is not None
    assert refused.refusal.code is ErrorCode.STORAGE_UNAVAILABLE
    assert "disk full" in refused.refusal.message
    assert accepted.reply_to == "o-1" and accepted.refusal is None
    assert engine.storage_problem == ""
    assert list(fold(world.log, orders_remembered_max=10).orders) == ["o-1"]


def test_order_that_waits_for_the_disk_is_not_refused_when_it_comes_again(world: World) -> None:
    engine = world.start_engine()
    world.log.problem = "disk full"
    engine.handle([order("o-1")])
    engine.handle([order("o-1"), order("o-2")])
    assert [reply.reply_to for reply in world.replies()] == ["o-2"]
    world.log.problem = ""
    engine.handle([])
    first, again = world.replies()[1:]
    assert (first.reply_to, first.is_duplicate) == ("o-1", False)
    assert (again.reply_to, again.is_duplicate) == ("o-1", True)


def test_answers_that_wait_for_the_disk_are_bounded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "HELD_REPLIES_MAX", 3)
    engine = world.start_engine()
    world.log.problem = "disk full"
    engine.handle([order("o-1")])
    for _ in range(5):
        engine.handle([order("o-1")])
    assert [reply.refusal is not None for reply in world.replies()] == [True] * 3


def test_deposed_engine_takes_nothing_in(world: World) -> None:
    engine = world.start_engine()
    world.lead_ends_ns = world.now.steady_ns
    written = world.log.last_seq
    with pytest.raises(DeposedError):
        engine.handle([order("o-1")])
    assert world.replies() == [] and world.log.last_seq == written


def test_lead_that_runs_out_during_the_write_lets_nothing_leave_ever(world: World) -> None:
    engine = world.start_engine()
    left = list(world.left)
    world.log.write_s = 5.0
    world.lead_ends_ns = world.now.later(3.0).steady_ns
    with pytest.raises(DeposedError):
        engine.handle([order("o-1")])
    world.lead_ends_ns = 1 << 62
    with pytest.raises(DeposedError):
        engine.handle([])
    assert world.left == left


def test_engine_whose_log_another_has_written_is_deposed_for_good(world: World) -> None:
    first = world.start_engine()
    second = world.start_engine(Disk(world, world.log.kept))
    left = list(world.left)
    for _ in range(2):
        with pytest.raises(DeposedError, match="another scheduler"):
            first.handle([order("o-1")])
    assert world.left == left
    second.handle([order("o-1")])
    assert [reply.reply_to for reply in world.replies()] == ["o-1"]


def test_refusal_while_the_disk_fails_leaves_only_while_it_leads(world: World) -> None:
    engine = world.start_engine()
    world.log.fail_next_append = "disk full"
    engine.handle([order("o-1")])
    world.lead_ends_ns = world.now.steady_ns
    with pytest.raises(DeposedError):
        engine.handle([order("o-2")])
    assert world.replies() == []


def test_work_that_is_durable_goes_on_while_the_disk_fails_and_nothing_else_leaves(
    world: World,
) -> None:
    engine = world.start_engine()
    engine.handle([described("robot_1"), order("o-1"), order("o-2")])
    world.run(engine, 5.0, "robot_1")
    assert list(world.attempts) == ["robot_1"]
    world.log.problem = "disk full"
    engine.handle([described("robot_2")])
    lease_s = engine.core.config.lease_s
    left = world.run(engine, 3 * lease_s, "robot_1", "robot_2")
    # The core has given o-2 to robot_2, which nobody may know before the log does.
    assert engine.core.ledger.robots[RobotId("robot_2")].attempt_id
    assert {type(item) for item in left} == {PublishLeases}
    assert len(left) >= 8
    for leases in left:
        assert [grant.robot_id for grant in leases.grants] == ["robot_1"]
        assert leases.revocations == leases.acknowledgements == ()
    world.log.problem = ""
    world.run(engine, 5.0, "robot_1", "robot_2")
    assert set(world.attempts) == {"robot_1", "robot_2"}


def test_durable_work_is_not_renewed_by_a_scheduler_that_lost_the_lead(world: World) -> None:
    engine = world.start_engine()
    engine.handle([described("robot_1"), order("o-1")])
    world.run(engine, 5.0, "robot_1")
    world.log.problem, world.log.write_s = "disk full", 0.0
    left = list(world.left)
    world.lead_ends_ns = world.now.steady_ns
    with pytest.raises(DeposedError):
        world.run(engine, 30.0, "robot_1")
    assert world.left == left
