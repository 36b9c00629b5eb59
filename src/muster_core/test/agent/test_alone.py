"""What a robot does that hears no scheduler any more, and what it tells on its return."""

from __future__ import annotations

import pytest

from muster_core.driver.protocol import StepState
from muster_core.errors import ConfigError
from muster_core.robot import RobotMode
from muster_core.task import OutcomeResult, Step
from muster_core.testing.robot import LEASE_S, Robot, steps

ALONE_AFTER_S = 30.0


def lonely_robot(**options) -> Robot:
    return Robot(alone_after_s=ALONE_AFTER_S, **options)


def test_robot_that_hears_no_scheduler_parks_and_says_so():
    robot = lonely_robot(step_s=5.0)
    robot.run(ALONE_AFTER_S - 1.0)
    assert robot.begun == []
    robot.run(2.0)
    assert [begun.step for begun in robot.begun] == [Step("go", "park_1")]
    assert robot.report.mode is RobotMode.IDLE, "it can be given work"
    assert robot.report.message.startswith("alone since 2001-")
    assert robot.report.message.endswith("parks at park_1")
    assert robot.report.outcomes == ()


@pytest.mark.parametrize("vertex", ["parking", "charger"])
def test_robot_at_a_safe_place_stays_there(vertex):
    robot = lonely_robot(vertex=vertex)
    robot.run(ALONE_AFTER_S * 2)
    assert robot.begun == []
    assert robot.report.message.startswith("alone since")


def test_leases_keep_it_from_being_alone_though_they_grant_nothing():
    robot = lonely_robot()
    for _ in range(5):
        robot.run(ALONE_AFTER_S * 0.9)
        robot.leases()
    assert (robot.begun, robot.report.message) == ([], "")


def test_leases_of_a_scheduler_that_is_over_do_not_count():
    robot = lonely_robot()
    robot.leases(epoch=5)
    robot.run(ALONE_AFTER_S * 0.9)
    robot.leases(epoch=4)
    robot.run(ALONE_AFTER_S * 0.2)
    assert len(robot.begun) == 1


def test_attempt_is_finished_first_and_its_outcome_told_on_return():
    robot = lonely_robot(step_s=ALONE_AFTER_S)
    robot.offer("o/0#1", steps("go", "go"), lease_s=ALONE_AFTER_S * 4)
    robot.run(ALONE_AFTER_S * 2 - 1.0)
    assert robot.report.message.startswith("alone since")
    robot.run(2.0)
    assert [begun.step.place for begun in robot.begun] == ["shelf_1", "shelf_1", "park_1"]
    robot.leases()
    told = robot.published[-1]
    assert [outcome.result for outcome in told.outcomes] == [OutcomeResult.SUCCEEDED]
    assert told.message.startswith("was alone from ")
    robot.run(11.0)
    assert robot.report.message == "parks at park_1", "it was told for long enough"


def test_robot_alone_waits_for_its_permission_and_then_for_the_end_of_its_lease():
    robot = lonely_robot()
    robot.offer("o/0#1", steps("go", "pick"), steps_permitted=1)
    robot.run(ALONE_AFTER_S + LEASE_S)
    assert [begun.step.verb for begun in robot.begun][:2] == ["go", "go"]
    assert robot.outcome("o/0#1").steps_finished == 1


def test_work_ends_the_way_to_the_parking_place():
    robot = lonely_robot(step_s=60.0)
    robot.run(ALONE_AFTER_S + 1.0)
    robot.leases()
    robot.offer("o/0#1", steps("scan"))
    assert robot.driver.stops == 1
    robot.run(1.0)
    assert [begun.step.verb for begun in robot.begun] == ["go", "scan"]
    assert robot.report.attempt_id == "o/0#1"


def test_way_to_the_parking_place_goes_on_when_the_scheduler_is_back_without_work():
    robot = lonely_robot(step_s=10.0)
    robot.run(ALONE_AFTER_S + 1.0)
    robot.leases()
    robot.run(5.0)
    assert (robot.driver.stops, robot.driver.poll(robot.now).step_state) == (0, StepState.RUNNING)


def test_robot_that_cannot_park_tries_again_once_a_while():
    robot = lonely_robot()
    robot.run(ALONE_AFTER_S + 0.5)
    robot.driver.fail("blocked")
    robot.run(5.0)
    assert len(robot.begun) == 1
    robot.run(10.0)
    assert len(robot.begun) == 2
    assert robot.core.counts["park_failed"] == 1


def test_charging_goes_before_parking():
    robot = lonely_robot(battery=0.2, step_s=ALONE_AFTER_S * 2)
    robot.run(ALONE_AFTER_S * 3)
    assert [begun.step.place for begun in robot.begun] == ["charger_1", "charger_1"]
    assert robot.report.mode is RobotMode.CHARGING


def test_low_robot_on_its_way_to_park_is_judged_as_an_idle_one():
    robot = lonely_robot(step_s=60.0, battery=0.3)
    robot.run(ALONE_AFTER_S + 1.0)
    robot.offer("o/0#1", steps("scan"))
    assert robot.report.attempt_id == "o/0#1", "0.3 is above battery_low"


@pytest.mark.parametrize("alone_after_s", [0.0, float("nan"), 1e6])
def test_impossible_patience_is_refused(alone_after_s):
    with pytest.raises(ConfigError, match="alone_after_s"):
        Robot(alone_after_s=alone_after_s).config.validate()
