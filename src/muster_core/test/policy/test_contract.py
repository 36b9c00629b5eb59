"""What every registered policy keeps, whatever it is asked."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from muster_core.errors import ErrorCode
from muster_core.ids import OrderId, RobotId, TaskId
from muster_core.kinds import KINDS
from muster_core.order import Order
from muster_core.plugins import POLICY_GROUP, plugin_names
from muster_core.policy.checker import examine
from muster_core.policy.loader import load_policy
from muster_core.policy.protocol import Decision, Policy, Snapshot
from muster_core.site import Edge, Place, PlaceKind, Site, Vertex

SITE = Site(
    name="pair",
    vertices=(Vertex("a", 0.0, 0.0), Vertex("b", 5.0, 0.0)),
    edges=(Edge("a", "b", 5.0), Edge("b", "a", 5.0)),
    places={
        "shelf_1": Place("shelf_1", "a", PlaceKind.SHELF),
        "pack_1": Place("pack_1", "b", PlaceKind.STATION),
    },
)


BUILT_IN = ("batch", "nearest")


@pytest.fixture(scope="module", params=plugin_names(POLICY_GROUP))
def policy(request: pytest.FixtureRequest) -> Policy:
    return load_policy(request.param)


@pytest.fixture(scope="module", params=BUILT_IN)
def built_in(request: pytest.FixtureRequest) -> Policy:
    """For what the built-in policies promise and others need not."""
    return load_policy(request.param)


def test_built_in_policies_are_registered() -> None:
    assert set(BUILT_IN) <= set(plugin_names(POLICY_GROUP))


def seconds(*, least: float = 0.0, greatest: float = 500.0) -> st.SearchStrategy[float]:
    """Few different values, so that ties are common, and any in between."""
    few = st.sampled_from([least, 1.0, 2.0, 30.0, 60.0, 61.0, 599.0, 600.0])
    return few | st.floats(least, greatest, width=32)


@st.composite
def snapshots(draw: st.DrawFn, *, robots_max: int = 6, tasks_max: int = 6) -> Snapshot:
    robots = draw(st.integers(0, robots_max))
    tasks = draw(st.integers(0, tasks_max))

    def floats(shape: int | tuple[int, int], element: st.SearchStrategy[float]) -> np.ndarray:
        return draw(arrays.arrays(np.float32, shape, elements=element, fill=st.nothing()))

    odd = st.sampled_from([math.inf, math.nan, -1.0])
    return Snapshot(
        robot_ids=tuple(RobotId(f"r{i}") for i in draw(st.permutations(range(robots)))),
        robot_busy_s=floats(robots, st.just(0.0) | seconds() | odd),
        robot_battery=floats(robots, st.floats(0.0, 1.0, width=32)),
        task_ids=tuple(TaskId(f"o{i}/0") for i in draw(st.permutations(range(tasks)))),
        task_priority=draw(
            arrays.arrays(np.uint8, tasks, elements=st.sampled_from([0, 100, 101, 255]))
        ),
        task_waiting_s=floats(tasks, seconds() | st.just(math.nan)),
        task_slack_s=floats(tasks, st.just(math.inf) | seconds(least=-100.0)),
        task_duration_s=floats(tasks, seconds()),
        travel_s=floats((robots, tasks), seconds() | odd),
    )


def pairs(snapshot: Snapshot, decision: Decision) -> list[tuple[int, int]]:
    return [
        (snapshot.robot_ids.index(each.robot_id), snapshot.task_ids.index(each.task_id))
        for each in decision.assignments
    ]


def is_possible(snapshot: Snapshot, robot: int, task: int) -> bool:
    travel_s = float(snapshot.travel_s[robot, task])
    return bool(snapshot.robot_busy_s[robot] == 0) and math.isfinite(travel_s) and travel_s >= 0


@settings(deadline=None)
@given(snapshot=snapshots())
def test_no_robot_and_no_task_is_assigned_twice(policy: Policy, snapshot: Snapshot) -> None:
    found = pairs(snapshot, policy.decide(snapshot, 1.0))
    assert len({robot for robot, _ in found}) == len({task for _, task in found}) == len(found)


@settings(deadline=None)
@given(snapshot=snapshots())
def test_only_idle_robots_get_only_tasks_they_can_do(policy: Policy, snapshot: Snapshot) -> None:
    for robot, task in pairs(snapshot, policy.decide(snapshot, 1.0)):
        assert is_possible(snapshot, robot, task)


@settings(deadline=None)
@given(snapshot=snapshots())
def test_no_idle_robot_is_left_over_for_a_task_that_nobody_is_planned_to_do_sooner(
    policy: Policy, snapshot: Snapshot
) -> None:
    decision = policy.decide(snapshot, 1.0)
    found = pairs(snapshot, decision)
    robots = set(range(len(snapshot.robot_ids))) - {robot for robot, _ in found}
    tasks = set(range(len(snapshot.task_ids))) - {task for _, task in found}
    planned_s = examine(snapshot, decision.queues).finish_s

    def is_wasted(robot: int, task: int) -> bool:
        finish_s = float(snapshot.travel_s[robot, task] + snapshot.task_duration_s[task])
        return finish_s < planned_s.get(snapshot.task_ids[task], math.inf) - 1e-3

    possible = [pair for pair in itertools.product(robots, tasks) if is_possible(snapshot, *pair)]
    assert not [pair for pair in possible if is_wasted(*pair)]


@settings(deadline=None)
@given(snapshot=snapshots())
def test_what_is_assigned_heads_the_queues_where_there_are_any(
    policy: Policy, snapshot: Snapshot
) -> None:
    decision = policy.decide(snapshot, 1.0)
    heads = {queue.robot_id: queue.task_ids[0] for queue in decision.queues}
    if heads:
        assert all(heads[each.robot_id] == each.task_id for each in decision.assignments)
        assert examine(snapshot, decision.queues).faults == ()


@settings(deadline=None)
@given(snapshot=snapshots())
def test_the_same_snapshot_gets_the_same_decision(policy: Policy, snapshot: Snapshot) -> None:
    assert policy.decide(snapshot, 1.0) == policy.decide(snapshot, 1.0)


@settings(deadline=None)
@given(snapshot=snapshots(), data=st.data())
def test_the_order_of_robots_and_tasks_does_not_matter(
    built_in: Policy, snapshot: Snapshot, data: st.DataObject
) -> None:
    robots = data.draw(st.permutations(range(len(snapshot.robot_ids))))
    tasks = data.draw(st.permutations(range(len(snapshot.task_ids))))
    shuffled = reordered(snapshot, list(robots), list(tasks))
    assert set(built_in.decide(shuffled, 1.0).assignments) == set(
        built_in.decide(snapshot, 1.0).assignments
    )


@settings(deadline=None)
@given(snapshot=snapshots())
def test_cost_is_the_travel_time_and_the_runner_up_another_robot(
    built_in: Policy, snapshot: Snapshot
) -> None:
    decision = built_in.decide(snapshot, 1.0)
    for (robot, task), each in zip(pairs(snapshot, decision), decision.assignments, strict=True):
        assert each.cost == snapshot.travel_s[robot, task]
        if each.runner_up:
            other = snapshot.robot_ids.index(RobotId(each.runner_up))
            assert other != robot
            busy_s, travel_s = snapshot.robot_busy_s[other], snapshot.travel_s[other, task]
            assert each.runner_up_cost == busy_s + travel_s
        else:
            assert each.runner_up_cost == 0.0


@settings(deadline=None)
@given(snapshot=snapshots())
def test_the_snapshot_is_left_as_it_was(policy: Policy, snapshot: Snapshot) -> None:
    travel_s, busy_s = snapshot.travel_s.copy(), snapshot.robot_busy_s.copy()
    policy.decide(snapshot, 1.0)
    np.testing.assert_array_equal(snapshot.travel_s, travel_s)
    np.testing.assert_array_equal(snapshot.robot_busy_s, busy_s)


@pytest.mark.parametrize(("robots", "tasks"), [(0, 0), (0, 3), (3, 0), (3, 3)])
def test_nothing_possible_assigns_nothing(policy: Policy, robots: int, tasks: int) -> None:
    travel_s = np.full((robots, tasks), np.inf, np.float32)
    snapshot = make_snapshot(travel_s, busy_s=np.zeros(robots, np.float32))
    assert policy.decide(snapshot, 1.0) == Decision()


def test_scarce_robot_goes_to_the_much_higher_priority(built_in: Policy) -> None:
    # Much higher, for a policy may weigh a priority against ways and waits (`batch` does).
    snapshot = make_snapshot(
        np.array([[10.0, 40.0]], np.float32),
        busy_s=np.zeros(1, np.float32),
        priority=np.array([100, 200], np.uint8),
        waiting_s=np.array([500.0, 0.0], np.float32),
    )
    assert pairs(snapshot, built_in.decide(snapshot, 1.0)) == [(0, 1)]


def test_scarce_robot_goes_to_the_older_of_two_equal_tasks(built_in: Policy) -> None:
    snapshot = make_snapshot(
        np.array([[10.0, 10.0]], np.float32),
        busy_s=np.zeros(1, np.float32),
        waiting_s=np.array([1.0, 2.0], np.float32),
    )
    assert pairs(snapshot, built_in.decide(snapshot, 1.0)) == [(0, 1)]


@settings(max_examples=200, deadline=None)
@given(
    order=st.builds(
        Order,
        order_id=st.text(max_size=5).map(OrderId),
        kind=st.sampled_from([*KINDS, "", "juggle"]) | st.text(max_size=5),
        pickup=st.sampled_from(["", "shelf_1", "shelf_l"]),
        dropoff=st.sampled_from(["", "pack_1", "nowhere"]) | st.text(max_size=5),
        places=st.lists(st.sampled_from(["", "shelf_1", "pack_1", "pack"]), max_size=4).map(tuple),
        requires=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    )
)
def test_every_order_gets_tasks_or_a_refusal_that_says_why(policy: Policy, order: Order) -> None:
    plan = policy.plan(order, SITE)
    assert plan.order_id == order.order_id
    if plan.refusal is None:
        assert plan.tasks
        assert all(step.place in SITE.places for task in plan.tasks for step in task.steps)
        assert all(set(order.requires) <= set(task.capabilities) for task in plan.tasks)
    else:
        assert not plan.tasks
        assert plan.refusal.code is not ErrorCode.NONE
        assert plan.refusal.message


def test_a_policy_plans_the_kinds_it_names(policy: Policy) -> None:
    assert policy.kinds
    for kind in set(policy.kinds) & set(KINDS):
        order = Order(
            order_id=OrderId("o-1"),
            kind=kind,
            pickup="shelf_1",
            dropoff="pack_1",
            places=("shelf_1", "pack_1"),
        )
        assert policy.plan(order, SITE).tasks


def make_snapshot(
    travel_s: np.ndarray,
    *,
    busy_s: np.ndarray,
    priority: np.ndarray | None = None,
    waiting_s: np.ndarray | None = None,
) -> Snapshot:
    robots, tasks = travel_s.shape
    return Snapshot(
        robot_ids=tuple(RobotId(f"r{i}") for i in range(robots)),
        robot_busy_s=busy_s,
        robot_battery=np.ones(robots, np.float32),
        task_ids=tuple(TaskId(f"o{i}/0") for i in range(tasks)),
        task_priority=np.full(tasks, 100, np.uint8) if priority is None else priority,
        task_waiting_s=np.zeros(tasks, np.float32) if waiting_s is None else waiting_s,
        task_slack_s=np.full(tasks, np.inf, np.float32),
        task_duration_s=np.full(tasks, 30.0, np.float32),
        travel_s=travel_s,
    )


def reordered(snapshot: Snapshot, robots: list[int], tasks: list[int]) -> Snapshot:
    return Snapshot(
        robot_ids=tuple(snapshot.robot_ids[i] for i in robots),
        robot_busy_s=snapshot.robot_busy_s[robots],
        robot_battery=snapshot.robot_battery[robots],
        task_ids=tuple(snapshot.task_ids[i] for i in tasks),
        task_priority=snapshot.task_priority[tasks],
        task_waiting_s=snapshot.task_waiting_s[tasks],
        task_slack_s=snapshot.task_slack_s[tasks],
        task_duration_s=snapshot.task_duration_s[tasks],
        travel_s=snapshot.travel_s[np.ix_(robots, tasks)]
        if robots and tasks
        else np.zeros((len(robots), len(tasks)), np.float32),
    )
