"""Claims about the troubles that people are shown."""

from __future__ import annotations

from muster_core.ids import RobotId
from muster_core.traffic.effects import TellTrouble, TroubleKind
from muster_core.traffic.troubles import TROUBLES_MAX, Troubles

ROBOT = RobotId("robot_1")


def test_trouble_is_news_once_and_shown_until_it_is_over() -> None:
    troubles = Troubles()
    silent = TellTrouble(TroubleKind.SILENT, ROBOT, "robot_1 is silent")
    assert troubles.take(silent) and not troubles.take(silent)
    assert troubles.of(ROBOT) == ("robot_1 is silent",) and troubles.robots() == [ROBOT]
    over = TellTrouble(TroubleKind.SILENT, ROBOT, "", is_over=True)
    assert troubles.take(over) and not troubles.take(over)
    assert not troubles.of(ROBOT) and not troubles.newest() and not len(troubles)


def test_good_report_ends_what_only_a_report_can_end() -> None:
    troubles = Troubles()
    for kind in (TroubleKind.UNHEARD, TroubleKind.REFUSED, TroubleKind.ASTRAY):
        troubles.take(TellTrouble(kind, ROBOT, kind.value))
    troubles.hear(ROBOT)
    assert troubles.of(ROBOT) == ("astray",)
    troubles.remove(ROBOT)
    assert not troubles.robots()


def test_oldest_trouble_is_forgotten_beyond_the_bound() -> None:
    troubles = Troubles()
    for number in range(TROUBLES_MAX + 1):
        robot_id = RobotId(f"robot_{number}")
        troubles.take(TellTrouble(TroubleKind.REFUSED, robot_id, f"of {number}"))
    assert len(troubles) == TROUBLES_MAX
    assert not troubles.of(RobotId("robot_0")) and troubles.newest() == f"of {TROUBLES_MAX}"
