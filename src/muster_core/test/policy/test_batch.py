"""The batch policy: optimal on small instances, look-ahead, tiers, candidates."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from muster_core.ids import RobotId, TaskId
from muster_core.policy import batch
from muster_core.policy.batch import BatchPolicy
from muster_core.policy.protocol import Snapshot

INF = math.inf
Pair = tuple[int, int]


def make_snapshot(
    travel_s: list[list[float]] | np.ndarray,
    *,
    busy_s: list[float] | None = None,
    priority: list[int] | None = None,
    waiting_s: list[float] | None = None,
) -> Snapshot:
    travel = np.array(travel_s, np.float32)
    robots, tasks = travel.shape
    return Snapshot(
        robot_ids=tuple(RobotId(f"r{i:04}") for i in range(robots)),
        robot_busy_s=np.array(busy_s or [0.0] * robots, np.float32),
        robot_battery=np.ones(robots, np.float32),
        task_ids=tuple(TaskId(f"o{i:04}/0") for i in range(tasks)),
        task_priority=np.array(priority or [100] * tasks, np.uint8),
        task_waiting_s=np.array(waiting_s or [0.0] * tasks, np.float32),
        task_slack_s=np.full(tasks, np.inf, np.float32),
        task_duration_s=np.full(tasks, 30.0, np.float32),
        travel_s=travel,
    )


def decided(snapshot: Snapshot) -> dict[int, int]:
    """Robot's number to task's number."""
    return {
        snapshot.robot_ids.index(each.robot_id): snapshot.task_ids.index(each.task_id)
        for each in BatchPolicy().decide(snapshot, 1.0).assignments
    }


def value(snapshot: Snapshot, found: tuple[Pair, ...]) -> tuple[list[int], float]:
    """What a decision is worth: how many tasks of each tier, from the top, then cost and age."""
    tiers = sorted(set(snapshot.task_priority.tolist()), reverse=True)
    counts = [sum(snapshot.task_priority[task] == tier for _, task in found) for tier in tiers]
    cost_s = sum(float(snapshot.travel_s[pair]) for pair in found)
    age_s = sum(float(snapshot.task_waiting_s[task]) for _, task in found)
    return counts, age_s - cost_s


def all_matchings(snapshot: Snapshot) -> list[tuple[Pair, ...]]:
    robots, tasks = snapshot.travel_s.shape
    possible = [
        pair
        for pair in itertools.product(range(robots), range(tasks))
        if math.isfinite(snapshot.travel_s[pair])
    ]
    return [
        chosen
        for size in range(min(robots, tasks) + 1)
        for chosen in itertools.combinations(possible, size)
        if len({r for r, _ in chosen}) == len({t for _, t in chosen}) == size
    ]


@settings(max_examples=150, deadline=None)
@given(data=st.data(), robots=st.integers(1, 3), tasks=st.integers(1, 4))
def test_no_other_decision_is_better(data: st.DataObject, robots: int, tasks: int) -> None:
    some_s = st.sampled_from([0.0, 1.0, 5.0, 100.0, INF]) | st.floats(0, 300, width=32)
    snapshot = make_snapshot(
        data.draw(arrays.arrays(np.float32, (robots, tasks), elements=some_s)),
        priority=data.draw(st.lists(st.integers(0, 2), min_size=tasks, max_size=tasks)),
        waiting_s=data.draw(st.lists(st.integers(0, 900), min_size=tasks, max_size=tasks)),
    )
    counts, least = value(snapshot, tuple(decided(snapshot).items()))
    best_counts, best = max(value(snapshot, matching) for matching in all_matchings(snapshot))
    assert counts == best_counts
    assert least == pytest.approx(best, abs=1e-3)


def test_the_sum_counts_and_not_the_nearest_first() -> None:
    assert decided(make_snapshot([[1.0, 2.0], [3.0, 100.0]])) == {0: 1, 1: 0}


def test_task_is_reserved_for_a_robot_about_to_finish_nearby() -> None:
    snapshot = make_snapshot([[50.0, 60.0], [0.0, 500.0]], busy_s=[0.0, 5.0])
    assert decided(snapshot) == {0: 1}


def test_runner_up_may_be_the_robot_about_to_finish() -> None:
    snapshot = make_snapshot([[50.0], [3.0]], busy_s=[0.0, 5.0])
    (assignment,) = BatchPolicy().decide(snapshot, 1.0).assignments
    assert (assignment.robot_id, assignment.cost) == ("r0000", 50.0)
    assert (assignment.runner_up, assignment.runner_up_cost) == ("r0001", 8.0)


def test_idle_robot_left_over_takes_the_reserved_task() -> None:
    assert decided(make_snapshot([[50.0], [0.0]], busy_s=[0.0, 5.0])) == {0: 0}


@pytest.mark.parametrize(
    ("busy_s", "waiting_s"),
    [(batch.LOOK_AHEAD_S + 1.0, 0.0), (5.0, batch.RESERVE_WAITING_S_MAX)],
)
def test_task_is_not_reserved_beyond_the_bounds(busy_s: float, waiting_s: float) -> None:
    snapshot = make_snapshot(
        [[50.0, 60.0], [0.0, 500.0]], busy_s=[0.0, busy_s], waiting_s=[waiting_s, 0.0]
    )
    assert decided(snapshot) == {0: 0}


def test_an_older_task_is_worth_as_much_longer_a_way() -> None:
    assert decided(make_snapshot([[10.0, 69.0]], waiting_s=[0.0, 60.0])) == {0: 1}
    assert decided(make_snapshot([[10.0, 71.0]], waiting_s=[0.0, 60.0])) == {0: 0}


def test_priority_outweighs_any_age_and_way() -> None:
    snapshot = make_snapshot([[0.0, 9e5]], priority=[254, 255], waiting_s=[9e4, 0.0])
    assert decided(snapshot) == {0: 1}


def test_many_tiers_do_not_blur_small_differences_of_cost() -> None:
    generator = np.random.default_rng(7)
    tasks = 256
    travel_s = generator.uniform(0.0, 300.0, (tasks, tasks)).astype(np.float32)
    flat = decided(make_snapshot(travel_s))
    tiered = decided(make_snapshot(travel_s, priority=list(range(tasks))))
    assert len(flat) == len(tiered) == tasks
    cost_s = [sum(float(travel_s[pair]) for pair in found.items()) for found in (flat, tiered)]
    assert cost_s[1] == pytest.approx(cost_s[0], abs=1e-2)


def test_robots_left_over_are_used_beyond_the_first_candidates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch, "CANDIDATES_MAX", 2)
    nothing = [INF, INF]
    snapshot = make_snapshot([[*nothing, *nothing, 7.0], [*nothing, 4.0, 3.0, 2.0]])
    assert decided(snapshot) == {0: 4, 1: 3}


@pytest.mark.parametrize(("robots", "tasks"), [(3, 40), (30, 40), (40, 30)])
def test_shapes_of_every_kind_use_every_robot_or_task(robots: int, tasks: int) -> None:
    generator = np.random.default_rng(robots)
    snapshot = make_snapshot(generator.uniform(0.0, 300.0, (robots, tasks)))
    assert len(decided(snapshot)) == min(robots, tasks)
