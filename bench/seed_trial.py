"""Trials of ``seed_design``: orders into Kafka, results out of it, and what that took."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from confluent_kafka import Consumer, Producer
from seed_load import Passage, arrivals, ended_within, per_minute, waits_ms
from seed_sides import Side

POLL_S_MAX = 0.01
DRAIN_TIMEOUT_S = 120.0


class UnfinishedOrdersError(Exception):
    """Orders did not end in time."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial found.

    :param orders: that ended while it was measured.
    :param cpu_s: of all the side's processes meanwhile.
    :param waits_ms: from order to robot, of the orders sent meanwhile.
    """

    orders: int
    orders_per_min: float
    cpu_s: float
    waits_ms: list[float]

    @property
    def cpu_ms_per_order(self) -> float:
        """CPU time of all the side's processes for each order that ended, ms."""
        return self.cpu_s / self.orders * 1e3


@dataclass(frozen=True, slots=True)
class Span:
    """How long a trial goes on before it is measured, and while it is, s."""

    warm_up_s: float
    measured_s: float

    @property
    def whole_s(self) -> float:
        """Both together."""
        return self.warm_up_s + self.measured_s


class Line:
    """One producer of orders and one reader of results, on one thread.

    :param topic: where the orders go.
    :param bays: how many places the orders name, in turns.
    """

    def __init__(self, side: Side, topic: str, *, bays: int) -> None:
        self._side = side
        self._topic = topic
        self._bays = bays
        self._passages: dict[str, Passage] = {}
        self._ended = 0
        self._producer = Producer({"bootstrap.servers": side.bootstrap, "linger.ms": 0})
        self._consumer = Consumer(
            {
                "bootstrap.servers": side.bootstrap,
                "group.id": f"bench-{topic}",
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
            }
        )
        self._consumer.subscribe([side.results])

    def stream(self, rate: float, span: Span, *, seed: int) -> Trial:
        """Orders that come by chance, ``rate`` a second, whether robots are free or not."""
        coming = arrivals(rate, span.whole_s, seed=seed)
        start_s, next_s = time.monotonic(), next(coming, None)

        def send_due() -> None:
            nonlocal next_s
            while next_s is not None and start_s + next_s <= time.monotonic():
                self._send()
                next_s = next(coming, None)

        return self._measure(send_due, span)

    def saturate(self, orders_open: int, span: Span) -> Trial:
        """Orders that never run out: ``orders_open`` are always sent and not ended."""

        def send_missing() -> None:
            while len(self._passages) - self._ended < orders_open:
                self._send()

        return self._measure(send_missing, span)

    def close(self) -> None:
        """Let go of Kafka."""
        self._consumer.close()

    def _measure(self, send: Callable[[], None], span: Span) -> Trial:
        """Send and take in for as long; then let what was sent come to its end."""
        self._work(send, span.warm_up_s)
        start_ns, cpu_s = time.time_ns(), self._side.cpu_s()
        self._work(send, span.measured_s)
        end_ns, cpu_s = time.time_ns(), self._side.cpu_s() - cpu_s
        self._work(lambda: None, DRAIN_TIMEOUT_S, until_all_ended=True)
        orders = ended_within(self._passages.values(), start_ns, end_ns)
        return Trial(
            orders,
            per_minute(orders, start_ns, end_ns),
            cpu_s,
            waits_ms(self._passages.values(), start_ns, end_ns),
        )

    def _work(
        self, send: Callable[[], None], duration_s: float, *, until_all_ended: bool = False
    ) -> None:
        """Send and take in.

        :raises UnfinishedOrdersError: when not all have ended by then that were to.
        """
        deadline_s = time.monotonic() + duration_s
        while time.monotonic() < deadline_s:
            if until_all_ended and self._ended == len(self._passages):
                return
            send()
            self._producer.poll(0)
            message = self._consumer.poll(POLL_S_MAX)
            if message is not None and message.error() is None:
                self._take(json.loads(message.value()), message.timestamp()[1] * 1_000_000)
        if until_all_ended:
            raise UnfinishedOrdersError(
                f"{len(self._passages) - self._ended} of {len(self._passages)} orders of "
                f"{self._topic} did not end within {duration_s:g} s after the last"
            )

    def _take(self, result: object, kafka_ns: int) -> None:
        if self._side.take(self._passages, result, kafka_ns):
            self._ended += 1

    def _send(self) -> None:
        number = len(self._passages) + 1
        order_id = f"{self._topic}-{number}"
        order = {
            "order_id": order_id,
            "kind": "scan",
            "places": [f"bay_{1 + number % self._bays}"],
        }
        self._passages[order_id] = Passage(time.time_ns())
        self._producer.produce(self._topic, json.dumps(order).encode(), key=order_id)
