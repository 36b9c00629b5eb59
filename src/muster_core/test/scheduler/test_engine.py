"""Claims about the scheduler's turn: durable first, effects after, and only while it leads."""

from __future__ import annotations

from typing import Any

import pytest

from muster_core.clock import Instant
from muster_core.errors import ErrorCode
from muster_core.ids import OrderId
from muster_core.leadership import DeposedError
from muster_core.log import MemoryLog
from muster_core.order import Order
from muster_core.scheduler.codec import fold
from muster_core.scheduler.core import SchedulerCore
from muster_core.scheduler.effects import Reply
from muster_core.scheduler.engine import Engine
from muster_core.scheduler.inputs import SubmitOrder
from muster_core.testing.scripted_fleet import ROUTES, SITE, START_NS, make_fleet


class Disk(MemoryLog):
    """A log whose writes may take long."""

    write_s = 0.0

    def __init__(self, world: World, kept: Any = None) -> None:
        super().__init__(kept)
        self._world = world

    def append(self, entries: Any) -> None:
        super().append(entries)
        self._world.now = self._world.now.later(self.write_s)


class World:
    """Outlets that write down what leaves and what was durable then, and a clock."""

    def __init__(self) -> None:
        self.now = Instant(START_NS, 1_000_000_000)
        self.lead_ends_ns = 1 << 62
        self.log = Disk(self)
        self.left: list[tuple[Any, int]] = []

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
        self.left.append((effect, self.log.last_seq))

    def publish(self, records: Any, entries: Any) -> None:
        self.left.extend((record, self.log.last_seq) for record in records)

    def replies(self) -> list[Reply]:
        return [item for item, _ in self.left if isinstance(item, Reply)]


@pytest.fixture
def world() -> World:
    return World()


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
