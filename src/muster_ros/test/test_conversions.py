"""Claims about messages and core types meaning the same."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from muster_msgs import action, msg, srv

from muster_core.errors import ErrorCode, Refusal
from muster_core.ids import AttemptId, OrderId, RobotId, TaskId
from muster_core.order import Order
from muster_core.policy.batch import BatchPolicy
from muster_core.policy.protocol import Plan, Snapshot, example
from muster_core.robot import RobotDescription, RobotMode, RobotReport
from muster_core.task import Outcome, OutcomeResult, Step, TaskProposal
from muster_core.testing.snapshots import ALL, draw_snapshot, plane_stops
from muster_ros import conversions as conv

ORDER = Order(
    order_id=OrderId("o-1"),
    kind="scan",
    pickup="a",
    dropoff="b",
    places=("c", "d"),
    priority=255,
    deadline="2030-01-31T12:00:00Z",
    requires=("fork",),
    payload_kg=0.7,
    requester="wms",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
)


def test_error_codes_are_those_of_the_contract() -> None:
    names = [name for name in dir(msg.ErrorCode) if name.isupper() and name[0] != "_"]
    theirs = {name: getattr(msg.ErrorCode, name) for name in names}
    theirs.pop("SLOT_TYPES", None)  # rosidl's own, and empty
    assert {code.name: code.value for code in ErrorCode} == theirs


def test_defaults_of_the_message_are_those_of_the_core() -> None:
    assert conv.to_order(msg.Order(order_id="o-1")) == Order(order_id=OrderId("o-1"))
    assert conv.to_order(action.ExecuteOrder.Goal(order_id="o-1")) == Order(order_id=OrderId("o-1"))


def test_goal_has_the_fields_of_the_order() -> None:
    fields = msg.Order.get_fields_and_field_types()
    assert action.ExecuteOrder.Goal.get_fields_and_field_types() == fields
    assert tuple(fields) == Order.__struct_fields__


def test_order_survives_the_crossing() -> None:
    assert conv.to_order(conv.order_message(ORDER)) == ORDER


def test_report_survives_the_crossing() -> None:
    outcome = Outcome(
        AttemptId("o-1/0#1"),
        OrderId("o-1"),
        OutcomeResult.FAILED,
        steps_finished=2,
        error_code=ErrorCode.DRIVER_FAILED,
        message="wheel",
    )
    report = RobotReport(
        robot_id=RobotId("robot_1"),
        mode=RobotMode.CHARGING,
        message="charges",
        x=1.5,
        y=-2.5,
        heading=0.5,
        vertex="v",
        battery=0.5,
        epoch=7,
        attempt_id=AttemptId("o-2/0#1"),
        step_index=1,
        steps_total=4,
        busy_s=2.5,
        outcomes=(outcome,),
    )
    assert conv.to_robot_report(conv.robot_state_message(report, 5)) == report


def test_description_survives_the_crossing() -> None:
    description = RobotDescription(
        robot_id=RobotId("robot_1"), capabilities=("go",), site="s", site_digest="d", driver="sim"
    )
    message = conv.robot_description_message(description)
    assert conv.to_robot_description(message) == description


@pytest.mark.parametrize(
    "plan",
    [
        Plan(OrderId("o-1"), (TaskProposal((Step("go", "a", 1.5),), ("go",), payload_kg=0.7),)),
        Plan(OrderId("o-1"), refusal=Refusal(ErrorCode.PLAN_FAILED, "no way")),
    ],
)
def test_plan_survives_the_crossing(plan: Plan) -> None:
    assert conv.to_plan(conv.plan_message(plan)) == plan


def snapshot(robots: int, tasks: int) -> Snapshot:
    random = np.random.default_rng(1)

    def floats(*shape: int) -> np.ndarray:
        return random.random(shape, dtype=np.float32)

    return Snapshot(
        robot_ids=tuple(RobotId(f"r{i}") for i in range(robots)),
        robot_busy_s=floats(robots),
        robot_battery=floats(robots),
        task_ids=tuple(TaskId(f"t{i}") for i in range(tasks)),
        task_priority=np.arange(tasks, dtype=np.uint8),
        task_waiting_s=floats(tasks),
        task_slack_s=np.full(tasks, np.inf, np.float32),
        task_duration_s=floats(tasks),
        travel_s=floats(robots, tasks),
    )


@pytest.mark.parametrize("shape", [(0, 0), (1, 0), (3, 5)])
def test_snapshot_survives_the_crossing(shape: tuple[int, int]) -> None:
    assert_crosses(snapshot(*shape))


def test_snapshot_with_stops_chargers_and_batteries_survives_the_crossing() -> None:
    generator = np.random.default_rng(1)
    stop_s = plane_stops(generator)
    assert_crosses(draw_snapshot(generator, stop_s, robots=3, tasks=5, variety=ALL))


def assert_crosses(before: Snapshot) -> None:
    after = conv.to_snapshot(conv.snapshot_message(before))
    for field in dataclasses.fields(Snapshot):
        ours, theirs = getattr(before, field.name), getattr(after, field.name)
        assert np.array_equal(ours, theirs), field.name
        assert getattr(ours, "dtype", None) == getattr(theirs, "dtype", None), field.name


def test_snapshot_that_contradicts_itself_is_refused_by_name() -> None:
    message = conv.snapshot_message(snapshot(2, 3))
    message.travel_s.pop()
    with pytest.raises(ValueError, match="travel_s has 5 entries instead of 6"):
        conv.to_snapshot(message)


def test_snapshot_that_names_a_stop_it_does_not_have_is_refused() -> None:
    message = conv.snapshot_message(example())
    message.task_last_stop[0] = 2
    with pytest.raises(ValueError, match="task_last_stop names number 2; there are 2"):
        conv.to_snapshot(message)


def test_decision_survives_the_crossing() -> None:
    decision = BatchPolicy().decide(example(), 1.0)
    message = srv.Decide.Response()
    conv.fill_decision(message, decision)
    assert decision.queues and conv.to_decision(message) == decision


def test_numbers_of_a_newer_version_do_not_crash() -> None:
    report = conv.to_robot_report(msg.RobotState(robot_id="r", state=200))
    assert report.mode is RobotMode.FAULT
    outcome = conv.to_outcome(msg.Outcome(attempt_id="a", result=99, error_code=65000))
    assert outcome.result is OutcomeResult.FAILED
    assert outcome.error_code is ErrorCode.DRIVER_FAILED
