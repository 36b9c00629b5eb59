"""What both sides of ``seed_design`` are given, and what is reckoned from what they tell.

Pure: seeds are arguments, and times are what was noted.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

ROBOT_S_MIN, ROBOT_S_MAX = 3.0, 7.0
NS_PER_S, NS_PER_MS = 1e9, 1e6
S_PER_MIN = 60.0


class OrderFailedError(Exception):
    """An order that should have been done was not."""


@dataclass(slots=True)
class Passage:
    """One order's way, ns of the host's wall clock; 0 = not heard of.

    :param sent_ns: handed to Kafka by the producer.
    :param started_ns: its robot had it.
    :param ended_ns: its result was handed to Kafka.
    """

    sent_ns: int
    started_ns: int = 0
    ended_ns: int = 0


def draw_robot_times(robots: int, *, seed: int) -> tuple[float, ...]:
    """How long each robot takes for an order, s: drawn once for each robot, for both sides."""
    draw = random.Random(seed)
    return tuple(round(draw.uniform(ROBOT_S_MIN, ROBOT_S_MAX), 3) for _ in range(robots))


def rate_max(robot_times_s: Sequence[float]) -> float:
    """Orders a second of robots that never wait: no orchestration can do more."""
    return sum(1.0 / robot_s for robot_s in robot_times_s)


def arrivals(rate: float, duration_s: float, *, seed: int) -> Iterator[float]:
    """When orders come, s from the start: a Poisson stream of ``rate`` orders a second."""
    draw = random.Random(seed)
    at_s = draw.expovariate(rate)
    while at_s < duration_s:
        yield at_s
        at_s += draw.expovariate(rate)


def ended_within(passages: Iterable[Passage], start_ns: int, end_ns: int) -> int:
    """How many orders ended from ``start_ns`` to before ``end_ns``."""
    return sum(1 for passage in passages if start_ns <= passage.ended_ns < end_ns)


def per_minute(orders: int, start_ns: int, end_ns: int) -> float:
    """Orders a minute, of so many in so long."""
    return orders * S_PER_MIN * NS_PER_S / (end_ns - start_ns)


def waits_ms(passages: Iterable[Passage], start_ns: int, end_ns: int) -> list[float]:
    """From order to robot, ms, of the orders sent from ``start_ns`` to before ``end_ns``."""
    return [
        (passage.started_ns - passage.sent_ns) / NS_PER_MS
        for passage in passages
        if start_ns <= passage.sent_ns < end_ns
    ]


def take_event(passages: Mapping[str, Passage], event: Mapping[str, Any], kafka_ns: int) -> bool:
    """Note what an event of Muster says; whether an order ended.

    A robot counts as having its order when the scheduler records that the robot said so.

    :param kafka_ns: when the event was handed to Kafka, ns.
    :raises OrderFailedError: when an order ended otherwise than completed.
    """
    passage = passages.get(event.get("order_id", ""))
    if passage is None:
        return False
    match event["type"]:
        case "attempt_started":
            moment = datetime.fromisoformat(event["time"].replace("Z", "+00:00"))
            passage.started_ns = int(moment.timestamp() * NS_PER_S)
        case "order_completed":
            passage.ended_ns = kafka_ns
            return True
        case "order_failed" | "order_cancelled" | "order_suspended":
            raise OrderFailedError(f"an order did not end well: {event}")
    return False


def take_result(passages: Mapping[str, Passage], result: Mapping[str, Any], kafka_ns: int) -> bool:
    """Note what a Ray robot's result says; whether an order ended, as with each result.

    :param kafka_ns: when the result was handed to Kafka, ns.
    """
    passage = passages.get(result["order_id"])
    if passage is None:
        return False
    passage.started_ns, passage.ended_ns = result["started_ns"], kafka_ns
    return True
