"""Sends the orders over time, as a producer that promises each at least once."""

from __future__ import annotations

import json
from typing import Any

from confluent_kafka import Producer

from muster_cli.exits import CommandError

FLUSH_DEADLINE_S = 60.0


class Sender:
    """Sends what is due.

    :param sendings: when to send which order, s from the start, in the order of time.
    """

    def __init__(
        self, bootstrap: str, topic: str, sendings: list[tuple[float, dict[str, Any]]]
    ) -> None:
        self._topic = topic
        self._left = sendings[::-1]
        self._sent: set[str] = set()
        self._failures: list[str] = []
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "delivery.timeout.ms": 0,  # none: Kafka may be away for as long as it likes
                "linger.ms": 5,
                "log_level": 0,
                "error_cb": lambda error: None,
            }
        )

    @property
    def sent(self) -> int:
        """Orders that were sent at least once."""
        return len(self._sent)

    @property
    def is_done(self) -> bool:
        """Whether all have been handed to Kafka's client."""
        return not self._left

    def send_due(self, elapsed_s: float) -> None:
        """Send what is due by now."""
        while self._left and self._left[-1][0] <= elapsed_s:
            _, order = self._left.pop()
            self._sent.add(order["order_id"])
            self._producer.produce(
                self._topic,
                key=order["order_id"].encode(),
                value=json.dumps(order).encode(),
                on_delivery=self._on_delivery,
            )
        self._producer.poll(0)

    def send_rest(self) -> None:
        """Send what is left, whenever it was due; returns when Kafka has everything.

        :raises CommandError: when Kafka has not taken all of it in time.
        """
        self.send_due(float("inf"))
        left = self._producer.flush(FLUSH_DEADLINE_S)
        if left or self._failures:
            why = self._failures[0] if self._failures else f"no answer for {FLUSH_DEADLINE_S:g} s"
            raise CommandError(f"Kafka has not taken {left + len(self._failures)} orders: {why}")

    def _on_delivery(self, error: Any, _message: Any) -> None:
        if error is not None:
            self._failures.append(str(error))
