"""Nothing leaves before the journal has it, and a journal that fails stops the robot."""

from __future__ import annotations

import pytest

from muster_core.agent.inputs import Ticked
from muster_core.errors import LogError
from muster_core.robot import RobotMode
from muster_core.testing.robot import LEASE_S, Robot, steps


@pytest.mark.parametrize("pieces", [0, 1])
def test_nothing_leaves_before_it_is_durable(pieces):
    robot = Robot()
    robot.run(2.0)
    turn = robot.offer("o/0#1", steps("pick"), crash_after=pieces)
    assert (robot.begun, turn.published) == ([], [])
    assert robot.kept().attempt is None


def test_journal_that_cannot_be_written_stops_the_robot_and_says_what_to_do():
    robot = Robot(step_s=60.0)
    robot.offer("o/0#1", steps("go"))
    told = len(robot.published)
    robot.journal.fail_next_append = "database or disk is full"
    with pytest.raises(LogError, match=r"disk is full\. The robot stops .* start the agent again"):
        robot.leases(revoked=("o/0#1", "o/0#2"))
    assert robot.driver.stops == 1
    assert len(robot.published) == told, "what is not in the journal is not told"


def test_after_a_failed_write_the_robot_leaves_without_a_word():
    robot = Robot()
    robot.offer("o/0#1", steps("go"))
    robot.run(0.9)
    robot.journal.fail_next_append = "disk full"
    with pytest.raises(LogError):
        robot.run(1.0)
    told = len(robot.published)
    robot.worker.leave(robot.now)
    assert len(robot.published) == told


def test_whatever_goes_wrong_stops_the_robot(monkeypatch):
    robot = Robot(step_s=60.0)
    robot.offer("o/0#1", steps("go"))
    monkeypatch.setattr(robot.core, "step", None)
    with pytest.raises(TypeError):
        robot.worker.handle([Ticked()], robot.now)
    assert robot.driver.stops == 1


def test_leaving_agent_stops_its_robot_and_says_that_it_is_away():
    robot = Robot(step_s=60.0)
    robot.offer("o/0#1", steps("go"))
    robot.worker.leave(robot.now)
    last, before = robot.published[-1], robot.published[-2]
    assert (last.mode, last.attempt_id) == (RobotMode.OFFLINE, "o/0#1")
    assert last.report_number > before.report_number
    assert robot.driver.stops == 1


def test_robot_that_starts_after_a_failed_write_goes_on_from_its_journal():
    robot = Robot()
    robot.offer("o/0#1", steps("go", "go"))
    robot.run(0.9)
    robot.journal.fail_next_append = "disk full"
    with pytest.raises(LogError):
        robot.run(1.0)
    robot.restart()
    robot.run(LEASE_S * 0.5, granting=True)
    assert robot.outcome("o/0#1").steps_finished == 2
    assert len(robot.begun) == 3, "the step whose end was not kept is done again"
