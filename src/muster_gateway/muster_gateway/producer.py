"""The producer of dead letters, with a thread that tells what became of each record."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaException, Producer

from muster_core.gateway.config import GatewayConfig
from muster_core.gateway.envelope import Headers
from muster_gateway.connection import Reachability, client_settings

POLL_S = 0.2
JOIN_TIMEOUT_S = 5.0
MESSAGE_BYTES_MAX = 8 * 1024 * 1024  # a plan of very many steps is larger than Kafka's default
LINGER_MS = 5

OnDelivery = Callable[[str], None]
"""Gets why the record was not delivered; empty when it was. Called from the producer's thread."""


class KafkaProducer:
    """Hands records to Kafka in the background. Made started; ``close`` drops what is not sent.

    :param settings: as :func:`dead_letter_settings` gives them.
    """

    def __init__(self, settings: dict[str, Any], reachability: Reachability) -> None:
        self._producer = Producer(settings)
        self._reachability = reachability
        self._refused: queue.SimpleQueue[tuple[OnDelivery, str]] = queue.SimpleQueue()
        self._is_closing = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="kafka-producer", daemon=True)
        self._thread.start()

    def produce(
        self,
        topic: str,
        value: bytes,
        *,
        headers: Headers,
        on_delivery: OnDelivery,
    ) -> None:
        """Queue the record; ``on_delivery`` is called once, unless it is closed before."""

        def report(error: Any, _message: Any) -> None:
            if not error:
                self._reachability.on_answer()
            on_delivery(str(error.str()) if error else "")

        try:
            self._producer.produce(topic, value, headers=headers, on_delivery=report)
        except (KafkaException, BufferError) as error:
            self._refused.put((on_delivery, str(error)))

    def wait_closing(self, timeout_s: float) -> bool:
        """Whether it is being closed; waits for that at most ``timeout_s``."""
        return self._is_closing.wait(timeout_s)

    def close(self) -> None:
        """Drop what is not sent and disconnect. No delivery is reported any more."""
        self._is_closing.set()
        self._thread.join(JOIN_TIMEOUT_S)
        self._producer.purge()
        self._producer.close(0)

    def _poll(self) -> None:
        while not self._is_closing.is_set():
            self._producer.poll(POLL_S)
            while not self._refused.empty():
                on_delivery, reason = self._refused.get_nowait()
                on_delivery(reason)


def dead_letter_settings(config: GatewayConfig, reachability: Reachability) -> dict[str, Any]:
    """Settings for records whose order does not matter; one that times out is sent again."""
    return {
        **producer_settings(config, reachability),
        "delivery.timeout.ms": int(config.delivery_timeout_s * 1000),
    }


def producer_settings(config: GatewayConfig, reachability: Reachability) -> dict[str, Any]:
    """What the producers of events and of dead letters have in common."""
    return {
        **client_settings(config.bootstrap_servers, reachability.on_error),
        "enable.idempotence": True,
        "acks": "all",
        "linger.ms": LINGER_MS,
        "compression.type": "lz4",
        "message.max.bytes": MESSAGE_BYTES_MAX,
    }
