"""The thread that takes orders from Kafka, and tells Kafka which of them are finished."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from muster_core.gateway.config import GatewayConfig
from muster_core.gateway.inputs import OrderReceived, PartitionsRevoked
from muster_core.gateway.records import RecordPosition
from muster_gateway.connection import Reachability, client_settings

POLL_S = 0.1
PROBE_PERIOD_TURNS = 30  # turns of POLL_S between two questions whether Kafka is back
PROBE_TIMEOUT_S = 1.0
HEARTBEATS = 6  # in a session timeout
PUT_RETRY_S = 0.02
JOIN_TIMEOUT_S = 10.0

Put = Callable[[OrderReceived | PartitionsRevoked], bool]


class OrderConsumer:
    """Reads the orders' topic as a member of the group. Only its own thread uses the Kafka client.

    :param put: takes what was read; False = it has no room now, so ask again.
    :raises KafkaException: when Kafka's client refuses the settings.
    """

    def __init__(self, config: GatewayConfig, put: Put, reachability: Reachability) -> None:
        self._topic = config.orders_topic
        self._put = put
        self._reachability = reachability
        self._lock = threading.Lock()
        self._commits: dict[tuple[str, int], int] = {}
        self._owned: set[tuple[str, int]] = set()
        self._is_pause_wanted = False
        self._is_paused = False
        self._is_stopping = threading.Event()
        self._consumer = Consumer(
            {
                **client_settings(config.bootstrap_servers, reachability.on_error),
                "group.id": config.consumer_group,
                "session.timeout.ms": int(config.session_timeout_s * 1000),
                "heartbeat.interval.ms": int(config.session_timeout_s * 1000 / HEARTBEATS),
                "fetch.wait.max.ms": max(1, int(config.fetch_wait_s * 1000)),
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "allow.auto.create.topics": True,
            }
        )
        self._thread = threading.Thread(target=self._run, name="kafka-consumer", daemon=True)

    def start(self) -> None:
        """Join the group and begin to read."""
        self._consumer.subscribe(
            [self._topic],
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_revoke,
        )
        self._thread.start()

    def stop(self) -> None:
        """Commit what is finished, leave the group and disconnect."""
        self._is_stopping.set()
        if self._thread.ident is not None:
            self._thread.join(JOIN_TIMEOUT_S)
        self._consumer.close()

    def commit(self, topic: str, partition: int, offset: int) -> None:
        """Let Kafka know soon that all records before ``offset`` are finished."""
        with self._lock:
            self._commits[topic, partition] = offset

    def set_paused(self, is_paused: bool) -> None:
        """Stop or go on reading, soon. The membership in the group stays."""
        self._is_pause_wanted = is_paused

    def _run(self) -> None:
        turns = 0
        while not self._is_stopping.is_set():
            self._apply_pause()
            message = self._consumer.poll(POLL_S)
            if message is not None:
                self._take(message)
            self._send_commits(is_last=False)
            turns = turns + 1 if self._reachability.problem else 0
            if turns > PROBE_PERIOD_TURNS:
                turns = 0
                self._probe()
        self._send_commits(is_last=True)

    def _take(self, message: Message) -> None:
        error = message.error()
        if error is not None:
            self._on_read_error(error)
            return
        self._reachability.on_answer()
        position = RecordPosition(message.topic(), message.partition(), message.offset())
        self._put_waiting(OrderReceived(position, message.value() or b""))

    def _on_read_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._PARTITION_EOF:
            return
        self._reachability.on_error(error)

    def _put_waiting(self, item: OrderReceived | PartitionsRevoked) -> None:
        while not self._put(item) and not self._is_stopping.wait(PUT_RETRY_S):
            pass

    def _apply_pause(self) -> None:
        if self._is_pause_wanted == self._is_paused:
            return
        self._is_paused = self._is_pause_wanted
        partitions = self._consumer.assignment()
        if self._is_paused:
            self._consumer.pause(partitions)
        else:
            self._consumer.resume(partitions)

    def _send_commits(self, *, is_last: bool) -> None:
        with self._lock:
            commits, self._commits = self._commits, {}
        offsets = [
            TopicPartition(topic, partition, offset)
            for (topic, partition), offset in commits.items()
            if (topic, partition) in self._owned  # another member may have gone further
        ]
        if not offsets:
            return
        try:
            self._consumer.commit(offsets=offsets, asynchronous=not is_last)
        except KafkaException as error:
            # They are taken again by whoever is next, and the scheduler knows their ids.
            self._reachability.on_error(error.args[0])

    def _on_assign(self, _consumer: Any, partitions: list[TopicPartition]) -> None:
        self._owned.update((place.topic, place.partition) for place in partitions)
        self._is_paused = False  # what is new is not paused; the next turn mends that
        self._reachability.on_answer()

    def _on_revoke(self, _consumer: Any, partitions: list[TopicPartition]) -> None:
        self._send_commits(is_last=True)
        gone = frozenset((place.topic, place.partition) for place in partitions)
        self._owned -= gone
        self._put_waiting(PartitionsRevoked(gone))

    def _probe(self) -> None:
        """Ask Kafka for anything, for an idle consumer does not hear that it is back."""
        try:
            found = self._consumer.list_topics(self._topic, timeout=PROBE_TIMEOUT_S)
        except KafkaException:
            return
        if found.topics[self._topic].error is None:
            self._reachability.on_answer()
