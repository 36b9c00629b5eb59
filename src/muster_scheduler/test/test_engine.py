"""Claims about the loop's order of things: durable first, effects after."""

from __future__ import annotations

from typing import Any

import pytest

from muster_core.errors import ErrorCode
from muster_core.ids import OrderId
from muster_core.log import MemoryLog
from muster_core.order import Order
from muster_core.scheduler.core import SchedulerCore
from muster_core.scheduler.effects import Reply
from muster_core.scheduler.inputs import SubmitOrder
from muster_core.testing.scripted_fleet import ROUTES, SITE, make_fleet
from muster_scheduler.engine import Engine
from muster_scheduler.storage import fold


class Outlets:
    """Writes down what leaves, and what was durable when it left."""

    def __init__(self, log: MemoryLog) -> None:
        self.log = log
        self.left: list[tuple[Any, int]] = []

    def ask(self, query: Any) -> None:
        pass

    def perform(self, effect: Any) -> None:
        self.left.append((effect, self.log.last_seq))

    def publish(self, records: Any, entries: Any) -> None:
        self.left.extend((record, self.log.last_seq) for record in records)

    def publish_fleet_state(self, message: Any) -> None:
        pass

    def replies(self) -> list[Reply]:
        return [item for item, _ in self.left if isinstance(item, Reply)]


class Logs:
    """Keeps what was logged."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    def error(self, _event: str, *, reason: str) -> None:
        self.errors.append(reason)


@pytest.fixture
def engine() -> Engine:
    log = MemoryLog()
    config = make_fleet().config
    ledger = fold(log, orders_remembered_max=10)
    core = SchedulerCore(config, ledger, site=SITE, routes=ROUTES)
    made = Engine(core, log, Outlets(log), Logs())
    made.start("test")
    return made


def order(order_id: str) -> SubmitOrder:
    return SubmitOrder(
        order_id, Order(order_id=OrderId(order_id), pickup="shelf_1", dropoff="pack_1")
    )


def test_nothing_leaves_before_it_is_durable(engine: Engine) -> None:
    engine.handle([order("o-1"), order("o-2")])
    for item, durable in engine._outlets.left:
        assert getattr(item, "seq", 0) <= durable
        if isinstance(item, Reply):
            assert durable == 3


def test_batch_is_one_commit(engine: Engine) -> None:
    before = engine.commits
    engine.handle([order(f"o-{number}") for number in range(50)])
    assert engine.commits == before + 1
    assert len(engine._outlets.replies()) == 50


def test_failed_write_acknowledges_nothing_and_is_made_good_later(engine: Engine) -> None:
    log = engine._log
    log.fail_next_append = "disk full"
    engine.handle([order("o-1")])
    assert engine._outlets.replies() == []
    assert "disk full" in engine.storage_problem and len(engine._logs.errors) == 1
    engine.handle([order("o-2")])
    refused, accepted = engine._outlets.replies()
    assert refused.reply_to == "o-2" and refused.refusal.code is ErrorCode.STORAGE_UNAVAILABLE
    assert accepted.reply_to == "o-1" and accepted.refusal is None
    assert engine.storage_problem == ""
    ledger = fold(log, orders_remembered_max=10)
    assert list(ledger.orders) == ["o-1"]
