"""The agent's rules, one claim a test, on a fake driver and virtual time."""

from __future__ import annotations

import pytest

from muster_core.agent.inputs import LeasesReceived, StopRequested
from muster_core.agent.records import AttemptAccepted, EpochSeen
from muster_core.driver.protocol import StepState
from muster_core.errors import ErrorCode
from muster_core.ids import AttemptId
from muster_core.robot import RobotMode
from muster_core.task import OutcomeResult, Step
from muster_core.testing.robot import LEASE_S, Robot, steps


def test_accepted_attempt_is_worked_through_and_succeeds():
    robot = Robot()
    robot.offer("o/0#1", steps("go", "pick", "go", "place"))
    assert robot.report.mode is RobotMode.WORKING
    robot.run(6.0, granting=True)
    outcome = robot.outcome("o/0#1")
    assert (outcome.result, outcome.steps_finished) == (OutcomeResult.SUCCEEDED, 4)
    assert [step.verb for step in robot.driver.started] == ["go", "pick", "go", "place"]
    assert robot.report.mode is RobotMode.IDLE


def test_epoch_is_on_disk_before_anything_is_done_under_it():
    robot = Robot()
    turn = robot.offer("o/0#1", steps("go"), epoch=7)
    kinds = [type(record) for record in turn.records]
    assert kinds.index(EpochSeen) < kinds.index(AttemptAccepted)


def test_older_epoch_is_refused_and_changes_nothing():
    robot = Robot()
    robot.leases(epoch=7)
    robot.offer("o/0#1", steps("go"), epoch=6)
    outcome = robot.outcome("o/0#1")
    assert (outcome.result, outcome.error_code) == (OutcomeResult.REFUSED, ErrorCode.STALE_EPOCH)
    assert "epoch 6" in outcome.message and "7" in outcome.message
    assert robot.report.epoch == 7
    assert robot.driver.started == []


def test_leases_of_older_epoch_are_ignored():
    robot = Robot()
    robot.leases(epoch=7)
    robot.offer("o/0#1", steps("go"), epoch=7)
    robot.leases(epoch=6, revoked=("o/0#1",))
    robot.run(2.0)
    assert robot.outcome("o/0#1").result is OutcomeResult.SUCCEEDED
    assert robot.core.counts["stale_leases_ignored"] == 1


def test_same_attempt_again_while_running_starts_nothing():
    robot = Robot()
    robot.offer("o/0#1", steps("go", "pick"))
    assert robot.offer("o/0#1", steps("go", "pick")).records == ()
    robot.run(3.0, granting=True)
    assert len(robot.driver.started) == 2


def test_same_attempt_again_after_its_end_is_answered_with_its_outcome():
    robot = Robot()
    robot.offer("o/0#1", steps("go"))
    robot.run(2.0)
    outcome = robot.outcome("o/0#1")
    for _ in range(2):  # owed, then acknowledged
        turn = robot.offer("o/0#1", steps("go"))
        assert turn.finished == [outcome]
        assert turn.published
        robot.leases(acknowledged=("o/0#1",))
    assert len(robot.driver.started) == 1


def test_another_attempt_is_refused_while_one_runs():
    robot = Robot()
    robot.offer("o/0#1", steps("go"))
    robot.offer("p/0#1", steps("go"))
    outcome = robot.outcome("p/0#1")
    assert (outcome.result, outcome.error_code) == (OutcomeResult.REFUSED, ErrorCode.ROBOT_BUSY)
    assert "o/0#1" in outcome.message


@pytest.mark.parametrize(
    ("offered", "words"),
    [
        (steps("go", "juggle"), "step 2 is 'juggle'; this robot can go, pick"),
        ((), "0 steps"),
        (steps("go") * 1025, "1025 steps"),
    ],
)
def test_steps_that_it_cannot_do_are_refused_with_what_it_can(offered, words):
    robot = Robot()
    robot.offer("o/0#1", offered)
    outcome = robot.outcome("o/0#1")
    assert outcome.error_code is ErrorCode.UNKNOWN_STEP
    assert words in outcome.message


def test_outcome_is_repeated_until_acknowledged():
    robot = Robot()
    robot.offer("o/0#1", steps("go"))
    robot.run(30.0)
    assert len(robot.published) > 25
    assert robot.published[-1].outcomes == (robot.outcome("o/0#1"),)
    robot.leases(acknowledged=("o/0#1", "unknown"))
    assert robot.report.outcomes == ()


def test_revoked_attempt_stops_at_next_safe_point_and_tells_finished_steps():
    robot = Robot()
    robot.offer("o/0#1", steps("go", "go"))
    robot.run(1.3)
    assert robot.leases(revoked=("o/0#1",)).stops == 1
    robot.run(0.5)
    outcome = robot.outcome("o/0#1")
    assert (outcome.result, outcome.steps_finished) == (OutcomeResult.CANCELLED, 1)


def test_revoked_attempt_finishes_its_pick_first():
    robot = Robot()
    robot.offer("o/0#1", steps("pick", "go"))
    robot.run(0.5)
    assert robot.leases(revoked=("o/0#1",)).stops == 0
    robot.run(1.0)
    outcome = robot.outcome("o/0#1")
    assert (outcome.result, outcome.steps_finished) == (OutcomeResult.CANCELLED, 1)
    assert len(robot.driver.started) == 1


def test_attempt_revoked_before_its_offer_arrives_is_never_begun():
    robot = Robot()
    robot.leases(revoked=("o/0#1",))
    assert robot.outcome("o/0#1").result is OutcomeResult.CANCELLED
    robot.offer("o/0#1", steps("go"))
    robot.run(1.0)
    assert robot.driver.started == []


def test_stop_request_at_the_robot_cancels():
    robot = Robot()
    robot.offer("o/0#1", steps("go"))
    robot.put(StopRequested(AttemptId("o/0#1")))
    robot.run(0.5)
    assert robot.outcome("o/0#1").result is OutcomeResult.CANCELLED


def test_expired_lease_stops_at_next_safe_point():
    robot = Robot(step_s=100.0)
    robot.offer("o/0#1", steps("go"))
    robot.run(LEASE_S * 0.75)  # it runs from the newest report, which was up to a second old
    assert robot.driver.stops == 0
    robot.run(LEASE_S)
    outcome = robot.outcome("o/0#1")
    assert (outcome.result, outcome.error_code) == (OutcomeResult.FAILED, ErrorCode.LEASE_EXPIRED)
    assert robot.driver.stops == 1


def test_granted_lease_lets_it_go_on():
    robot = Robot(step_s=LEASE_S * 3)
    robot.offer("o/0#1", steps("go"))
    robot.run(LEASE_S * 4, granting=True)
    assert robot.outcome("o/0#1").result is OutcomeResult.SUCCEEDED


def test_grant_after_expiry_comes_too_late():
    robot = Robot(step_s=LEASE_S * 3)
    robot.offer("o/0#1", steps("pick", "go"))
    robot.run(LEASE_S * 1.5)
    robot.run(LEASE_S * 3, granting=True)
    outcome = robot.outcome("o/0#1")
    assert (outcome.error_code, outcome.steps_finished) == (ErrorCode.LEASE_EXPIRED, 1)


@pytest.mark.parametrize("lease_s", [float("nan"), -1.0, 0.0])
def test_impossible_lease_is_worth_nothing(lease_s):
    robot = Robot()
    robot.offer("o/0#1", steps("go"), lease_s=lease_s)
    assert robot.report.attempt_id == ""
    assert robot.core.counts["offers_void"] == 1


def test_endless_lease_is_believed_within_its_bound():
    robot = Robot(step_s=LEASE_S * 1000)
    robot.offer("o/0#1", steps("go"), lease_s=float("inf"))
    robot.now = robot.now.later(robot.config.lease_s_max)
    robot.run(1.0)
    assert robot.outcome("o/0#1").error_code is ErrorCode.LEASE_EXPIRED


def test_restart_waits_for_a_new_grant_and_repeats_the_step_under_way():
    robot = Robot()
    robot.offer("o/0#1", steps("go", "go"))
    robot.run(1.5)
    robot.restart()
    robot.run(1.0)
    assert robot.driver.started == [], "nothing moves without a grant"
    assert robot.report.attempt_id == "o/0#1"
    robot.run(3.0, granting=True)
    outcome = robot.outcome("o/0#1")
    assert (outcome.result, outcome.steps_finished) == (OutcomeResult.SUCCEEDED, 2)
    assert len(robot.driver.started) == 1


def test_restart_without_grant_ends_the_attempt():
    robot = Robot()
    robot.offer("o/0#1", steps("go", "go"))
    robot.restart()
    robot.run(LEASE_S * 1.1)
    assert robot.outcome("o/0#1").error_code is ErrorCode.LEASE_EXPIRED


def test_restart_during_pick_fails_the_attempt_and_says_that_nobody_knows():
    robot = Robot()
    robot.offer("o/0#1", steps("go", "pick", "go"))
    robot.run(1.5)
    robot.restart()
    robot.run(0.1, granting=True)
    outcome = robot.outcome("o/0#1")
    assert (outcome.error_code, outcome.steps_finished) == (ErrorCode.DRIVER_FAILED, 1)
    assert outcome.is_uncertain
    assert "step 2 (pick shelf_1) failed: the agent was restarted" in outcome.message


def test_restart_before_the_pick_has_begun_goes_on_when_it_is_granted():
    robot = Robot()
    robot.offer("o/0#1", steps("go", "pick"), steps_permitted=1)
    robot.run(1.5)
    robot.restart()
    robot.run(3.0, granting=True)
    outcome = robot.outcome("o/0#1")
    assert (outcome.result, outcome.is_uncertain) == (OutcomeResult.SUCCEEDED, False)
    assert [begun.step.verb for begun in robot.begun] == ["go", "pick"]


@pytest.mark.parametrize("pieces", [0, 1, 2, 3])
def test_pick_is_begun_at_most_once_wherever_the_agent_crashes(pieces):
    robot = Robot()
    robot.offer("o/0#1", steps("pick"), steps_permitted=0)
    turn = robot.leases(granted=("o/0#1",), crash_after=pieces)
    robot.run(3.0, granting=True)
    outcome = robot.outcome("o/0#1")
    assert outcome.is_uncertain == (pieces >= 2), "from the record on nobody knows"
    assert len(robot.begun) == (0 if pieces == 2 else 1)
    assert not turn.finished


def test_reactivated_agent_lets_the_robot_stand_before_it_goes_on():
    robot = Robot(step_s=5.0)
    robot.offer("o/0#1", steps("go"))
    robot.run(1.0)
    robot.reactivate()
    robot.put()
    robot.leases(granted=("o/0#1",))
    assert len(robot.driver.started) == 1
    robot.run(0.5)
    assert len(robot.driver.started) == 2


def test_restart_still_owes_its_outcomes():
    robot = Robot()
    robot.offer("o/0#1", steps("go"), epoch=3)
    robot.run(2.0)
    outcome = robot.outcome("o/0#1")
    robot.restart()
    robot.run(0.1)
    assert robot.report.outcomes == (outcome,)
    assert robot.report.epoch == 3


def test_failed_step_fails_the_attempt_with_the_drivers_words():
    robot = Robot()
    robot.offer("o/0#1", steps("go"))
    robot.run(0.2)
    robot.driver.fail("wheel stuck")
    robot.run(0.2)
    outcome = robot.outcome("o/0#1")
    assert outcome.error_code is ErrorCode.DRIVER_FAILED
    assert "step 1 (go shelf_1) failed: wheel stuck" in outcome.message


def test_pick_that_the_driver_says_failed_is_certain():
    robot = Robot()
    robot.offer("o/0#1", steps("pick"))
    robot.driver.fail("shelf is empty")
    robot.run(0.2)
    assert not robot.outcome("o/0#1").is_uncertain


@pytest.mark.parametrize(("verb", "is_uncertain"), [("pick", True), ("go", False)])
def test_step_that_the_driver_has_forgotten_is_uncertain_if_it_cannot_be_repeated(
    verb, is_uncertain
):
    robot = Robot()
    robot.offer("o/0#1", steps(verb))
    robot.driver.forget()
    robot.run(0.2)
    outcome = robot.outcome("o/0#1")
    assert "the driver has forgotten the step" in outcome.message
    assert outcome.is_uncertain == is_uncertain


def test_pick_that_is_forgotten_after_a_revocation_is_still_uncertain():
    robot = Robot()
    robot.offer("o/0#1", steps("pick", "go"))
    robot.leases(revoked=("o/0#1",))
    robot.driver.forget()
    robot.run(0.2)
    outcome = robot.outcome("o/0#1")
    assert (outcome.result, outcome.is_uncertain) == (OutcomeResult.CANCELLED, True)


def test_fault_fails_the_attempt_and_refuses_others():
    robot = Robot()
    robot.offer("o/0#1", steps("pick"))
    robot.driver.set_fault("emergency stop pressed")
    robot.run(0.2)
    outcome = robot.outcome("o/0#1")
    assert "emergency stop" in outcome.message
    assert outcome.is_uncertain, "the pick may have been done, or be done yet"
    assert (robot.report.mode, robot.report.message) == (RobotMode.FAULT, "emergency stop pressed")
    robot.offer("p/0#1", steps("go"))
    assert robot.outcome("p/0#1").error_code is ErrorCode.DRIVER_FAILED


def test_idle_robot_with_low_battery_goes_to_charge_by_itself():
    robot = Robot(battery=0.2)
    robot.run(0.5)
    assert robot.report.mode is RobotMode.CHARGING
    robot.run(3.0)
    assert robot.driver.started == [Step("go", "charger_1"), Step("charge", "charger_1")]
    assert robot.report.mode is RobotMode.IDLE
    assert robot.report.outcomes == ()


def test_charging_stops_when_the_battery_is_ready():
    robot = Robot(battery=0.2)
    robot.run(1.3)
    robot.driver.set_battery(0.95)
    robot.run(0.4)
    assert robot.driver.poll(robot.now).step_state is StepState.STOPPED
    assert robot.report.mode is RobotMode.IDLE


def test_charging_robot_refuses_work_until_workable_then_takes_it():
    robot = Robot(battery=0.2)
    robot.run(1.3)
    robot.driver.set_battery(0.4)
    robot.offer("o/0#1", steps("go"))
    assert robot.outcome("o/0#1").error_code is ErrorCode.BATTERY_LOW
    robot.driver.set_battery(0.6)
    robot.run(0.1)
    robot.offer("o/0#2", steps("scan"))
    assert robot.report.mode is RobotMode.WORKING
    robot.run(3.0)
    assert robot.outcome("o/0#2").result is OutcomeResult.SUCCEEDED
    assert robot.driver.stops == 1


def test_robot_that_cannot_reach_a_charger_says_so_once_a_while():
    robot = Robot(battery=0.2)
    robot.run(0.3)
    robot.driver.fail("blocked")
    robot.run(5.0)
    assert len(robot.driver.started) == 1
    robot.run(10.0)
    assert len(robot.driver.started) > 1


def test_outcomes_at_their_bound_leave_offers_unanswered_and_none_is_dropped():
    robot = Robot(outcomes_kept_max=2)
    for number in range(1, 5):
        robot.offer(f"o/0#{number}", steps("juggle"))
    assert [outcome.attempt_id for outcome in robot.report.outcomes] == ["o/0#1", "o/0#2"]
    assert robot.core.counts["offers_unanswered_outcomes_full"] == 2


def test_nameless_attempts_and_impossible_epochs_are_dropped_and_counted():
    robot = Robot()
    robot.offer("", steps("go"))
    robot.offer("o/0#1", steps("go"), epoch=2**64 - 1)
    robot.put(LeasesReceived(epoch=2**64 - 1, duration_s=1.0))
    assert robot.core.counts["malformed_dropped"] == 3
    assert robot.report.epoch == 0
    assert robot.report.outcomes == ()


def test_busy_time_covers_the_steps_to_come():
    robot = Robot()
    robot.offer("o/0#1", steps("go", "pick", "go"))
    robot.run(0.5)
    assert robot.report.busy_s == pytest.approx(2.5, abs=0.2)


def test_busy_time_covers_a_step_from_the_moment_it_is_started():
    robot = Robot()
    robot.offer("o/0#1", steps("go", "scan", "go"))
    robot.run(3.5)
    told = [report for report in robot.published if report.attempt_id]
    starts = {report.step_index: report for report in reversed(told)}
    assert [starts[index].busy_s for index in range(3)] == pytest.approx([3.0, 2.0, 1.0], abs=0.2)
