"""Where the events' topic ends: asked of Kafka itself, for no other place could know."""

from __future__ import annotations

import time
from collections.abc import Callable

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from muster_core.errors import MusterError
from muster_core.gateway.config import GatewayConfig
from muster_core.gateway.envelope import exported_event
from muster_core.gateway.records import ExportedEvent
from muster_gateway.connection import client_settings

EVENTS_PARTITION = 0
"""All events go to one partition, for Kafka keeps an order only within one."""
LOOK_BACK_RECORDS = 16
LOOK_BACK_GROWTH = 8
"""Behind the last event may stand markers of transactions, and events that were not committed."""
POLL_S = 0.5
KNOWN_PERIOD_S = 0.05


class PositionError(MusterError):
    """Kafka did not say where the events' topic ends; the message says why."""


def read_last_event(
    config: GatewayConfig, *, timeout_s: float, is_stopping: Callable[[], bool]
) -> ExportedEvent | None:
    """The last event in the events' topic; None when it has none. The topic is made if need be.

    :param is_stopping: ends the wait early.
    :raises PositionError: when Kafka does not answer in time, or the topic cannot be made.
    :raises ForeignRecordError: when the last record is not an event of Muster.
    """
    settings = {
        **client_settings(config.bootstrap_servers, lambda _error: None),
        "group.id": f"{config.consumer_group}-position",  # required, and never joined
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "isolation.level": "read_committed",
    }
    consumer = Consumer(settings)
    deadline_s = time.monotonic() + timeout_s
    try:
        _ensure_topic(consumer, config, timeout_s)
        place = TopicPartition(config.events_topic, EVENTS_PARTITION)
        first, end = consumer.get_watermark_offsets(place, timeout=timeout_s)
        value, look_back = None, LOOK_BACK_RECORDS
        place.offset = end
        while value is None and place.offset > first:
            place.offset = max(first, end - look_back)
            consumer.assign([place])
            value = _last_value(consumer, deadline_s, is_stopping)
            look_back *= LOOK_BACK_GROWTH
    except KafkaException as error:
        raise PositionError(str(error.args[0].str())) from error
    finally:
        consumer.close()
    return exported_event(value) if value is not None else None


def _last_value(
    consumer: Consumer, deadline_s: float, is_stopping: Callable[[], bool]
) -> bytes | None:
    value: bytes | None = None
    while time.monotonic() < deadline_s and not is_stopping():
        message = consumer.poll(POLL_S)
        if message is None:
            continue
        error = message.error()
        if error is None:
            value = message.value() or b""
        elif error.code() == KafkaError._PARTITION_EOF:
            return value
        elif error.code() != KafkaError._AUTO_OFFSET_RESET:
            raise KafkaException(error)
    raise PositionError("no answer in time")


def _ensure_topic(consumer: Consumer, config: GatewayConfig, timeout_s: float) -> None:
    """Make the events' topic with one partition when Kafka says that it has none.

    That Kafka says so is not believed alone, for one that starts may not know its topics yet: only
    when it can be made there was none.
    """
    topic = config.events_topic
    if _is_known(consumer, topic, timeout_s):
        return
    admin = AdminClient(client_settings(config.bootstrap_servers, lambda _error: None))
    made = admin.create_topics([NewTopic(topic, num_partitions=1)], request_timeout=timeout_s)
    try:
        made[topic].result(timeout_s)
    except (KafkaException, TimeoutError) as failure:
        raise PositionError(
            f"there is no topic {topic!r} and it cannot be made ({failure}); "
            "make it with one partition"
        ) from failure
    deadline_s = time.monotonic() + timeout_s
    while not _is_known(consumer, topic, timeout_s):
        if time.monotonic() > deadline_s:
            raise PositionError(f"topic {topic!r} was made and does not appear")
        consumer.poll(KNOWN_PERIOD_S)


def _is_known(consumer: Consumer, topic: str, timeout_s: float) -> bool:
    error = consumer.list_topics(topic, timeout=timeout_s).topics[topic].error
    if error is not None and error.code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
        raise KafkaException(error)
    return error is None
