"""Kafka as the gateway's core asks for it: reads orders, takes events and dead letters."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from confluent_kafka import KafkaException

from muster_core.clock import Instant
from muster_core.errors import MusterError
from muster_core.gateway import effects, inputs
from muster_core.gateway.config import GatewayConfig
from muster_core.gateway.envelope import (
    dead_letter_headers,
    event_headers,
    event_key,
    event_value,
)
from muster_core.gateway.inputs import Input
from muster_gateway.connection import Reachability
from muster_gateway.consumer import OrderConsumer
from muster_gateway.event_producer import EventProducer, EventRecord
from muster_gateway.position import PositionError, read_last_event
from muster_gateway.producer import KafkaProducer, dead_letter_settings

PUT_RETRY_S = 0.02
POSITION_TIMEOUT_S = 3.0  # for each question; the core asks again


class KafkaClientError(MusterError):
    """Kafka's client cannot be made with this configuration; the message says why."""


class KafkaClient:
    """All connections to Kafka, from ``start`` to ``stop``. Effects come from one thread.

    :param source: who tells the events, as in ``/muster``.
    :param put: the inbox; False = it has no room now.
    """

    def __init__(self, config: GatewayConfig, *, source: str, put: Callable[[Input], bool]) -> None:
        self._config = config
        self._source = source
        self._put = put
        self._is_stopping = threading.Event()
        self._reachability = Reachability(config.bootstrap_servers)
        self._events: EventProducer | None = None
        self._position = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kafka-position")
        try:
            self._consumer = OrderConsumer(config, put, self._reachability)
            self._dead_letters = KafkaProducer(
                dead_letter_settings(config, self._reachability), self._reachability
            )
        except KafkaException as error:
            raise KafkaClientError(f"Kafka's client refuses its settings: {error}") from error

    @property
    def problem(self) -> str:
        """Why Kafka cannot be used; empty while it can."""
        return self._reachability.problem

    def start(self) -> None:
        """Begin to read orders."""
        self._consumer.start()

    def stop(self) -> None:
        """Stop reading, commit what is finished, drop what is not sent, and disconnect."""
        self._is_stopping.set()
        self._consumer.stop()
        self._position.shutdown(wait=False, cancel_futures=True)
        self._dead_letters.close()
        if self._events is not None:
            self._events.close()

    def perform(self, effect: effects.Effect, now: Instant) -> None:
        """Do what the core asks of Kafka."""
        match effect:
            case effects.ProduceEvent():
                self._produce_event(effect)
            case effects.ProduceDeadLetter():
                self._produce_dead_letter(effect, now)
            case effects.CommitOffset():
                self._consumer.commit(effect.topic, effect.partition, effect.offset)
            case effects.PauseOrders():
                self._consumer.set_paused(True)
            case effects.ResumeOrders():
                self._consumer.set_paused(False)
            case effects.ResetProducer():
                self._reset_events(effect.generation)
            case effects.ReadLastExported():
                self._position.submit(self._read_last, effect.request, self._events)
            case _:
                raise AssertionError(f"{type(effect).__name__} is not for Kafka")

    def _produce_event(self, effect: effects.ProduceEvent) -> None:
        event = effect.event
        assert self._events is not None, "a producer is made before the first event"
        headers = event_headers(event, self._source)
        record = EventRecord(event.seq, event_value(event), event_key(event), headers)
        self._events.produce(record)

    def _produce_dead_letter(self, letter: effects.ProduceDeadLetter, now: Instant) -> None:
        producer = self._dead_letters

        def on_delivery(reason: str) -> None:
            if reason:
                self._put_from(producer, inputs.DeadLetterFailed(letter.position, reason))
            else:
                self._put_from(producer, inputs.DeadLetterDelivered(letter.position))

        producer.produce(
            self._config.dead_letters_topic,
            letter.body,
            headers=dead_letter_headers(letter, now),
            on_delivery=on_delivery,
        )

    def _reset_events(self, generation: int) -> None:
        if self._events is not None:
            self._events.close()

        def on_delivered(seq: int) -> None:
            self._put_from(producer, inputs.EventDelivered(generation, seq))

        def on_failed(seq: int, reason: str) -> None:
            self._put_from(producer, inputs.EventDeliveryFailed(generation, seq, reason))

        producer = EventProducer(
            self._config, self._reachability, on_delivered=on_delivered, on_failed=on_failed
        )
        self._events = producer

    def _read_last(self, request: int, producer: EventProducer | None) -> None:
        """Where the topic ends; asked once nobody but ``producer`` can make it longer."""
        assert producer is not None, "a producer is made before the first question"
        try:
            if reason := producer.wait_ready(POSITION_TIMEOUT_S):
                raise PositionError(f"it does not let this gateway write: {reason}")
            last = read_last_event(
                self._config,
                timeout_s=POSITION_TIMEOUT_S,
                is_stopping=self._is_stopping.is_set,
            )
        except MusterError as error:
            self._put_waiting(inputs.LastExportedFailed(request, str(error)))
        except Exception as error:  # the core waits for an answer, whatever went wrong
            self._put_waiting(
                inputs.LastExportedFailed(request, f"{type(error).__name__}: {error}")
            )
        else:
            self._reachability.on_answer()
            self._put_waiting(inputs.LastExportedRead(request, last))

    def _put_waiting(self, item: Input) -> None:
        """Put what must not be dropped, however long the inbox is full."""
        while not self._put(item) and not self._is_stopping.wait(PUT_RETRY_S):
            pass

    def _put_from(self, producer: KafkaProducer | EventProducer, item: Input) -> None:
        """The same from a producer's thread, which ends with its producer."""
        while not self._put(item) and not producer.wait_closing(PUT_RETRY_S):
            pass
