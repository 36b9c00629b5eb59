"""The batch policy: what it assigns now, what it leaves for later, and how long it takes."""

from __future__ import annotations

import dataclasses
import itertools
import math
import os
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from muster_core.compiled import PLAIN_VARIABLE
from muster_core.ids import RobotId, TaskId
from muster_core.policy import batch
from muster_core.policy.batch import BatchPolicy
from muster_core.policy.checker import examine, price
from muster_core.policy.protocol import AnytimePolicy, BatteryModel, Queue, Snapshot
from muster_core.testing.snapshots import ALIKE, ALL, MIXED, draw_snapshot, plane_stops

INF = math.inf


def make_snapshot(
    travel_s: list[list[float]],
    *,
    busy_s: list[float] | None = None,
    stops: list[tuple[int, int]] | None = None,
    stop_s: list[list[float]] | None = None,
    **fields: object,
) -> Snapshot:
    """Tasks of 30 s; without ``stop_s`` they all begin and end at one stop."""
    travel = np.array(travel_s, np.float32)
    robots, tasks = travel.shape
    known: dict[str, object] = {
        "robot_battery": np.ones(robots, np.float32),
        "task_priority": np.full(tasks, 100, np.uint8),
        "task_waiting_s": np.zeros(tasks, np.float32),
        "task_slack_s": np.full(tasks, INF, np.float32),
        "task_duration_s": np.full(tasks, 30.0, np.float32),
    }
    known |= {
        name: np.array(value, known[name].dtype) if name in known else value
        for name, value in fields.items()
    }
    return Snapshot(
        robot_ids=tuple(RobotId(f"r{i}") for i in range(robots)),
        task_ids=tuple(TaskId(f"o{i}/0") for i in range(tasks)),
        robot_busy_s=np.array(busy_s or [0.0] * robots, np.float32),
        travel_s=travel,
        task_first_stop=np.array([first for first, _ in stops or [(0, 0)] * tasks], np.int32),
        task_last_stop=np.array([last for _, last in stops or [(0, 0)] * tasks], np.int32),
        stop_travel_s=np.array(stop_s or [[0.0]], np.float32),
        **known,
    )


def decided(snapshot: Snapshot) -> dict[int, int]:
    """Robot's number to the number of the task that it begins now."""
    return {
        snapshot.robot_ids.index(each.robot_id): snapshot.task_ids.index(each.task_id)
        for each in BatchPolicy().decide(snapshot, 1.0).assignments
    }


def planned(snapshot: Snapshot) -> dict[int, list[int]]:
    """Robot's number to the numbers of its tasks."""
    return {
        snapshot.robot_ids.index(queue.robot_id): [
            snapshot.task_ids.index(task) for task in queue.task_ids
        ]
        for queue in BatchPolicy().decide(snapshot, 1.0).queues
    }


def least_cost(snapshot: Snapshot) -> float:
    """The least that any schedule of all tasks costs, found by trying them all."""
    robots, tasks = snapshot.robot_ids, snapshot.task_ids
    least = INF
    for owners in itertools.product(range(len(robots)), repeat=len(tasks)):
        cost = 0.0
        for number, robot in enumerate(robots):
            own = [task for task, owner in zip(tasks, owners, strict=True) if owner == number]
            orders = itertools.permutations(own)
            cost += min(price(snapshot, Queue(robot, order)) for order in orders)
        least = min(least, cost)
    return least


@pytest.mark.parametrize("variety", [ALIKE, MIXED, ALL])
@pytest.mark.parametrize("seed", range(4))
def test_no_other_schedule_of_a_few_tasks_is_better(seed: int, variety: object) -> None:
    generator = np.random.default_rng(seed)
    robots, tasks = [(1, 4), (2, 5), (3, 4), (4, 3)][seed]
    snapshot = draw_snapshot(
        generator,
        plane_stops(generator, 6),
        robots=robots,
        tasks=tasks,
        variety=variety,
    )
    decision = BatchPolicy().decide(snapshot, 1.0)
    assert decision.objective == pytest.approx(least_cost(snapshot), rel=1e-6)


@pytest.mark.parametrize("variety", [ALIKE, MIXED, ALL])
@pytest.mark.parametrize(("robots", "tasks"), [(3, 40), (30, 40), (40, 30)])
def test_every_task_is_in_one_queue_and_the_objective_is_the_checker_s(
    robots: int, tasks: int, variety: object
) -> None:
    generator = np.random.default_rng(robots)
    snapshot = draw_snapshot(
        generator,
        plane_stops(generator),
        robots=robots,
        tasks=tasks,
        variety=variety,
    )
    decision = BatchPolicy().decide(snapshot, 1.0)
    found = examine(snapshot, decision.queues)
    assert found.faults == ()
    assert len(found.finish_s) == tasks
    assert decision.objective == pytest.approx(found.objective, rel=1e-6)


def test_the_sum_counts_and_not_the_nearest_first() -> None:
    assert decided(make_snapshot([[1.0, 2.0], [3.0, 100.0]])) == {0: 1, 1: 0}


def test_task_is_left_for_a_robot_about_to_finish_nearby() -> None:
    snapshot = make_snapshot(
        [[50.0, 60.0], [0.0, 500.0]],
        busy_s=[0.0, 5.0],
        stops=[(0, 0), (1, 1)],
        stop_s=[[0.0, 500.0], [500.0, 0.0]],
    )
    assert decided(snapshot) == {0: 1}
    assert planned(snapshot) == {0: [1], 1: [0]}


def test_idle_robot_waits_when_another_is_planned_to_do_the_only_task_sooner() -> None:
    snapshot = make_snapshot([[50.0], [0.0]], busy_s=[0.0, 5.0])
    assert (decided(snapshot), planned(snapshot)) == ({}, {1: [0]})


def test_idle_robot_does_not_wait_when_the_other_would_be_slower() -> None:
    assert decided(make_snapshot([[50.0], [0.0]], busy_s=[0.0, 55.0])) == {0: 0}


def test_task_that_has_waited_long_is_not_left_for_later() -> None:
    snapshot = make_snapshot(
        [[50.0], [0.0]], busy_s=[0.0, 5.0], task_waiting_s=[batch.RESERVE_WAITING_S_MAX]
    )
    assert (decided(snapshot), planned(snapshot)) == ({0: 0}, {0: [0]})


def test_runner_up_may_be_the_robot_about_to_finish() -> None:
    snapshot = make_snapshot([[50.0], [3.0]], busy_s=[0.0, 55.0])
    (assignment,) = BatchPolicy().decide(snapshot, 1.0).assignments
    assert (assignment.robot_id, assignment.cost) == ("r0", 50.0)
    assert (assignment.runner_up, assignment.runner_up_cost) == ("r1", 58.0)


def test_queue_follows_the_shorter_way() -> None:
    # From a robot at stop 0: there and on to the next, not to and fro.
    stop_s = [[0.0, 10.0, 100.0], [10.0, 0.0, 90.0], [100.0, 90.0, 0.0]]
    snapshot = make_snapshot([[100.0, 0.0, 10.0]], stops=[(2, 2), (0, 1), (1, 2)], stop_s=stop_s)
    assert planned(snapshot) == {0: [1, 2, 0]}


def test_higher_priority_is_worth_a_detour_of_its_weight() -> None:
    # Done first, task 1 ends 30 s sooner and task 0 90 s later: 16 levels are worth three times.
    def first(priority: int) -> int:
        snapshot = make_snapshot(
            [[10.0, 40.0]],
            stops=[(0, 0), (1, 1)],
            stop_s=[[0.0, 30.0], [30.0, 0.0]],
            task_priority=[100, priority],
        )
        return decided(snapshot)[0]

    assert (first(100), first(115), first(117)) == (0, 0, 1)


def test_deadline_goes_first_when_it_would_be_missed_otherwise() -> None:
    def first(slack_s: float) -> int:
        return decided(make_snapshot([[10.0, 20.0]], task_slack_s=[INF, slack_s]))[0]

    assert (first(INF), first(200.0), first(60.0)) == (0, 0, 1)


def test_a_change_of_mind_must_gain_what_it_costs() -> None:
    def robot(travel_s: float) -> int:
        snapshot = make_snapshot([[20.0], [travel_s]], task_planned_for=np.array([0], np.int32))
        return next(iter(decided(snapshot)))

    assert (robot(16.0), robot(14.0)) == (0, 1)


def with_battery(charge: list[float], **fields: object) -> Snapshot:
    """Two robots, the first one nearer; a charger 10 s from everywhere. Full lasts 1000 s."""
    chargers: dict[str, object] = {
        "charger_stop": np.array([1], np.int32),
        "charger_free_s": np.zeros(1, np.float32),
        "charger_travel_s": np.full((2, 1), 10.0, np.float32),
    }
    return make_snapshot(
        [[5.0], [200.0]],
        stop_s=[[0.0, 10.0], [10.0, 0.0]],
        robot_battery=charge,
        battery=BatteryModel(work_s=1000.0, charge_s=400.0, low=0.02, ready=1.0),
        **{**chargers, **fields},
    )


def test_robot_that_could_not_reach_a_charger_afterwards_is_not_sent() -> None:
    assert decided(with_battery([0.046, 1.0])) == {0: 0}  # 35 s of work and 10 s to the charger
    assert decided(with_battery([0.044, 1.0])) == {1: 0}


def test_robot_that_charges_first_begins_nothing_now() -> None:
    lonely = with_battery([0.044, 0.0])
    assert (decided(lonely), len(planned(lonely))) == ({}, 1)


def test_charger_that_is_taken_for_long_makes_the_farther_robot_better() -> None:
    def robot(free_s: float) -> int:
        snapshot = with_battery([0.9, 0.0], charger_free_s=np.array([free_s], np.float32))
        far = dataclasses.replace(snapshot, travel_s=np.array([[700.0], [5.0]], np.float32))
        return next(iter(planned(far)))

    # Charging takes about 400 s, and the way by the charger 20 s.
    assert (robot(0.0), robot(500.0)) == (1, 0)


def some_snapshot(robots: int = 10, tasks: int = 30) -> Snapshot:
    generator = np.random.default_rng(5)
    return draw_snapshot(
        generator, plane_stops(generator), robots=robots, tasks=tasks, variety=MIXED
    )


def looks(left_s: float, look_s: float) -> Callable[[], float]:
    """A clock on which each look takes time."""
    times_s = itertools.count(left_s, -look_s)
    return lambda: next(times_s)


def test_without_time_all_tasks_are_planned_all_the_same() -> None:
    snapshot = some_snapshot()
    decision = BatchPolicy().decide_within(snapshot, lambda: 0.0)
    found = examine(snapshot, decision.queues)
    assert found.faults == () and len(found.finish_s) == len(snapshot.task_ids)


def test_more_time_is_never_worse_and_much_is_as_good_as_none_counted() -> None:
    snapshot, policy = some_snapshot(), BatchPolicy()
    assert isinstance(policy, AnytimePolicy)
    costs = [
        policy.decide_within(snapshot, looks(left_s, 0.001)).objective
        for left_s in (0.0, 0.5, 1.0, 2.0, 60.0)
    ]
    assert costs == sorted(costs, reverse=True) and costs[0] > costs[-1]
    assert costs[-1] == policy.decide(snapshot, 1.0).objective


def test_without_a_clock_a_small_budget_is_a_quick_search() -> None:
    snapshot = some_snapshot()
    thorough, quick = (
        BatchPolicy().decide(snapshot, budget_s)
        for budget_s in (batch.THOROUGH_BUDGET_S, batch.THOROUGH_BUDGET_S / 2)
    )
    assert examine(snapshot, quick.queues).faults == ()
    assert thorough.objective < quick.objective <= 1.05 * thorough.objective


def test_small_problem_uses_only_a_share_of_its_time() -> None:
    seen_s: list[float] = []
    look = looks(1.0, 0.001)

    def seconds_left() -> float:
        seen_s.append(look())
        return seen_s[-1]

    BatchPolicy().decide_within(some_snapshot(), seconds_left)
    assert seen_s[-1] >= 1.0 - batch.SHARE_MIN - 300 * batch.SHARE_PAIR


DECIDE = """
import numpy as np
from muster_core.policy.batch import BatchPolicy
from muster_core.testing.snapshots import ALL, draw_snapshot, plane_stops
generator = np.random.default_rng(3)
snapshot = draw_snapshot(generator, plane_stops(generator), robots=4, tasks=12, variety=ALL)
print(BatchPolicy().decide(snapshot, 1.0))
"""


def test_compiled_and_plain_kernels_decide_the_same() -> None:
    pytest.importorskip("numba", reason="nothing is compiled without numba")

    def printed(**variables: str) -> str:
        environment = {**os.environ, **variables}
        ran = subprocess.run(
            [sys.executable, "-c", DECIDE],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return ran.stdout

    plain = printed(**{PLAIN_VARIABLE: "1"})
    assert "Queue(" in plain
    assert plain == printed(**{PLAIN_VARIABLE: ""})
