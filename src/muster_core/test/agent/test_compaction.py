"""A rewritten journal tells the same state as the long one."""

from __future__ import annotations

from muster_core.agent import fold, shortest
from muster_core.testing.robot import REMEMBERED_MAX, Robot, steps


def refolded(robot: Robot):
    return fold(shortest(robot.kept()), attempts_remembered_max=REMEMBERED_MAX)


def test_shortest_journal_tells_the_same_state():
    robot = Robot()
    for number in range(1, 6):
        robot.offer(f"o/0#{number}", steps("go", "pick"), epoch=number)
        robot.run(3.0)
        if number % 2:
            robot.leases(acknowledged=(f"o/0#{number}",))
    robot.restart()
    robot.put()
    robot.offer("p/0#1", steps("go", "go", "pick"), epoch=9)
    robot.leases(epoch=12)
    robot.run(2.5, granting=True)
    state = robot.kept()
    assert state.attempt is not None and state.has_begun and state.steps_finished == 2
    assert refolded(robot) == state
    assert list(refolded(robot).ended) == list(state.ended), "the oldest is forgotten first"


def test_shortest_journal_of_much_work_is_short():
    robot = Robot(step_s=0.1)
    for number in range(1, 51):
        robot.offer(f"o/0#{number}", steps("go", "pick", "go", "place"))
        robot.run(1.0)
        robot.leases(acknowledged=(f"o/0#{number}",))
    assert robot.journal.last_seq > 400
    assert len(list(shortest(robot.kept()))) == 2 + 2 * 50


def test_new_journal_stays_empty():
    assert list(shortest(fold([], attempts_remembered_max=REMEMBERED_MAX))) == []
