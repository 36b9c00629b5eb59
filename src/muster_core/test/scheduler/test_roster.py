"""Claims about which reports are believed, and which robots may be given work."""

from __future__ import annotations

import msgspec
import pytest

from muster_core import events as ev
from muster_core.ids import AttemptId, RobotId
from muster_core.robot import RobotMode, RobotReport
from muster_core.scheduler.inputs import RobotReported
from muster_core.task import Outcome, OutcomeResult
from muster_core.testing.scripted_fleet import Fleet, make_fleet

LEASE = {"lease_s": 6.0, "safe_point_s_max": 2.0, "heartbeat_timeout_s": 3.0}
ROBOT = RobotId("robot_1")


def report(fleet: Fleet, **changes: object) -> None:
    """Let the robot's present report arrive, with changes, beside its own heartbeats."""
    robot = fleet.robots[ROBOT]
    number = robot.reports
    told = msgspec.structs.replace(robot.report(), report_number=number, **changes)
    robot.reports = number
    fleet.core.step(RobotReported(told), fleet.now)
    fleet.settle()


def excluded(fleet: Fleet) -> str:
    return fleet.core.roster.excluded(ROBOT, fleet.core.ledger.robots[ROBOT], fleet.now)


def test_robot_is_given_nothing_before_it_has_answered_the_new_scheduler() -> None:
    fleet = make_fleet(1)
    fleet.restart()
    robot = fleet.robots[ROBOT]
    fleet.heartbeat()  # of the epoch before
    fleet.submit("o-1")
    assert fleet.core.ledger.epoch == 2
    assert not [sent for sent in fleet.sent if robot.epoch < sent.epoch]
    fleet.run(2)
    assert [sent.epoch for sent in fleet.sent] == [2]


def test_robot_that_has_heard_a_newer_scheduler_is_left_alone_and_the_reason_told() -> None:
    fleet = make_fleet(1)
    fleet.robots[ROBOT].epoch = 9
    fleet.run(1)
    fleet.submit("o-1")
    fleet.run(2)
    assert not fleet.sent
    assert "epoch 9" in excluded(fleet) and "epoch_min" in excluded(fleet)


def test_older_report_that_arrives_late_changes_nothing() -> None:
    fleet = make_fleet(1)
    fleet.submit("o-1")
    fleet.run(2)
    old = RobotReport(robot_id=ROBOT, report_number=1, mode=RobotMode.IDLE, epoch=1)
    before = fleet.core.ledger.state_hash()
    fleet.core.step(RobotReported(old), fleet.now)
    fleet.settle()
    assert fleet.core.ledger.state_hash() == before
    assert fleet.core.stale_reports == 1
    assert fleet.core.roster.presences[ROBOT].report.attempt_id == "o-1/0#1"


def test_robot_whose_journal_is_gone_is_believed_again_once_it_counts_as_silent() -> None:
    fleet = make_fleet(1, **LEASE)
    fleet.robots[ROBOT].reports = 500
    fleet.run(1)
    fleet.robots[ROBOT].reports = 0
    fleet.run(8)
    assert fleet.events(ev.RobotSilent) and fleet.events(ev.RobotReturned)
    fleet.run(1)
    assert excluded(fleet) == ""


def test_two_agents_with_one_id_are_given_nothing_and_the_reason_told() -> None:
    fleet = make_fleet(1, **LEASE)
    fleet.robots[ROBOT].reports = 500
    for _ in range(30):
        fleet.run(0.5)
        twin = RobotReport(robot_id=ROBOT, report_number=7, mode=RobotMode.IDLE, epoch=1)
        fleet.core.step(RobotReported(twin), fleet.now)
    assert "two agents use the id 'robot_1'" in excluded(fleet)
    fleet.submit("o-1")
    fleet.run(1)
    assert not fleet.sent


def test_id_is_free_again_when_the_second_agent_is_gone() -> None:
    fleet = make_fleet(1, **LEASE)
    fleet.robots[ROBOT].reports = 500
    for _ in range(30):
        fleet.run(0.5)
        twin = RobotReport(robot_id=ROBOT, report_number=7, mode=RobotMode.IDLE, epoch=1)
        fleet.core.step(RobotReported(twin), fleet.now)
    fleet.run(5)
    assert excluded(fleet) == ""


@pytest.mark.parametrize("attempt", ["o-1/0#7", "o-2/0#1", "nonsense"])
def test_outcome_of_an_attempt_that_nobody_gave_changes_nothing(attempt: str) -> None:
    fleet = make_fleet(1)
    fleet.submit("o-1")
    fleet.run(1)
    robot = fleet.robots[ROBOT]
    before = fleet.core.ledger.state_hash()
    assert robot.task is not None
    order_id = robot.task.task.order_id
    robot.outcomes.append(Outcome(AttemptId(attempt), order_id, OutcomeResult.SUCCEEDED))
    fleet.run(1)
    assert fleet.core.ledger.state_hash() == before
    assert not robot.outcomes, "it is acknowledged, so that it is not repeated for ever"


def test_attempt_that_nobody_gave_is_revoked() -> None:
    fleet = make_fleet(1)
    robot = fleet.robots[ROBOT]
    robot.reports += 1
    told = RobotReport(
        robot_id=ROBOT,
        report_number=robot.reports,
        mode=RobotMode.WORKING,
        epoch=1,
        attempt_id=AttemptId("o-9/0#1"),
    )
    fleet.core.step(RobotReported(told), fleet.now)
    fleet.settle()
    assert (ROBOT, "o-9/0#1") in fleet.leases[-1].revocations


def test_offer_that_its_robot_never_takes_is_withdrawn_and_given_to_another() -> None:
    fleet = make_fleet(2, offer_s_max=5.0, **LEASE)
    first = fleet.robots[ROBOT]
    first.is_deaf = True
    fleet.submit("o-1")
    assert [sent.robot_id for sent in fleet.sent] == ["robot_1"]
    fleet.run(20)
    assert fleet.sent[-1].robot_id == "robot_2"
    (ended,) = fleet.events(ev.AttemptEnded)
    assert ended.result is OutcomeResult.LOST
    assert "offered the task for 5 s in vain" in ended.message


def test_report_that_shows_the_attempt_again_is_no_news_to_the_log() -> None:
    fleet = make_fleet(1)
    fleet.submit("o-1")
    fleet.run(1)
    before = len(fleet.log)
    report(fleet)
    fleet.run(2)
    assert len(fleet.log) == before
