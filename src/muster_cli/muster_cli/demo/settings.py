"""What a demo run is, and how long its parts may take."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

MOCK_KAFKA = "mock"
ACTION_ORDERS = 1
"""Orders that go through the action instead of through Kafka."""

KAFKA_DEADLINE_S = 20.0
START_BASE_S = 60.0
START_PER_ROBOT_S = 2.0
RUN_BASE_S = 90.0
ORDER_S_MAX = 150.0
"""A generous time for one order by one robot at speed 1, its way and charging included."""
SETTLE_DEADLINE_S = 10.0
"""For the last word of the action and of get_orders, once Kafka has told that all is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSettings:
    """What to run.

    :param run: names this run; part of its order ids.
    :param orders: how many go through Kafka; one more goes through the action.
    :param speed: simulated seconds in a second.
    :param kafka: ``mock``, or ``host:port`` of a real one.
    :param site: the site file.
    """

    run: str
    fleet: str
    robots: int
    orders: int
    speed: float
    kafka: str
    site: Path
    seed: int

    @property
    def is_mock(self) -> bool:
        """Whether the demo starts a Kafka of its own."""
        return self.kafka == MOCK_KAFKA

    @property
    def orders_total(self) -> int:
        """All orders, through whichever door."""
        return self.orders + ACTION_ORDERS

    @property
    def start_deadline_s(self) -> float:
        """How long the fleet may take to be active."""
        return START_BASE_S + START_PER_ROBOT_S * self.robots

    @property
    def run_deadline_s(self) -> float:
        """How long all the orders may take."""
        rounds = math.ceil(self.orders_total / self.robots)
        return RUN_BASE_S + ORDER_S_MAX * rounds / self.speed
