"""The demo's end of Kafka: orders go in, events and dead letters come out."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, NewTopic

from muster_cli.exits import CommandError
from muster_cli.records import Record

REQUEST_DEADLINE_S = 10.0
DELIVERY_DEADLINE_S = 20.0
BATCH_MAX = 500
FIND_PERIOD_S = 1.0


@dataclass(frozen=True, slots=True)
class Topics:
    """Where orders, events and dead letters are."""

    orders: str = "muster.orders"
    events: str = "muster.events"
    dead_letters: str = "muster.dead-letters"

    def renamed(self, run: str) -> Topics:
        """Topics of this run alone: a real fleet on the same Kafka must not get its orders."""
        return Topics(*(f"{name}.{run}" for name in (self.orders, self.events, self.dead_letters)))

    def names(self) -> list[str]:
        """All three."""
        return [self.orders, self.events, self.dead_letters]


class DemoKafka:
    """One producer and one consumer; single-threaded, and bounded in every wait."""

    def __init__(self, bootstrap: str, topics: Topics) -> None:
        self.topics = topics
        self._settings = {"bootstrap.servers": bootstrap, "log_level": 0}
        self._consumer = Consumer(
            {
                **self._settings,
                "group.id": "muster-demo",  # required; positions are neither kept nor shared
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "topic.metadata.refresh.interval.ms": 1000,
                "error_cb": lambda error: None,
            }
        )
        self._unfound = {topics.events, topics.dead_letters}
        self._found: list[Any] = []
        self._looked_s = float("-inf")

    def create_topics(self, *, orders_partitions: int = 1) -> None:
        """Make the topics of this run.

        :raises CommandError: when Kafka does not, or does not answer.
        """
        try:
            Producer(self._settings).list_topics(timeout=REQUEST_DEADLINE_S)
        except KafkaException as error:
            address = self._settings["bootstrap.servers"]
            raise CommandError(
                f"no Kafka answers at {address} within {REQUEST_DEADLINE_S:g} s"
            ) from error
        admin = AdminClient(self._settings)
        topics = [
            NewTopic(name, num_partitions=orders_partitions if name == self.topics.orders else 1)
            for name in self.topics.names()
        ]
        futures = admin.create_topics(topics, request_timeout=REQUEST_DEADLINE_S)
        for name, future in futures.items():
            try:
                future.result(timeout=2 * REQUEST_DEADLINE_S)
            except Exception as error:  # the client raises what it likes, timeouts included
                if not self._is_made_by_asking(name):
                    raise CommandError(
                        f"Kafka does not create the topic {name!r}: {error}"
                    ) from error

    def _is_made_by_asking(self, topic: str) -> bool:
        """Whether a broker that lets nobody create topics makes one when it is asked about it."""
        try:
            found = Producer(self._settings).list_topics(topic, timeout=REQUEST_DEADLINE_S)
        except KafkaException:
            return False
        return found.topics[topic].error is None and bool(found.topics[topic].partitions)

    def delete_topics(self) -> None:
        """Remove the topics of this run; what Kafka refuses stays, and is said by the caller."""
        admin = AdminClient(self._settings)
        futures = admin.delete_topics(self.topics.names(), request_timeout=REQUEST_DEADLINE_S)
        for future in futures.values():
            future.result(timeout=2 * REQUEST_DEADLINE_S)

    def send_orders(self, orders: Iterable[dict[str, Any]]) -> None:
        """Send the orders as JSON, each under its id; returns when Kafka has them all.

        :raises CommandError: when Kafka has not taken them all in time.
        """
        failures: list[str] = []

        def on_delivery(error: Any, message: Any) -> None:
            if error is not None:
                failures.append(str(error))

        producer = Producer({**self._settings, "enable.idempotence": True, "linger.ms": 5})
        for order in orders:
            producer.produce(
                self.topics.orders,
                key=order["order_id"].encode(),
                value=json.dumps(order).encode(),
                on_delivery=on_delivery,
            )
        left = producer.flush(DELIVERY_DEADLINE_S)
        if left or failures:
            why = failures[0] if failures else f"no answer within {DELIVERY_DEADLINE_S:g} s"
            raise CommandError(f"Kafka has not taken {left + len(failures)} orders: {why}")

    def poll(self, duration_s: float) -> Iterator[tuple[str, Any]]:
        """What came: pairs of the topic and the message."""
        if self._unfound and time.monotonic() - self._looked_s > FIND_PERIOD_S:
            self._looked_s = time.monotonic()
            self._find_topics()
        if not self._found:
            time.sleep(duration_s)  # nothing to read from yet, and no event that will say so
            return
        for message in self._consumer.consume(BATCH_MAX, timeout=duration_s):
            if message.error() is None:
                yield message.topic(), message

    def close(self) -> None:
        """Let go of Kafka."""
        self._consumer.close()

    def _find_topics(self) -> None:
        """Read each topic from its beginning, as soon as it exists."""
        try:
            known = self._consumer.list_topics(timeout=REQUEST_DEADLINE_S).topics
        except KafkaException:
            return  # asked again soon; the caller's deadline bounds it
        for name in sorted(self._unfound & known.keys()):
            for partition in known[name].partitions:
                self._found.append(TopicPartition(name, partition, OFFSET_BEGINNING))
            self._unfound.discard(name)
            self._consumer.incremental_assign([part for part in self._found if part.topic == name])


def event_of(message: Any) -> Record | None:
    """The event in a message of the events topic; None when it holds none."""
    body = _json_object(message.value())
    if body is None or "type" not in body:
        return None
    return {
        "seq": body.get("seq", 0),
        "time": body.get("time"),
        "epoch": body.get("epoch", 0),
        "type": body["type"],
        "order_id": body.get("order_id", ""),
        "robot_id": body.get("robot_id", ""),
        "traceparent": body.get("traceparent", ""),
        "data": body,
    }


def refusal_of(message: Any) -> tuple[str, str]:
    """The order id and the reason in a dead letter; the id is empty when it has none."""
    headers = dict(message.headers() or ())
    reason = (headers.get("muster_reason") or b"no reason given").decode(errors="replace")
    body = _json_object(message.value()) or {}
    return str(body.get("order_id", "")), reason


def _json_object(value: bytes | None) -> dict[str, Any] | None:
    try:
        body = json.loads(value or b"")
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
