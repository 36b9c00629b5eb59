"""The nearest policy: turns, ties and runners-up."""

from __future__ import annotations

import numpy as np

from muster_core.ids import RobotId, TaskId
from muster_core.policy.nearest import NearestPolicy
from muster_core.policy.protocol import Assignment, Snapshot


def decide(
    travel_s: list[list[float]],
    *,
    robots: str = "abc",
    busy_s: tuple[float, ...] = (0, 0, 0),
    priority: tuple[int, ...] = (100, 100, 100),
    waiting_s: tuple[float, ...] = (0, 0, 0),
) -> tuple[Assignment, ...]:
    travel = np.array(travel_s, np.float32)
    count, tasks = travel.shape
    snapshot = Snapshot(
        robot_ids=tuple(RobotId(robot) for robot in robots[:count]),
        robot_busy_s=np.array(busy_s[:count], np.float32),
        robot_battery=np.ones(count, np.float32),
        task_ids=tuple(TaskId(f"t{i}") for i in range(tasks)),
        task_priority=np.array(priority[:tasks], np.uint8),
        task_waiting_s=np.array(waiting_s[:tasks], np.float32),
        task_slack_s=np.full(tasks, np.inf, np.float32),
        task_duration_s=np.full(tasks, 30.0, np.float32),
        travel_s=travel,
    )
    return NearestPolicy().decide(snapshot, 1.0).assignments


def test_nearest_idle_robot_wins_and_the_second_is_recorded() -> None:
    (found,) = decide([[3.0], [1.0], [2.0]])
    assert found == Assignment(RobotId("b"), TaskId("t0"), 1.0, "c", 2.0)


def test_busy_robot_is_neither_chosen_nor_runner_up() -> None:
    (found,) = decide([[3.0], [1.0]], busy_s=(0, 0.5))
    assert found == Assignment(RobotId("a"), TaskId("t0"), 3.0)


def test_equally_near_robots_are_taken_by_id() -> None:
    (found,) = decide([[1.0], [1.0], [1.0]], robots="cba")
    assert (found.robot_id, found.runner_up) == ("a", "b")


def test_higher_priority_chooses_before_longer_waiting() -> None:
    first, second = decide([[1.0, 1.0], [9.0, 9.0]], priority=(100, 200), waiting_s=(50, 0))
    assert (first.task_id, first.robot_id) == ("t1", "a")
    assert (second.task_id, second.robot_id) == ("t0", "b")


def test_longer_waiting_chooses_first_within_a_priority() -> None:
    (found,) = decide([[1.0, 2.0]], waiting_s=(1, 2))
    assert found.task_id == "t1"


def test_equal_tasks_choose_by_id() -> None:
    (found,) = decide([[1.0, 1.0]])
    assert found.task_id == "t0"
