"""The checker: what it reckons by hand, and the faults that it finds."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from muster_core.ids import RobotId, TaskId
from muster_core.policy.checker import examine, price
from muster_core.policy.protocol import BatteryModel, Queue, Snapshot, example

FIRST, SECOND = TaskId("o-1/0"), TaskId("o-2/0")
ONE, TWO = RobotId("robot_1"), RobotId("robot_2")


def plain() -> Snapshot:
    """The example without batteries, and with nothing planned."""
    return dataclasses.replace(
        example(),
        battery=BatteryModel(),
        task_planned_for=np.full(2, -1, np.int32),
        task_priority=np.array([100, 110], np.uint8),
    )


def test_queue_is_driven_one_task_after_the_other() -> None:
    found = examine(plain(), [Queue(ONE, (FIRST, SECOND))])
    # 10 s there and 30 s of work; it ends where the second begins; the deadline is 120 s away.
    assert found.finish_s == {FIRST: 40.0, SECOND: 70.0}
    # The first has waited for a minute, which also weighs; ten levels of priority count twice.
    assert found.objective == pytest.approx((1 + 60 / 3600) * (60 + 40) + 2 * 70)
    assert found.faults == ()


def test_ways_and_work_of_a_slow_robot_take_longer() -> None:
    slow = dataclasses.replace(plain(), robot_slowness=np.array([2.0, 1.0], np.float32))
    found = examine(slow, [Queue(ONE, (SECOND, FIRST))])
    assert found.finish_s == {SECOND: 80.0, FIRST: 140.0}  # 20 s there as told, then twice 30 s


def test_lateness_costs_steeply() -> None:
    late = dataclasses.replace(plain(), task_slack_s=np.array([np.inf, 60.0], np.float32))
    queue = Queue(ONE, (FIRST, SECOND))
    assert price(late, queue) - price(plain(), queue) == pytest.approx(2 * 20 * 10)


def test_another_robot_than_planned_costs_a_change_of_mind() -> None:
    changed = dataclasses.replace(plain(), task_planned_for=np.array([1, 0], np.int32))
    queue = Queue(ONE, (FIRST, SECOND))
    assert price(changed, queue) - price(plain(), queue) == pytest.approx((1 + 60 / 3600) * 5)


def test_low_robot_charges_before_its_task() -> None:
    # Robot 2 has 0.25 * 600 - 5 = 145 s of work left when it is free, less than the 150 s that are
    # low. Robot 1 is low later.
    shot = dataclasses.replace(example(), robot_battery=np.array([0.9, 0.25], np.float32))
    found = examine(shot, [Queue(TWO, (SECOND,))])
    # 5 s busy, 10 s to the charger, from 135 to 540 s of work at 0.5 s each, 15 s there, 30 s.
    assert found.finish_s[SECOND] == pytest.approx(5 + 10 + (540 - 135) * 0.5 + 15 + 30)


def test_unknown_stops_are_as_far_as_stops_are_on_average() -> None:
    unknown = dataclasses.replace(plain(), task_first_stop=np.array([0, -1], np.int32))
    found = examine(unknown, [Queue(ONE, (FIRST, SECOND))])
    assert found.finish_s[SECOND] == 40.0 + 15.0 + 30.0


@pytest.mark.parametrize(
    ("queues", "fault"),
    [
        ([Queue(ONE, (FIRST,))], "task o-2/0 is left out; robot robot_1 can do it"),
        ([Queue(ONE, (FIRST, SECOND, FIRST))], "task o-1/0 is planned twice"),
        ([Queue(ONE, (FIRST,)), Queue(ONE, (SECOND,))], "robot robot_1 has two queues"),
        ([Queue(TWO, (FIRST, SECOND))], "robot robot_2 cannot do task o-1/0 then"),
        ([Queue(ONE, (FIRST, SECOND, TaskId("o-3/0")))], "no task o-3/0"),
        ([Queue(RobotId("robot_3"), (FIRST, SECOND))], "no robot robot_3"),
    ],
)
def test_fault_is_found_and_told(queues: list[Queue], fault: str) -> None:
    assert fault in examine(plain(), queues).faults


def test_queue_that_cannot_be_done_costs_infinitely_much() -> None:
    assert examine(plain(), [Queue(TWO, (FIRST, SECOND))]).objective == np.inf
