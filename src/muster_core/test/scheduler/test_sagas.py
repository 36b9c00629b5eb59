"""Claims about orders whose attempts fail: what follows depends on what was already done."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from muster_core import events as ev
from muster_core.errors import ErrorCode
from muster_core.ids import OrderId, RobotId
from muster_core.robot import RobotMode
from muster_core.scheduler.ledger import Ledger
from muster_core.task import OutcomeResult, TaskPurpose
from muster_core.testing.scripted_fleet import SITE, Fleet, Robot, make_fleet

LEASE = {"lease_s": 6.0, "safe_point_s_max": 2.0, "heartbeat_timeout_s": 3.0}


def started(robots: int = 2, steps: int = 0, **config: object) -> Fleet:
    """A fleet whose robot_1 has finished so many steps of a delivery."""
    fleet = make_fleet(robots, **{**LEASE, **config})
    fleet.submit("o-1")
    fleet.run(1)
    for step in range(1, steps + 1):
        fleet.advance("robot_1", step)
    return fleet


def lose(fleet: Fleet, robot_id: str = "robot_1") -> None:
    fleet.robots[RobotId(robot_id)].is_heard = False
    fleet.run(14)  # the heartbeat's timeout, the lease and the way to a safe point


def steps_of(fleet: Fleet) -> list[str]:
    return [f"{step.verb} {step.place}" for step in fleet.sent[-1].task.steps]


def test_pick_is_permitted_once_the_robot_stands_before_it_and_not_earlier() -> None:
    fleet = started()
    assert fleet.robots[RobotId("robot_1")].permitted == 1
    assert not fleet.events(ev.PickPermitted)
    fleet.advance("robot_1", 1)
    assert [event.step_index for event in fleet.events(ev.PickPermitted)] == [1]
    assert fleet.robots[RobotId("robot_1")].permitted == 4


def test_pick_is_not_permitted_on_a_report_of_another_epoch() -> None:
    fleet = started()
    fleet.restart()
    robot = fleet.robots[RobotId("robot_1")]
    robot.is_heard = False
    fleet.settle()  # the new scheduler's word does not reach the robot
    robot.is_heard, robot.step_index = True, 1
    fleet.heartbeat()
    assert not fleet.events(ev.PickPermitted)
    fleet.run(0.5)
    fleet.run(4)
    assert len(fleet.events(ev.PickPermitted)) == 1


def test_robot_lost_before_its_pick_was_permitted_is_replaced_by_another() -> None:
    fleet = started()
    lose(fleet)
    fleet.run(3)
    assert [(sent.robot_id, sent.attempt_id) for sent in fleet.sent][-1] == (
        "robot_2",
        "o-1/0#2",
    )
    assert steps_of(fleet)[0] == "go shelf_1"


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_robot_lost_after_its_pick_was_permitted_suspends_the_order(steps: int) -> None:
    fleet = started(steps=steps)
    lose(fleet)
    fleet.run(30)
    assert fleet.state("o-1") == "suspended"
    assert len(fleet.sent) == 1, "nobody repeats it"
    event = fleet.events(ev.OrderSuspended)[0]
    assert event.robot_id == "robot_1" and "robot_1" in event.reason


def test_robot_lost_after_its_last_step_has_done_the_order() -> None:
    fleet = started(steps=4)
    lose(fleet)
    assert fleet.state("o-1") == "completed"


def test_robot_that_failed_with_the_item_on_board_goes_on_with_the_rest() -> None:
    fleet = started(steps=2)
    fleet.end("robot_1", OutcomeResult.FAILED)
    fleet.run(3)
    assert fleet.sent[-1].robot_id == "robot_1"
    assert fleet.sent[-1].task.purpose is TaskPurpose.RESUME
    assert steps_of(fleet) == ["go pack_1", "place pack_1"]
    fleet.end("robot_1", OutcomeResult.SUCCEEDED)
    assert fleet.state("o-1") == "completed"


def test_resuming_goes_to_where_the_next_step_is_done() -> None:
    fleet = started(steps=3)
    fleet.end("robot_1", OutcomeResult.FAILED)
    fleet.run(3)
    assert steps_of(fleet) == ["go pack_1", "place pack_1"]


def test_resuming_is_given_up_after_the_bound_and_a_person_is_asked() -> None:
    fleet = started(steps=2, attempts_max=2, breaker_failures_max=9)
    for _ in range(2):
        fleet.end("robot_1", OutcomeResult.FAILED)
        fleet.run(5)
    assert fleet.state("o-1") == "suspended"


def test_item_on_board_waits_for_its_robot_no_longer_than_the_bound() -> None:
    fleet = started(steps=2, item_wait_s_max=20.0)
    fleet.end("robot_1", OutcomeResult.FAILED)
    fleet.robots[RobotId("robot_1")].mode = RobotMode.FAULT
    fleet.run(18)
    assert fleet.state("o-1") == "active"
    fleet.run(5)
    assert fleet.state("o-1") == "suspended"
    assert "robot_1" in fleet.events(ev.OrderSuspended)[0].reason


def test_uncertain_outcome_asks_a_person() -> None:
    fleet = started(steps=1)
    fleet.end("robot_1", OutcomeResult.FAILED, is_uncertain=True)
    assert fleet.state("o-1") == "suspended"
    assert "may be on robot_1" in fleet.events(ev.OrderSuspended)[0].reason


def test_permitted_pick_that_was_certainly_not_done_is_repeated_by_another() -> None:
    fleet = started(steps=1)
    fleet.end("robot_1", OutcomeResult.FAILED)
    fleet.run(3)
    assert fleet.sent[-1].robot_id == "robot_2"


def test_order_given_up_tells_the_whole_story() -> None:
    fleet = started(robots=3, attempts_max=3)
    for robot in ("robot_1", "robot_2", "robot_3"):
        fleet.end(robot, OutcomeResult.FAILED)
        fleet.run(6)
    reason = fleet.events(ev.OrderFailed)[0].reason
    assert all(robot in reason for robot in ("robot_1", "robot_2", "robot_3"))
    assert fleet.events(ev.OrderFailed)[0].error_code is ErrorCode.RETRIES_EXHAUSTED


def test_retries_back_off_and_a_clock_set_back_does_not_hold_them_up() -> None:
    fleet = started(robots=1, retry_pause_s=4.0, breaker_failures_max=9)
    fleet.end("robot_1", OutcomeResult.FAILED)
    fleet.run(3)
    assert len(fleet.sent) == 1
    fleet.now = fleet.now._replace(wall_ns=fleet.now.wall_ns - 86_400 * 10**9)
    fleet.run(2)
    assert len(fleet.sent) == 2


# Lost robots that come back


def suspended(steps: int = 2, **config: object) -> Fleet:
    fleet = started(steps=steps, **config)
    lose(fleet)
    assert fleet.state("o-1") == "suspended"
    return fleet


def come_back(fleet: Fleet, result: OutcomeResult, steps: int, **how: bool) -> None:
    robot = fleet.robots[RobotId("robot_1")]
    robot.step_index = steps
    robot.end(result, "while it was alone", **how)
    robot.is_heard = True
    fleet.run(1)


def test_late_success_completes_a_suspended_order_once() -> None:
    fleet = suspended()
    come_back(fleet, OutcomeResult.SUCCEEDED, 4)
    assert fleet.state("o-1") == "completed"
    assert not fleet.robots[RobotId("robot_1")].outcomes, "it is acknowledged"
    assert len(fleet.events(ev.OutcomeArrivedLate)) == 1


def test_late_failure_with_the_item_on_board_resumes_on_that_robot() -> None:
    fleet = suspended()
    come_back(fleet, OutcomeResult.FAILED, 2)
    fleet.run(3)
    assert fleet.state("o-1") == "active"
    assert fleet.sent[-1].robot_id == "robot_1"
    assert steps_of(fleet) == ["go pack_1", "place pack_1"]


def test_late_failure_before_the_pick_lets_another_robot_begin_anew() -> None:
    fleet = suspended(steps=1)
    come_back(fleet, OutcomeResult.FAILED, 1)
    fleet.run(3)
    assert fleet.sent[-1].task.purpose is TaskPurpose.WORK
    assert fleet.state("o-1") == "active"


def test_late_uncertain_outcome_leaves_the_order_suspended() -> None:
    fleet = suspended(steps=1)
    come_back(fleet, OutcomeResult.FAILED, 1, is_uncertain=True)
    fleet.run(3)
    assert fleet.state("o-1") == "suspended"


def test_late_outcome_after_another_robot_has_begun_changes_nothing() -> None:
    fleet = started()
    lose(fleet)
    fleet.run(3)
    assert fleet.sent[-1].robot_id == "robot_2"
    come_back(fleet, OutcomeResult.FAILED, 0)
    assert not fleet.events(ev.OutcomeArrivedLate)
    assert fleet.core.ledger.orders[OrderId("o-1")].tasks[0].open_attempt is not None


# A person's answer


@pytest.mark.parametrize("resolution", ["completed", "failed"])
def test_person_ends_a_suspended_order(resolution: str) -> None:
    fleet = suspended()
    assert fleet.resolve("o-1", resolution).refusal is None
    assert fleet.state("o-1") == resolution


def test_person_lets_a_suspended_order_begin_anew_and_overrules_its_robot() -> None:
    fleet = suspended()
    fleet.resolve("o-1", "retry")
    fleet.run(2)
    assert fleet.sent[-1].robot_id == "robot_2" and steps_of(fleet)[1] == "pick shelf_1"
    come_back(fleet, OutcomeResult.SUCCEEDED, 4)
    assert fleet.state("o-1") == "active"


def test_nobody_can_resolve_what_is_not_suspended() -> None:
    fleet = started()
    refusal = fleet.resolve("o-1", "completed").refusal
    assert refusal is not None and refusal.code is ErrorCode.NOT_SUSPENDED
    refusal = fleet.resolve("o-2", "completed").refusal
    assert refusal is not None and refusal.code is ErrorCode.UNKNOWN_ORDER


def test_answer_to_an_earlier_question_is_not_taken_for_one_to_the_present() -> None:
    fleet = suspended(breaker_failures_max=9)
    first = fleet.core.ledger.orders[OrderId("o-1")].question
    come_back(fleet, OutcomeResult.FAILED, 2)
    fleet.run(3)
    fleet.advance("robot_1", 1)
    fleet.end("robot_1", OutcomeResult.FAILED, is_uncertain=True)
    assert fleet.state("o-1") == "suspended"
    refusal = fleet.resolve("o-1", "retry", question=first).refusal
    assert refusal is not None and refusal.code is ErrorCode.NOT_SUSPENDED
    assert f"question {first}" in refusal.message and fleet.state("o-1") == "suspended"
    second = fleet.core.ledger.orders[OrderId("o-1")].question
    assert fleet.resolve("o-1", "retry", question=second).refusal is None


def test_unknown_resolution_is_refused_with_the_choices() -> None:
    fleet = suspended()
    refusal = fleet.resolve("o-1", "lost").refusal
    assert refusal is not None and refusal.code is ErrorCode.BAD_RESOLUTION
    assert "completed, failed or retry" in refusal.message and "'lost'" in refusal.message


def test_person_is_waited_for_no_longer_than_the_bound() -> None:
    fleet = suspended(suspended_s_max=60.0)
    fleet.run(50, step_s=2)
    assert fleet.state("o-1") == "suspended"
    fleet.run(15, step_s=1)
    assert fleet.state("o-1") == "failed"
    assert fleet.events(ev.OrderFailed)[0].error_code is ErrorCode.UNRESOLVED


# Fetching


def with_fetcher(*, allows_fetch: bool) -> Fleet:
    robots = [Robot(RobotId("robot_1")), Robot(RobotId("robot_2"), vertex="e")]
    robots[1].capabilities = ("go", "pick", "place", "fetch")
    fleet = Fleet(*robots, site=replace(SITE, allows_fetch=allows_fetch), **LEASE)
    fleet.describe()
    fleet.settle()
    fleet.heartbeat()
    fleet.submit("o-1")
    fleet.run(1)
    assert fleet.sent[0].robot_id == "robot_1"
    for step in (1, 2):
        fleet.advance("robot_1", step)
    return fleet


def test_item_of_a_lost_robot_is_fetched_where_it_stands_if_the_site_allows() -> None:
    fleet = with_fetcher(allows_fetch=True)
    fleet.robots[RobotId("robot_1")].vertex = "c"
    fleet.run(0.5)
    lose(fleet)
    fleet.run(3)
    assert fleet.sent[-1].robot_id == "robot_2"
    assert steps_of(fleet) == ["go @c", "pick @c", "go pack_1", "place pack_1"]


def test_item_of_a_lost_robot_is_left_to_a_person_if_the_site_does_not_allow() -> None:
    fleet = with_fetcher(allows_fetch=False)
    lose(fleet)
    assert fleet.state("o-1") == "suspended"


def test_fetch_that_fails_for_good_asks_a_person_and_loses_no_order() -> None:
    fleet = with_fetcher(allows_fetch=True)
    lose(fleet)
    for _ in range(4):
        fleet.run(8)
        if fleet.robots[RobotId("robot_2")].task is not None:
            fleet.end("robot_2", OutcomeResult.FAILED)
    assert fleet.state("o-1") == "suspended"


def test_robot_with_an_item_on_board_is_given_no_other_order() -> None:
    fleet = started(robots=1, steps=2)
    fleet.submit("o-2")
    fleet.end("robot_1", OutcomeResult.FAILED)
    fleet.run(3)
    assert [sent.task.order_id for sent in fleet.sent] == ["o-1", "o-1"]
    fleet.end("robot_1", OutcomeResult.SUCCEEDED)
    fleet.run(1)
    assert fleet.sent[-1].task.order_id == "o-2"


def test_robot_that_may_have_a_suspended_order_s_item_is_given_no_other_order() -> None:
    fleet = started(robots=1, steps=1)
    fleet.submit("o-2")
    fleet.end("robot_1", OutcomeResult.FAILED, is_uncertain=True)
    fleet.run(5)
    assert len(fleet.sent) == 1
    fleet.resolve("o-1", "failed")
    fleet.run(1)
    assert fleet.sent[-1].task.order_id == "o-2"


def test_person_is_told_which_robot_has_the_item_when_it_is_fetched_in_vain() -> None:
    fleet = with_fetcher(allows_fetch=True)
    lose(fleet)
    for _ in range(4):
        fleet.run(8)
        if fleet.robots[RobotId("robot_2")].task is not None:
            fleet.end("robot_2", OutcomeResult.FAILED)
    (asked,) = fleet.events(ev.OrderSuspended)
    assert asked.robot_id == "robot_1" and "the item is on robot_1" in asked.reason


def test_robot_with_the_item_keeps_it_when_the_fetching_of_it_goes_on() -> None:
    fleet = with_fetcher(allows_fetch=True)
    lose(fleet)
    fleet.run(3)
    assert fleet.sent[-1].robot_id == "robot_2"
    for _ in range(3):
        if fleet.robots[RobotId("robot_2")].task is not None:
            lose(fleet, "robot_2")
            fleet.robots[RobotId("robot_2")].task = None
            fleet.robots[RobotId("robot_2")].is_heard = True
        fleet.run(8)
    order = fleet.core.ledger.orders[OrderId("o-1")]
    assert order.item_robot_id == "robot_1"
    assert fleet.core.ledger.robots[RobotId("robot_1")].item_order_id == "o-1"


def test_both_robots_that_may_have_the_item_are_given_no_other_order() -> None:
    fleet = with_fetcher(allows_fetch=True)
    lose(fleet)
    fleet.run(3)
    fleet.advance("robot_2", 1)
    fleet.end("robot_2", OutcomeResult.FAILED, is_uncertain=True)
    assert fleet.state("o-1") == "suspended"
    robots = fleet.core.ledger.robots
    assert {name for name, robot in robots.items() if robot.item_order_id} == set(robots)
    fleet.resolve("o-1", "failed")
    assert not [name for name, robot in robots.items() if robot.item_order_id]


def test_fetcher_that_tells_late_that_it_took_nothing_is_free_and_nobody_is_sent_to_it() -> None:
    fleet = with_fetcher(allows_fetch=True)
    lose(fleet)
    fleet.run(3)
    fleet.advance("robot_2", 1)  # it stands before the pick, and may begin it
    lose(fleet, "robot_2")
    robots = fleet.core.ledger.robots
    assert robots[RobotId("robot_2")].item_order_id == "o-1"
    fetcher = fleet.robots[RobotId("robot_2")]
    fetcher.end(OutcomeResult.FAILED, "there is nothing")
    fetcher.is_heard = True
    fleet.run(1)
    assert fleet.events(ev.OutcomeArrivedLate) and fleet.state("o-1") == "active"
    order = fleet.core.ledger.orders[OrderId("o-1")]
    assert order.item_robot_id == "robot_1"
    assert robots[RobotId("robot_1")].item_order_id == "o-1"
    assert robots[RobotId("robot_2")].item_order_id == ""
    assert fleet.sent[-1].robot_id == "robot_2", "it can try again"


def test_person_is_told_that_an_item_may_have_been_put_down_already() -> None:
    fleet = started(steps=3)
    fleet.end("robot_1", OutcomeResult.FAILED, is_uncertain=True)
    assert "or at pack_1" in fleet.events(ev.OrderSuspended)[0].reason


def test_robots_that_refuse_are_left_alone_longer_each_time() -> None:
    fleet = make_fleet(1, **LEASE)
    fleet.submit("o-1")
    for _ in range(60):
        if fleet.robots[RobotId("robot_1")].task is not None:
            fleet.end("robot_1", OutcomeResult.REFUSED)
        fleet.run(1)
    assert 4 <= len(fleet.sent) <= 7, "after 1, 2, 4, 8, 16 and 32 s"


def test_failures_before_a_person_s_answer_do_not_count_after_it() -> None:
    fleet = started(steps=1, refusals_max=2, breaker_failures_max=9)
    fleet.end("robot_1", OutcomeResult.FAILED, is_uncertain=True)
    fleet.resolve("o-1", "retry")
    fleet.run(1)
    fleet.end(fleet.sent[-1].robot_id, OutcomeResult.REFUSED)
    assert fleet.state("o-1") == "active"


def test_every_story_replays_to_the_same_state() -> None:
    fleet = suspended()
    fleet.resolve("o-1", "retry")
    fleet.run(5)
    replayed = Ledger(orders_remembered_max=fleet.config.orders_remembered_max)
    for record in fleet.log:
        body = msgspec.json.encode(record)
        replayed.apply(msgspec.json.decode(body, type=ev.Record))
    assert replayed.state_hash() == fleet.core.ledger.state_hash()
