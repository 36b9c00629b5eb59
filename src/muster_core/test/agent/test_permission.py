"""What late, repeated and foreign grants are worth, and what waits for permission."""

from __future__ import annotations

import pytest

from muster_core.errors import ErrorCode
from muster_core.robot import RobotMode, make_report_number
from muster_core.task import OutcomeResult
from muster_core.testing.robot import LEASE_S, Robot, steps


def test_step_that_cannot_be_repeated_waits_for_permission():
    robot = Robot()
    robot.offer("o/0#1", steps("go", "pick", "go", "place"), steps_permitted=1)
    robot.run(1.2)
    assert [begun.step.verb for begun in robot.begun] == ["go"]
    assert robot.published[-1].step_index == 1, "it tells at once that it waits"
    robot.run(3.0)
    assert robot.report.mode is RobotMode.WORKING
    robot.leases(granted=("o/0#1",))
    assert [begun.step.verb for begun in robot.begun] == ["go", "pick"]


def test_attempt_whose_first_step_is_the_pivot_is_told_and_waits():
    robot = Robot()
    turn = robot.offer("o/0#1", steps("pick"), steps_permitted=0)
    assert [(report.attempt_id, report.step_index) for report in turn.published] == [("o/0#1", 0)]
    assert robot.begun == []


def test_lease_that_runs_out_while_waiting_ends_the_attempt_with_nothing_uncertain():
    robot = Robot()
    robot.offer("o/0#1", steps("go", "pick"), steps_permitted=1)
    robot.run(LEASE_S)
    outcome = robot.outcome("o/0#1")
    assert (outcome.result, outcome.error_code) == (OutcomeResult.FAILED, ErrorCode.LEASE_EXPIRED)
    assert (outcome.steps_finished, outcome.is_uncertain) == (1, False)
    assert len(robot.begun) == 1


def test_permission_is_never_taken_back_by_a_grant_that_is_overtaken():
    robot = Robot()
    robot.offer("o/0#1", steps("go", "pick"), steps_permitted=1)
    robot.leases(granted=("o/0#1",), steps_permitted=2)
    robot.leases(granted=("o/0#1",), steps_permitted=1)
    robot.run(3.0)
    assert robot.outcome("o/0#1").result is OutcomeResult.SUCCEEDED


def test_permission_must_come_again_after_a_restart():
    robot = Robot()
    robot.offer("o/0#1", steps("go", "pick"))
    robot.run(0.5)
    robot.restart()
    robot.put()
    robot.leases(granted=("o/0#1",), steps_permitted=1)
    robot.run(2.0)
    assert [begun.step.verb for begun in robot.begun] == ["go", "go"]


def test_lease_runs_from_the_report_that_was_heard():
    robot = Robot(step_s=LEASE_S * 3)
    heard = robot.heard_report
    robot.run(LEASE_S * 0.5)
    robot.offer("o/0#1", steps("go"), heard_report=heard)
    robot.run(LEASE_S * 0.3)
    assert robot.driver.stops == 0
    robot.run(LEASE_S * 0.2)
    assert robot.driver.stops == 1


def test_offer_that_comes_after_its_lease_is_neither_taken_up_nor_answered():
    robot = Robot()
    heard = robot.heard_report
    robot.run(LEASE_S)
    turn = robot.offer("o/0#1", steps("go"), heard_report=heard)
    assert robot.report.attempt_id == "" and robot.report.outcomes == ()
    assert turn.finished == []
    assert robot.core.counts["offers_void"] == 1
    robot.offer("o/0#1", steps("go"))
    assert robot.report.attempt_id == "o/0#1", "the repetition names a newer report"


def test_offer_from_before_a_restart_is_not_taken_up():
    robot = Robot()
    heard = robot.heard_report
    robot.restart()
    robot.put()
    robot.offer("o/0#1", steps("go"), heard_report=heard)
    assert robot.report.attempt_id == "" and robot.report.outcomes == ()
    assert robot.core.counts["offers_void"] == 1


def test_grant_from_before_a_restart_grants_nothing():
    robot = Robot()
    robot.offer("o/0#1", steps("go", "go"))
    heard = robot.heard_report
    robot.restart()
    robot.put()
    robot.leases(granted=("o/0#1",), heard_report=heard)
    robot.run(1.0)
    assert len(robot.begun) == 1
    assert robot.core.counts["grants_void"] == 1


def test_late_grant_permits_nothing_either():
    robot = Robot()
    heard = robot.heard_report
    robot.offer("o/0#1", steps("pick"), steps_permitted=0)
    robot.run(LEASE_S * 0.8)
    robot.leases(granted=("o/0#1",), steps_permitted=0)
    robot.run(LEASE_S * 0.3)
    robot.leases(granted=("o/0#1",), heard_report=heard)
    assert robot.begun == []


def test_older_grant_does_not_shorten_the_lease():
    robot = Robot(step_s=LEASE_S)
    older = robot.heard_report
    robot.run(LEASE_S * 0.7)
    robot.offer("o/0#1", steps("go"), lease_s=LEASE_S * 2)
    robot.leases(granted=("o/0#1",), heard_report=older)
    robot.run(LEASE_S * 1.1)
    assert robot.outcome("o/0#1").result is OutcomeResult.SUCCEEDED


@pytest.mark.parametrize("incarnation", [1, 2, 900])
def test_grant_for_a_report_that_was_never_made_grants_nothing_and_warns(incarnation):
    robot = Robot(step_s=LEASE_S * 2)
    robot.offer("o/0#1", steps("go"))
    number = make_report_number(incarnation, 10**9)
    robot.run(LEASE_S * 0.5)
    robot.leases(granted=("o/0#1",), heard_report=number)
    assert robot.core.counts["foreign_grants"] == 1
    assert "another agent uses the same name" in robot.core.warning()
    robot.run(LEASE_S * 0.6)
    assert robot.outcome("o/0#1").error_code is ErrorCode.LEASE_EXPIRED
    robot.leases(granted=("o/0#1",))
    assert robot.core.warning() == "", "the scheduler hears this agent again"
