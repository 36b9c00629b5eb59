"""A Kafka that is away at times, fails, and forgets to say that it has stored something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from muster_core.gateway import effects, inputs
from muster_core.testing.kafka import FakeKafka
from muster_twin.simulation.history import History, Source
from muster_twin.simulation.timeline import Timeline
from muster_twin.simulation.witness import Witness

DELAY_S_MIN, DELAY_S_MAX = 0.002, 0.1
RETRY_S = 0.5
GENERATIONS_MAX = 1_000_000
"""Producers of one gateway process that are told apart."""


@dataclass(slots=True)
class Moods:
    """How Kafka misbehaves.

    :param failures: share of events that it does not take, 0 to 1.
    :param silence: share of events that it takes and reports as failed.
    """

    is_away: bool = False
    failures: float = 0.0
    silence: float = 0.0


class Broker:
    """What survives the gateway, and how it gets there."""

    def __init__(
        self, timeline: Timeline, chance: Random, history: History, witness: Witness
    ) -> None:
        self.kafka = FakeKafka([[]])
        self.moods = Moods()
        self._timeline = timeline
        self._chance = chance
        self._history = history
        self._witness = witness
        self._start = 0
        self._put: Callable[[Any], None] = lambda _: None

    @property
    def is_drained(self) -> bool:
        """Whether every order is finished."""
        return self.kafka.committed.get(0, 0) >= len(self.kafka.orders[0])

    def join(self, start: int, put: Callable[[Any], None]) -> None:
        """Take the gateway's ``start``-th process for the only member of its group from now on."""
        self._start, self._put = start, put
        self.kafka.restart_consumer()

    def add_order(self, body: bytes) -> None:
        """Somebody writes an order to its topic."""
        self.kafka.orders[0].append(body)

    def fetch(self, count: int) -> list[inputs.OrderReceived]:
        """The next records."""
        received: list[inputs.OrderReceived] = []
        while not self.moods.is_away and len(received) < count:
            fetched = self.kafka.fetch(0)
            if fetched is None:
                break
            received.append(inputs.OrderReceived(*fetched))
        return received

    def perform(self, effect: effects.Effect) -> None:
        """Do what the gateway's core asks of Kafka, sooner or later."""
        start = self._start
        match effect:
            case effects.CommitOffset(partition=partition, offset=offset):
                self.kafka.commit(partition, offset)
                self._witness.tell("offset_committed", offset)
            case effects.ResetProducer():
                self.kafka.queued.clear()  # a new producer shuts all older ones out
            case effects.ProduceEvent(generation=generation, event=event):
                key = start * GENERATIONS_MAX + generation
                self.kafka.queue(key, event)
                self._later(lambda: self._arrive(key, generation))
            case effects.ProduceDeadLetter():
                self._later(lambda: self._bury(start, effect))
            case effects.ReadLastExported(request=request):
                self._later(lambda: self._tell_last(start, request))
            case _:
                raise AssertionError(f"{type(effect).__name__} is not for Kafka")

    def _later(self, act: Callable[[], None]) -> None:
        self._timeline.after(self._chance.uniform(DELAY_S_MIN, DELAY_S_MAX), act)

    def _arrive(self, key: int, generation: int) -> None:
        """Store the producer's oldest event, if the producer is not shut out by now."""
        start = key // GENERATIONS_MAX
        if not self.kafka.queued.get(key):
            return
        if self.moods.is_away:
            self._timeline.after(RETRY_S, lambda: self._arrive(key, generation))
            return
        if self.moods.failures and self._chance.random() < self.moods.failures:
            failed = self.kafka.drop(key)
            assert failed is not None
            self._history.note(Source.FAULT, ("gateway",), "Kafka refuses event {}", failed.seq)
            self._put_to(start, inputs.EventDeliveryFailed(generation, failed.seq, "refused"))
            return
        stored = self.kafka.arrive(key)
        assert stored is not None
        self._witness.tell("kafka_grew", stored)
        if self.moods.silence and self._chance.random() < self.moods.silence:
            self.kafka.drop(key)
            self._put_to(start, inputs.EventDeliveryFailed(generation, stored.seq, "no answer"))
            return
        self._put_to(start, inputs.EventDelivered(generation, stored.seq))

    def _bury(self, start: int, letter: effects.ProduceDeadLetter) -> None:
        if self.moods.is_away:
            self._put_to(start, inputs.DeadLetterFailed(letter.position, "Kafka is away"))
        else:
            self.kafka.dead_letters.append(letter)
            self._put_to(start, inputs.DeadLetterDelivered(letter.position))

    def _tell_last(self, start: int, request: int) -> None:
        if self.moods.is_away:
            self._put_to(start, inputs.LastExportedFailed(request, "Kafka is away"))
        else:
            self._put_to(start, inputs.LastExportedRead(request, self.kafka.last_event()))

    def _put_to(self, start: int, item: inputs.Input) -> None:
        """Tell the process that asked, unless another has taken its place."""
        if start == self._start:
            self._put(item)
