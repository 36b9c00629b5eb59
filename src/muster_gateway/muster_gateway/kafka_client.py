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
from muster_gateway.position import EVENTS_PARTITION, read_last_event
from muster_gateway.producer import KafkaProducer, dead_letter_settings, event_settings

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
        self._events: KafkaProducer | None = None
        self._failed: set[int] = set()  # generations that are not to be used any more
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
                self._reset_events()
            case effects.ReadLastExported():
                self._position.submit(self._read_last, effect.request)
            case _:
                raise AssertionError(f"{type(effect).__name__} is not for Kafka")

    def _produce_event(self, effect: effects.ProduceEvent) -> None:
        event, generation, producer = effect.event, effect.generation, self._events
        assert producer is not None, "a producer is made before the first event"
        if generation in self._failed:
            return  # a later event must not overtake the one that failed

        def on_delivery(reason: str) -> None:
            if not reason:
                self._put_from(producer, inputs.EventDelivered(generation, event.seq))
                return
            self._failed.add(generation)
            self._put_from(producer, inputs.EventDeliveryFailed(generation, event.seq, reason))

        is_taken = producer.produce(
            self._config.events_topic,
            event_value(event),
            key=event_key(event),
            headers=event_headers(event, self._source),
            partition=EVENTS_PARTITION,
            on_delivery=on_delivery,
        )
        if not is_taken:
            self._failed.add(generation)

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
            key=None,
            headers=dead_letter_headers(letter, now),
            partition=None,
            on_delivery=on_delivery,
        )

    def _reset_events(self) -> None:
        if self._events is not None:
            self._events.close()
        self._failed.clear()
        settings = event_settings(self._config, self._reachability)
        self._events = KafkaProducer(settings, self._reachability)

    def _read_last(self, request: int) -> None:
        try:
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

    def _put_from(self, producer: KafkaProducer, item: Input) -> None:
        """The same from a producer's thread, which ends with its producer."""
        while not self._put(item) and not producer.wait_closing(PUT_RETRY_S):
            pass
