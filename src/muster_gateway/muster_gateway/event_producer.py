"""The producer of events: in transactions, so that whoever comes next can shut it out.

A gateway that was killed, or stood still, may have records on their way that reach Kafka after its
successor has asked where the events' topic ends; they would be there twice. All gateways of a topic
therefore share a transactional id. A new producer takes it over before anything is asked: from then
on Kafka refuses what older ones send, and nobody ever sees what they had not committed.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaException, Producer

from muster_core.gateway.config import GatewayConfig
from muster_core.gateway.envelope import Headers
from muster_gateway.connection import Reachability
from muster_gateway.position import EVENTS_PARTITION
from muster_gateway.producer import producer_settings

CALL_TIMEOUT_S = 1.0
"""Of one call to Kafka's client; it is made again until it succeeds or the producer is closed."""
PAUSE_S = 0.5
JOIN_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event as Kafka gets it."""

    seq: int
    value: bytes
    key: bytes | None
    headers: Headers


class EventProducer:
    """One generation of producer: hands records to Kafka in their order, until one fails.

    :param on_delivered: called with the number of each event that is committed, in their order.
    :param on_failed: called once, with the first event that is not committed and why; the producer
        takes nothing more after that. Both are called from the producer's own thread.
    """

    def __init__(
        self,
        config: GatewayConfig,
        reachability: Reachability,
        *,
        on_delivered: Callable[[int], None],
        on_failed: Callable[[int, str], None],
    ) -> None:
        self._config = config
        self._reachability = reachability
        self._on_delivered = on_delivered
        self._on_failed = on_failed
        self._waiting: queue.SimpleQueue[EventRecord] = queue.SimpleQueue()
        self._is_closing = threading.Event()
        self._is_ready = threading.Event()
        self._reason = "no answer in time"
        self._thread = threading.Thread(target=self._run, name="kafka-producer", daemon=True)
        self._thread.start()

    def wait_ready(self, timeout_s: float) -> str:
        """Why older producers may still write; empty once none can."""
        return "" if self._is_ready.wait(timeout_s) else self._reason

    def produce(self, record: EventRecord) -> None:
        """Queue the record; the core bounds how many are not committed."""
        self._waiting.put(record)

    def wait_closing(self, timeout_s: float) -> bool:
        """Whether it is being closed; waits for that at most ``timeout_s``."""
        return self._is_closing.wait(timeout_s)

    def close(self) -> None:
        """Drop what is not committed and disconnect. Nothing is reported any more."""
        self._is_closing.set()
        self._thread.join(JOIN_TIMEOUT_S)

    def _run(self) -> None:
        producer = self._take_over()
        if producer is None:
            return
        while not self._is_closing.is_set():
            batch = self._next_batch()
            if batch and not self._commit(producer, batch):
                break
        # It disconnects when it is forgotten. To close it would be to wait for Kafka to end the
        # transaction, which the next producer's taking over does.
        producer.purge()

    def _take_over(self) -> Any:
        """A producer that has shut out all older ones; None when it is closed before."""
        while not self._is_closing.is_set():
            producer = Producer(event_settings(self._config, self._reachability))
            while not self._is_closing.is_set():
                try:
                    producer.init_transactions(CALL_TIMEOUT_S)
                except KafkaException as error:
                    self._reason = str(error.args[0].str())
                    if not error.args[0].retriable():
                        break
                else:
                    self._is_ready.set()
                    return producer
            self._is_closing.wait(PAUSE_S)
        return None

    def _next_batch(self) -> list[EventRecord]:
        """What waits, all of it; at most a short while is waited for the first."""
        try:
            batch = [self._waiting.get(timeout=CALL_TIMEOUT_S / 4)]
        except queue.Empty:
            return []
        while len(batch) < self._config.events_in_flight_max:
            try:
                batch.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return batch

    def _commit(self, producer: Any, batch: list[EventRecord]) -> bool:
        """Whether Kafka has the batch; if not, it is for the next producer to ask what it has."""
        try:
            producer.begin_transaction()
            for record in batch:
                producer.produce(
                    self._config.events_topic,
                    record.value,
                    key=record.key,
                    headers=record.headers,
                    partition=EVENTS_PARTITION,
                )
            is_committed = self._end_transaction(producer)
        except (KafkaException, BufferError) as error:
            if not self._is_closing.is_set():
                self._on_failed(batch[0].seq, str(error))
            return False
        if is_committed:
            self._reachability.on_answer()
            for record in batch:
                self._on_delivered(record.seq)
        return is_committed

    def _end_transaction(self, producer: Any) -> bool:
        """Commit, asking again as long as Kafka may still do it; False when closed meanwhile."""
        while not self._is_closing.is_set():
            try:
                producer.commit_transaction(CALL_TIMEOUT_S)
            except KafkaException as error:
                if not error.args[0].retriable():
                    raise
            else:
                return True
        return False


def event_settings(config: GatewayConfig, reachability: Reachability) -> dict[str, Any]:
    """Settings under which no event is lost, doubled or overtaken, and only one gateway writes."""
    timeout_ms = int(config.delivery_timeout_s * 1000)
    return {
        **producer_settings(config, reachability),
        "transactional.id": transactional_id(config),
        # What a gateway that died had begun hides what comes behind it for at most so long.
        "transaction.timeout.ms": timeout_ms,
        "delivery.timeout.ms": timeout_ms,
    }


def transactional_id(config: GatewayConfig) -> str:
    """The same for all gateways of one events topic: Kafka lets one of them write at a time."""
    return f"muster-gateway-{config.events_topic}"
