"""Stories of orders as the scheduler itself records them."""

from __future__ import annotations

import pytest

from muster_core.clock import NS_PER_S
from muster_core.errors import ErrorCode
from muster_core.explain import Story, explain
from muster_core.ids import OrderId
from muster_core.scheduler.inputs import ResolveOrder
from muster_core.states import OrderState
from muster_core.task import OutcomeResult
from muster_core.testing.order_log import told
from muster_core.testing.scripted_fleet import Fleet, Robot, make_fleet

O_1 = OrderId("o-1")


def started(robots: int = 2) -> tuple[Fleet, Robot]:
    """A fleet, and the robot that has begun the order."""
    fleet = make_fleet(robots)
    fleet.submit("o-1", requester="desk")
    fleet.run(1)
    return fleet, worker(fleet)


def worker(fleet: Fleet) -> Robot:
    return next(robot for robot in fleet.robots.values() if robot.task and robot.is_heard)


def finish(fleet: Fleet, robot: Robot, steps: int) -> None:
    """Let the robot finish its steps up to that number, 4 s each."""
    for index in range(robot.step_index + 1, steps + 1):
        fleet.run(4)
        robot.step_index = index
        fleet.run(0.5)


def succeed(fleet: Fleet) -> None:
    robot = worker(fleet)
    assert robot.task is not None
    finish(fleet, robot, len(robot.task.task.steps))
    robot.end(OutcomeResult.SUCCEEDED)
    fleet.run(1)


def story_of(fleet: Fleet) -> Story:
    story = explain(O_1, fleet.log)
    assert story is not None
    assert story.state.value == fleet.state("o-1")
    whole_s = (story.until_ns - story.accepted_ns) / NS_PER_S
    assert story.times.total_s == pytest.approx(whole_s), "every stretch is accounted for"
    return story


def test_completed_order() -> None:
    fleet, _ = started()
    succeed(fleet)
    story = story_of(fleet)
    assert told(story)[0] == "ordered by desk" and told(story)[-1] == "completed"
    assert story.times.driving_s > 0 and story.times.handling_s > 0


def test_order_whose_robot_was_lost_with_the_item_and_a_person_answered() -> None:
    fleet, robot = started()
    finish(fleet, robot, 2)
    robot.is_heard = False
    fleet.run(60)
    story = story_of(fleet)
    assert story.state is OrderState.SUSPENDED
    assert told(story)[-1] == "it waits for a person's answer"
    assert not story.question.startswith("a person is asked")
    fleet.core.step(ResolveOrder(None, O_1, "retry", "bay", "put back"), fleet.now)
    fleet.settle()
    fleet.run(2)
    succeed(fleet)
    story = story_of(fleet)
    assert any(sentence.startswith("bay answered: the item is at its") for sentence in told(story))
    assert [attempt.result for attempt in story.tries] == [
        OutcomeResult.LOST,
        OutcomeResult.SUCCEEDED,
    ]
    assert story.times.person_s > 20


def test_order_whose_robot_failed_with_the_item_is_told_as_resumed() -> None:
    fleet, robot = started()
    finish(fleet, robot, 2)
    robot.end(OutcomeResult.FAILED, "wheel slipped")
    fleet.run(4)
    succeed(fleet)
    sentences = told(story_of(fleet))
    assert any("which has the item, is to go on with the rest" in words for words in sentences)
    assert any("was chosen to go on with the item that it has" in words for words in sentences)


def test_order_that_was_cancelled_after_the_pick_is_told_as_brought_back() -> None:
    fleet, robot = started()
    finish(fleet, robot, 2)
    fleet.cancel("o-1")
    robot.end(OutcomeResult.CANCELLED)
    fleet.run(4)
    succeed(fleet)
    story = story_of(fleet)
    assert story.state is OrderState.CANCELLED
    assert told(story)[-1] == "cancelled: no longer wanted; the item was put down at shelf_1"


def test_order_that_was_given_up_tells_each_try() -> None:
    fleet, _ = started()
    for _ in range(fleet.config.attempts_max):
        worker(fleet).end(OutcomeResult.FAILED, "door shut")
        fleet.run(10)
    story = story_of(fleet)
    assert story.state is OrderState.FAILED
    assert [attempt.message for attempt in story.tries] == ["door shut"] * len(story.tries)
    assert told(story)[-1].startswith("given up after 3 failed attempts")
    assert story.tries[-1].error_code is ErrorCode.NONE


def test_order_of_a_scheduler_that_was_started_again() -> None:
    fleet, _ = started()
    fleet.restart()
    fleet.run(2)
    succeed(fleet)
    assert any("took the lead and went on from the log" in words for words in told(story_of(fleet)))
