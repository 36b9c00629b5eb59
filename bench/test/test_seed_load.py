"""Claims about what both sides of ``seed_design`` are given, and what is reckoned."""

from __future__ import annotations

import json

import pytest
from seed_load import (
    ROBOT_S_MAX,
    ROBOT_S_MIN,
    OrderFailedError,
    Passage,
    arrivals,
    draw_robot_times,
    ended_within,
    per_minute,
    rate_max,
    take_event,
    take_result,
    waits_ms,
)

SENT_NS = 1_900_000_000_000_000_000
STARTED = "2030-03-17T17:46:40.250Z"  # a quarter of a second after SENT_NS


def test_the_same_seed_draws_the_same_robots() -> None:
    times_s = draw_robot_times(100, seed=1)
    assert times_s == draw_robot_times(100, seed=1) != draw_robot_times(100, seed=2)
    assert all(ROBOT_S_MIN <= robot_s <= ROBOT_S_MAX for robot_s in times_s)
    assert len(set(times_s)) > 90


def test_robots_that_never_wait_do_an_order_each_in_its_time() -> None:
    assert rate_max([2.0, 4.0]) == pytest.approx(0.75)


def test_orders_come_at_the_rate_asked_for_and_in_time() -> None:
    moments_s = list(arrivals(8.0, 1000.0, seed=3))
    assert moments_s == sorted(moments_s) and moments_s[-1] < 1000.0
    assert len(moments_s) == pytest.approx(8000, rel=0.05)
    assert moments_s == list(arrivals(8.0, 1000.0, seed=3))


def test_an_order_counts_where_it_ended_and_its_wait_where_it_was_sent() -> None:
    passages = [
        Passage(sent_ns=0, started_ns=5_000_000, ended_ns=10_000_000),
        Passage(sent_ns=9_000_000, started_ns=11_000_000, ended_ns=20_000_000),
    ]
    assert ended_within(passages, 10_000_000, 20_000_000) == 1
    assert waits_ms(passages, 1_000_000, 10_000_000) == [2.0]
    assert per_minute(10, 0, 30_000_000_000) == pytest.approx(20.0)


def test_events_of_an_order_tell_when_its_robot_had_it_and_when_it_ended() -> None:
    passages = {"o-1": Passage(SENT_NS)}
    started = {"type": "attempt_started", "order_id": "o-1", "time": STARTED}
    assert not take_event(passages, started, kafka_ns=SENT_NS + 1)
    assert take_event(
        passages, {"type": "order_completed", "order_id": "o-1"}, kafka_ns=SENT_NS + 2
    )
    assert waits_ms(passages.values(), SENT_NS, SENT_NS + 1) == pytest.approx([250.0])
    assert passages["o-1"].ended_ns == SENT_NS + 2


def test_events_of_other_things_are_passed_over() -> None:
    assert not take_event({}, {"type": "order_completed", "order_id": "stranger"}, kafka_ns=1)
    assert not take_event({}, {"type": "epoch_started"}, kafka_ns=1)


def test_an_order_that_fails_spoils_the_measurement() -> None:
    failed = {"type": "order_failed", "order_id": "o-1", "reason": "no robot"}
    with pytest.raises(OrderFailedError, match="no robot"):
        take_event({"o-1": Passage(SENT_NS)}, failed, kafka_ns=1)


def test_a_result_tells_the_start_by_the_robots_own_clock() -> None:
    passages = {"o-1": Passage(sent_ns=100)}
    result = json.loads('{"order_id": "o-1", "robot_id": "robot_1", "started_ns": 150}')
    assert take_result(passages, result, kafka_ns=200)
    assert (passages["o-1"].started_ns, passages["o-1"].ended_ns) == (150, 200)
