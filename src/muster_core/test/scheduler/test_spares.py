"""Claims about spare robots."""

from __future__ import annotations

from muster_core import events as ev
from muster_core.ids import RobotId
from muster_core.task import OutcomeResult
from muster_core.testing.scripted_fleet import make_fleet

LEASE = {"lease_s": 6.0, "safe_point_s_max": 2.0, "heartbeat_timeout_s": 3.0}
SPARE = RobotId("robot_2")


def test_spare_is_given_nothing_while_nobody_is_lost() -> None:
    fleet = make_fleet(2, spares=("robot_2",), **LEASE)
    for number in range(3):
        fleet.submit(f"o-{number}")
    fleet.run(5)
    assert {sent.robot_id for sent in fleet.sent} == {"robot_1"}
    record = fleet.core.ledger.robots[SPARE]
    assert fleet.core.roster.excluded(SPARE, record, fleet.now) == "it is a spare"


def test_spare_stands_in_for_a_lost_robot_and_is_released_when_it_is_back() -> None:
    fleet = make_fleet(2, spares=("robot_2",), **LEASE)
    fleet.submit("o-1")
    fleet.run(1)
    fleet.robots[RobotId("robot_1")].is_heard = False
    fleet.run(20)
    assert [event.instead_of for event in fleet.events(ev.SpareCalled)] == ["robot_1"]
    assert fleet.sent[-1].robot_id == "robot_2"
    fleet.robots[RobotId("robot_1")].is_heard = True
    fleet.run(2)
    assert not fleet.events(ev.SpareReleased), "it finishes what it has begun"
    fleet.end("robot_2", OutcomeResult.SUCCEEDED)
    fleet.run(1)
    assert [event.robot_id for event in fleet.events(ev.SpareReleased)] == ["robot_2"]
    assert fleet.state("o-1") == "completed"


def test_one_spare_stands_in_for_one_robot() -> None:
    fleet = make_fleet(4, spares=("robot_3", "robot_4"), **LEASE)
    fleet.robots[RobotId("robot_1")].is_heard = False
    fleet.run(15)
    assert [event.robot_id for event in fleet.events(ev.SpareCalled)] == ["robot_3"]


def test_want_of_further_spares_calls_for_no_new_decision() -> None:
    fleet = make_fleet(3, spares=("robot_3",), **LEASE)
    for name in ("robot_1", "robot_2"):
        fleet.robots[RobotId(name)].is_heard = False
    fleet.run(15)
    assert len(fleet.events(ev.SpareCalled)) == 1
    assert not fleet.core._spares.watch(fleet.now)
