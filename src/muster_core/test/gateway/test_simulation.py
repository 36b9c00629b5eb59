"""The gateway's core against a fake Kafka and a fake scheduler, in random orders of everything.

Each run draws what happens next from hypothesis: answers in any order or never, failures, crashes
of the gateway, events published, lost and doubled. In the end all troubles stop, and what must hold
is checked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster_core.clock import NS_PER_S, Instant
from muster_core.errors import ErrorCode
from muster_core.gateway import effects, inputs
from muster_core.gateway.config import GatewayConfig
from muster_core.gateway.core import GatewayCore
from muster_core.gateway.records import LoggedEvent
from muster_core.order import Order
from muster_core.testing.kafka import FakeKafka

CONFIG = GatewayConfig(
    orders_in_flight_max=3,
    orders_held_max=6,
    events_in_flight_max=2,
    events_buffered_max=5,
    read_page=4,
    retry_s_min=0.5,
    retry_s_max=2.0,
    submit_timeout_s=3.0,
    read_timeout_s=3.0,
    follow_period_s=2.0,
)
STEPS_TO_QUIET_MAX = 3000
TICK_S = 0.3
BODIES = (
    b'{"order_id": "a"}',
    b'{"order_id": "b"}',
    b'{"order_id": "a", "priority": 1}',
    b"{",
    b"",
)
TROUBLES = (ErrorCode.QUEUE_FULL, ErrorCode.STORAGE_UNAVAILABLE, ErrorCode.NOT_ACTIVE)


class World:
    """Everything round the core. ``held`` are its effects that were not performed yet."""

    def __init__(self, orders: list[list[bytes]]) -> None:
        self.kafka = FakeKafka(orders)
        self.log: list[LoggedEvent] = []
        self.accepted: dict[str, Order] = {}
        self.finished: set[tuple[int, int]] = set()
        self.now = Instant(NS_PER_S, 0)
        self.start()

    def start(self) -> None:
        """Start the gateway; what the one before was told or asked is gone."""
        self.core = GatewayCore(CONFIG)
        self.held: list[effects.Effect] = []
        self.in_flight: dict[int, list[Any]] = {}
        self.awaited: dict[Any, int] = {}  # the newest question about each record
        self.kafka.restart_consumer()
        self.is_paused = False
        # What is on its way arrives, or is shut out, before the next one asks where Kafka ends.
        self.kafka.queued.clear()
        self.generation = 0

    def tell(self, happened: inputs.Input) -> None:
        self.core.step(happened, self.now)
        self.settle()

    def settle(self) -> None:
        """Take the core's effects, and perform those whose time does not matter."""
        for effect in self.core.ready(self.now):
            match effect:
                case effects.CommitOffset():
                    self.commit(effect)
                case effects.PauseOrders():
                    self.is_paused = True
                case effects.ResumeOrders():
                    self.is_paused = False
                case effects.ResetProducer():
                    self.kafka.queued.clear()
                    self.generation = effect.generation
                case effects.ProduceEvent():
                    assert effect.generation == self.generation
                    self.kafka.queue(effect.generation, effect.event)
                case _:
                    self.held.append(effect)
                    if isinstance(effect, effects.SubmitOrder):
                        self.awaited[effect.position] = effect.request
        queued = sum(map(len, self.kafka.queued.values()))
        assert queued <= CONFIG.events_in_flight_max
        awaited = [
            effect.order.order_id
            for effect in self.held
            if isinstance(effect, effects.SubmitOrder)
            and self.awaited.get(effect.position) == effect.request
        ]
        assert len(awaited) <= CONFIG.orders_in_flight_max
        assert len(awaited) == len(set(awaited)), "a second order of one id overtakes the first"

    def commit(self, effect: effects.CommitOffset) -> None:
        before = self.kafka.committed.get(effect.partition, 0)
        assert effect.offset > before
        for offset in range(before, effect.offset):
            assert (effect.partition, offset) in self.finished, "committed before it was finished"
        self.kafka.commit(effect.partition, effect.offset)

    def record(self, kind: str) -> LoggedEvent:
        seq = len(self.log) + 1
        self.log.append(LoggedEvent(seq=seq, wall_ns=self.now.wall_ns + seq, epoch=1, type=kind))
        return self.log[-1]

    def advance(self) -> None:
        self.now = self.now.later(TICK_S)
        self.settle()

    def fetch(self, partition: int) -> None:
        if self.is_paused:
            return
        fetched = self.kafka.fetch(partition)
        if fetched is not None:
            self.tell(inputs.OrderReceived(*fetched))

    def perform(self, effect: effects.Effect, *, trouble: ErrorCode | None = None) -> None:
        """Do what a held effect asks, well or with trouble."""
        self.held.remove(effect)
        match effect:
            case effects.SubmitOrder():
                if self.awaited.get(effect.position) == effect.request:
                    del self.awaited[effect.position]
                self.tell(self.submit(effect, trouble))
            case effects.ProduceDeadLetter() if trouble is None:
                self.kafka.dead_letters.append(effect)
                self.finished.add(effect.position[1:])
                self.tell(inputs.DeadLetterDelivered(effect.position))
            case effects.ProduceDeadLetter():
                self.tell(inputs.DeadLetterFailed(effect.position, "no"))
            case effects.ReadEvents() if trouble is None:
                page = tuple(self.log[effect.from_seq - 1 :][: effect.limit])
                self.tell(inputs.EventsRead(effect.request, page, len(self.log)))
            case effects.ReadEvents():
                self.tell(inputs.EventsReadFailed(effect.request, "no"))
            case effects.ReadLastExported() if trouble is None:
                self.tell(inputs.LastExportedRead(effect.request, self.kafka.last_event()))
            case effects.ReadLastExported():
                self.tell(inputs.LastExportedFailed(effect.request, "no"))

    def submit(
        self, asked: effects.SubmitOrder, trouble: ErrorCode | None
    ) -> inputs.SubmitAnswered:
        answer = inputs.SubmitAnswered(asked.position, asked.request, is_accepted=False)
        if trouble is not None:
            return replace(answer, error_code=trouble, message="not now")
        known = self.accepted.setdefault(asked.order.order_id, asked.order)
        if known != asked.order:
            refused = ErrorCode.CHANGED_DUPLICATE
            return replace(answer, error_code=refused, message=f"{asked.order.priority}")
        self.finished.add(asked.position[1:])
        return replace(answer, is_accepted=True)

    def arrive(self) -> None:
        event = self.kafka.arrive(self.generation)
        if event is not None:
            self.tell(inputs.EventDelivered(self.generation, event.seq))

    def calm_down(self) -> None:
        """Let all that waits happen, without trouble."""
        for _ in range(STEPS_TO_QUIET_MAX):
            for partition in range(len(self.kafka.orders)):
                self.fetch(partition)
            self.arrive()
            if self.held:
                self.perform(self.held[0])
            else:
                self.advance()
            if self.is_quiet():
                return
        pytest.fail(f"no end: {self.core.status(self.now)}")

    def is_quiet(self) -> bool:
        committed = [self.kafka.committed.get(p, 0) for p in range(len(self.kafka.orders))]
        is_all = committed == [len(bodies) for bodies in self.kafka.orders]
        return is_all and len(self.kafka.events) >= len(self.log)


ACTIONS = (
    "fetch", "perform", "perform", "perform", "trouble", "lose", "arrive", "arrive", "fail",
    "crash", "publish", "record", "repeat", "wait", "revoke",
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_happens_orders_end_and_events_leave_in_order_once(data: st.DataObject) -> None:
    bodies = st.lists(st.sampled_from(BODIES), max_size=8)
    world = World(data.draw(st.lists(bodies, min_size=1, max_size=2)))
    world.settle()
    length = data.draw(st.sampled_from((60, 15, 0)))  # lists are short unless told otherwise
    drawn = st.tuples(st.sampled_from(ACTIONS), st.integers(0, 99))
    draws = data.draw(st.lists(drawn, min_size=length, max_size=length))
    for action, number in draws:
        act(world, action, number)
        assert_events_are_the_logs(world)
    world.calm_down()
    assert_events_are_the_logs(world)
    assert world.kafka.events == world.log
    assert_each_record_has_ended(world)


def act(world: World, action: str, number: int) -> None:
    held = world.held[number % len(world.held)] if world.held else None
    match action:
        case "fetch":
            world.fetch(number % len(world.kafka.orders))
        case "perform" if held is not None:
            world.perform(held)
        case "trouble" if held is not None:
            world.perform(held, trouble=TROUBLES[number % len(TROUBLES)])
        case "lose" if held is not None:
            world.held.remove(held)
        case "arrive":
            world.arrive()
        case "fail":
            failed = world.kafka.drop(world.generation)
            if failed is not None:
                world.tell(inputs.EventDeliveryFailed(world.generation, failed.seq, "no"))
        case "crash":
            for _ in range(number % 3):  # some of what was on its way arrives and is not reported
                world.kafka.arrive(world.generation)
            world.start()
            world.settle()
        case "publish":
            for _ in range(1 + number % 5):
                world.tell(inputs.EventPublished(world.record("task_assigned")))
        case "record":
            world.record("order_accepted")
        case "repeat" if world.log:
            world.tell(inputs.EventPublished(world.log[number % len(world.log)]))
        case "wait":
            for _ in range(number % 20):
                world.advance()
        case "revoke":
            partition = number % len(world.kafka.orders)
            gone = frozenset({(world.kafka.topic, partition)})
            for position in [p for p in world.awaited if p.partition == partition]:
                del world.awaited[position]
            world.tell(inputs.PartitionsRevoked(gone))
            world.kafka.reassign(partition)


def assert_events_are_the_logs(world: World) -> None:
    """I7: Kafka has the beginning of the log, in its order, each event once."""
    assert world.kafka.events == world.log[: len(world.kafka.events)]


def assert_each_record_has_ended(world: World) -> None:
    letters = {letter.position[1:]: letter for letter in world.kafka.dead_letters}
    for partition, bodies in enumerate(world.kafka.orders):
        for offset, body in enumerate(bodies):
            letter = letters.get((partition, offset))
            if body in (b"{", b""):
                assert letter is not None
                assert letter.refusal.code is ErrorCode.NOT_JSON
            if letter is not None:
                assert letter.body == body
                assert letter.refusal.code not in TROUBLES
            else:
                order = msgspec.json.decode(body, type=Order)
                assert world.accepted[order.order_id] == order
