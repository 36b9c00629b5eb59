"""What only a real Kafka does: shut out a producer whose successor has come.

Runs where Java is and the jars were fetched (``tools/kafka/fetch.sh``, which ``make chaos`` calls).
"""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("confluent_kafka")

from confluent_kafka import KafkaException, Producer

from muster_core.clock import utc_text
from muster_core.gateway.config import GatewayConfig
from muster_core.gateway.envelope import event_value
from muster_core.gateway.records import LoggedEvent
from muster_gateway import real_kafka
from muster_gateway.connection import Reachability
from muster_gateway.event_producer import EventProducer, EventRecord, event_settings
from muster_gateway.position import read_last_event

JARS = Path(__file__).parents[3] / "build" / "kafka"
WAIT_S = 40.0

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(
        bool(real_kafka.missing(JARS)), reason=f"no real Kafka: {real_kafka.missing(JARS)}"
    ),
]


class Broker:
    """A Kafka that can be killed and started again."""

    def __init__(self, directory: Path) -> None:
        self._command = [sys.executable, "-m", "muster_gateway.real_kafka", "--jars", str(JARS)]
        self._command += ["--directory", str(directory)]
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("bootstrap: "), line
        self.address = line.removeprefix("bootstrap: ").strip()
        deadline_s = time.monotonic() + WAIT_S
        client = Producer({"bootstrap.servers": self.address, "log_level": 0})
        while True:
            try:
                client.list_topics(timeout=1.0)
                return
            except KafkaException:
                assert time.monotonic() < deadline_s, "Kafka does not start"

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(WAIT_S)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    broker = Broker(tmp_path_factory.mktemp("kafka"))
    yield broker
    broker.kill()


def record(seq: int) -> EventRecord:
    event = LoggedEvent(seq=seq, wall_ns=seq, epoch=1, type="robot_silent")
    return EventRecord(seq, event_value(event), None, [])


class Gateway:
    """One generation of producer, and what it told."""

    def __init__(self, config: GatewayConfig) -> None:
        self.config = config
        self.delivered: queue.Queue[int] = queue.Queue()
        self.failed: queue.Queue[tuple[int, str]] = queue.Queue()
        self.producer = EventProducer(
            config,
            Reachability(config.bootstrap_servers),
            on_delivered=self.delivered.put,
            on_failed=lambda seq, reason: self.failed.put((seq, reason)),
        )
        assert self.producer.wait_ready(WAIT_S) == ""

    def last(self) -> int:
        found = read_last_event(self.config, timeout_s=WAIT_S, is_stopping=lambda: False)
        if found is None:
            return 0
        assert found.time == utc_text(found.seq)
        return found.seq


def test_a_gateway_that_stood_still_cannot_write_once_its_successor_has_asked(
    broker: Broker,
) -> None:
    config = GatewayConfig(bootstrap_servers=broker.address, events_topic="fenced")
    old = Gateway(config)
    old.producer.produce(record(1))
    assert old.delivered.get(timeout=WAIT_S) == 1

    new = Gateway(config)
    assert new.last() == 1
    old.producer.produce(record(2))  # as if it had been on its way all the time
    seq, reason = old.failed.get(timeout=WAIT_S)
    assert seq == 2, reason
    assert new.last() == 1

    new.producer.produce(record(2))
    assert new.delivered.get(timeout=WAIT_S) == 2
    assert new.last() == 2
    old.producer.close()
    new.producer.close()


def test_what_a_killed_gateway_had_not_committed_is_seen_by_nobody(broker: Broker) -> None:
    config = GatewayConfig(bootstrap_servers=broker.address, events_topic="half")
    first = Gateway(config)
    assert first.last() == 0
    first.producer.produce(record(1))
    assert first.delivered.get(timeout=WAIT_S) == 1
    first.producer.close()

    # It dies in the middle of a transaction: Kafka has the records, and no word what to do.
    dying = Producer(event_settings(config, Reachability(broker.address)))
    dying.init_transactions(WAIT_S)
    dying.begin_transaction()
    for seq in range(2, 400):
        dying.produce("half", record(seq).value, partition=0)
    assert dying.flush(WAIT_S) == 0

    second = Gateway(config)
    assert second.last() == 1, "the last event stands far before the end of the topic"
    second.producer.produce(record(2))
    assert second.delivered.get(timeout=WAIT_S) == 2
    assert second.last() == 2
    second.producer.close()
    dying.purge()


def test_events_go_on_after_the_broker_was_killed(broker: Broker) -> None:
    config = GatewayConfig(bootstrap_servers=broker.address, events_topic="killed")
    gateway = Gateway(config)
    gateway.last()  # makes the topic
    gateway.producer.produce(record(1))
    assert gateway.delivered.get(timeout=WAIT_S) == 1
    broker.kill()
    gateway.producer.produce(record(2))
    broker.start()
    assert gateway.delivered.get(timeout=WAIT_S) == 2
    assert gateway.failed.empty()
    assert gateway.last() == 2
    gateway.producer.close()
