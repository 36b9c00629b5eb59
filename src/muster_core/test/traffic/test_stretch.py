"""What one robot may drive."""

from __future__ import annotations

from muster_core.ids import RobotId
from muster_core.traffic.effects import Release
from muster_core.traffic.inputs import Motion
from muster_core.traffic.stretch import Stretch

ROBOT = RobotId("r1")


def stretch(length_m: float = 0.0) -> Stretch:
    return Stretch(
        ROBOT, session=7, vertex="a", edge_length_m=lambda start, end: 2.0, length_m=length_m
    )


def release(
    *vertices: str,
    number: int,
    first: int = 0,
    epoch: int = 1,
    session: int = 7,
    is_halted: bool = False,
    robot_id: RobotId = ROBOT,
) -> Release:
    return Release(
        robot_id=robot_id,
        session=session,
        epoch=epoch,
        number=number,
        first=first,
        vertices=vertices,
        is_halted=is_halted,
    )


def test_robot_holds_where_it_stands_and_may_go_nowhere() -> None:
    robot = stretch()
    assert (robot.held, robot.vertex, list(robot.ahead)) == (("a",), "a", [])


def test_release_makes_the_stretch_longer_and_repeats_change_nothing() -> None:
    robot = stretch()
    assert robot.accept(release("a", "b", "c", number=2))
    assert list(robot.ahead) == ["b", "c"]
    assert not robot.accept(release("a", "b", "c", number=2))
    assert not robot.accept(release("a", "b", number=1)), "overtaken on its way"
    assert not robot.accept(release("a", "b", number=3)), "nothing is ever taken back"
    assert robot.held == ("a", "b", "c")
    assert robot.ignored == 2


def test_vertex_is_left_only_when_the_whole_robot_is_past_it_and_at_the_next() -> None:
    robot = stretch(length_m=2.5)
    robot.accept(release("a", "b", "c", number=1))
    assert not robot.drive(1.9)
    assert robot.drive(2.0)
    assert robot.vertex == "b" and robot.held == ("a", "b", "c")
    assert not robot.drive(2.4)
    assert robot.drive(2.5)
    assert robot.held == ("b", "c")
    assert robot.report().left == 1 and robot.report().at == 1
    short = stretch()
    short.accept(release("a", "b", number=1))
    assert not short.drive(1.9)
    assert short.held == ("a", "b"), "under way it holds both ends of the edge"


def test_long_robot_holds_its_tail_at_rest() -> None:
    robot = stretch(length_m=3.0)
    robot.accept(release("a", "b", "c", "d", number=1))
    for _ in range(3):
        robot.reach_next()
    assert robot.vertex == "d" and not robot.ahead
    assert robot.held == ("c", "d")


def test_release_goes_on_from_what_is_left_of_the_way() -> None:
    robot = stretch()
    robot.accept(release("a", "b", "c", number=1))
    robot.reach_next()
    assert robot.held == ("b", "c")
    assert robot.accept(release("a", "b", "c", "d", number=2)), "traffic had not heard of it yet"
    assert robot.held == ("b", "c", "d")
    assert robot.accept(release("b", "c", "d", "e", number=3, first=1))
    assert robot.held == ("b", "c", "d", "e")


def test_releases_for_others_are_ignored() -> None:
    robot = stretch()
    assert not robot.accept(release("a", "b", number=1, session=6))
    assert not robot.accept(release("a", "b", number=1, robot_id=RobotId("r2")))
    assert not robot.accept(release("x", "b", number=1))
    assert robot.held == ("a",)


def test_older_epoch_is_not_obeyed_once_the_roll_was_called() -> None:
    robot = stretch()
    robot.accept(release("a", "b", number=9, epoch=1))
    robot.call_roll(2)
    assert not robot.accept(release("a", "b", "c", number=10, epoch=1))
    assert robot.held == ("a", "b") and robot.report().epoch == 2
    assert robot.accept(release("a", "b", "c", number=1, epoch=2)), "each epoch counts anew"


def test_halt_is_taken_in_and_called_off() -> None:
    robot = stretch()
    assert robot.accept(release("a", "b", number=1, is_halted=True))
    assert robot.is_halted and robot.report().is_halted
    assert robot.accept(release("a", "b", number=2))
    assert not robot.is_halted


def test_reports_are_numbered_and_say_what_is_wanted() -> None:
    robot = stretch()
    first = robot.report(goal="z", motion=Motion.BUSY, x=1.0, y=2.0)
    assert (first.number, first.goal, first.motion, first.x, first.y) == (
        1,
        "z",
        Motion.BUSY,
        1.0,
        2.0,
    )
    assert robot.report().number == 2
