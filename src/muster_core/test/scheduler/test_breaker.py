"""Claims about robots that fail repeatedly: barred, probed, cleared."""

from __future__ import annotations

from muster_core import events as ev
from muster_core.errors import ErrorCode
from muster_core.ids import RobotId
from muster_core.task import OutcomeResult, TaskPurpose
from muster_core.testing.scripted_fleet import Fleet, make_fleet

CONFIG = {
    "attempts_max": 9,
    "breaker_failures_max": 2,
    "breaker_pause_s": 10.0,
    "retry_pause_s": 0.5,
    "retry_pause_s_max": 0.5,
}


def barred(robots: int = 1) -> Fleet:
    fleet = make_fleet(robots, **CONFIG)
    fleet.submit("o-1")
    for _ in range(2):
        fleet.run(2)
        assert fleet.robots[RobotId("robot_1")].task is not None
        fleet.end("robot_1", OutcomeResult.FAILED)
    fleet.run(1)
    return fleet


def test_robot_that_fails_repeatedly_is_barred_and_says_so() -> None:
    fleet = barred()
    assert [event.failures for event in fleet.events(ev.RobotBarred)] == [2]
    record = fleet.core.ledger.robots[RobotId("robot_1")]
    assert "barred" in fleet.core.roster.excluded(RobotId("robot_1"), record, fleet.now)
    sent = len(fleet.sent)
    fleet.run(5)
    assert len(fleet.sent) == sent


def test_barred_robot_is_let_back_after_a_probe() -> None:
    fleet = barred()
    fleet.run(12)
    assert fleet.sent[-1].task.purpose is TaskPurpose.PROBE
    assert [step.verb for step in fleet.sent[-1].task.steps] == ["go"]
    fleet.end("robot_1", OutcomeResult.SUCCEEDED)
    assert len(fleet.events(ev.RobotCleared)) == 1
    fleet.run(3)
    assert fleet.sent[-1].task.purpose is TaskPurpose.WORK, "it works on its order again"


def test_failed_probe_bars_the_robot_for_twice_as_long() -> None:
    fleet = barred()
    fleet.run(12)
    fleet.end("robot_1", OutcomeResult.FAILED)
    fleet.run(1)
    first, second = fleet.events(ev.RobotBarred)
    probes = [s for s in fleet.sent if s.task.purpose is TaskPurpose.PROBE]
    fleet.run(15)
    assert len([s for s in fleet.sent if s.task.purpose is TaskPurpose.PROBE]) == len(probes) == 1
    fleet.run(8)
    assert fleet.sent[-1].task.purpose is TaskPurpose.PROBE
    assert second.probe_not_before_ns > first.probe_not_before_ns
    assert fleet.state(probes[0].task.order_id) == "failed"


def test_refused_probe_counts_as_failed() -> None:
    fleet = barred()
    fleet.run(12)
    fleet.end("robot_1", OutcomeResult.REFUSED)
    fleet.run(10)
    assert len(fleet.events(ev.RobotBarred)) == 2
    assert len([s for s in fleet.sent if s.task.purpose is TaskPurpose.PROBE]) == 1


def test_ids_of_probes_are_nobody_else_s() -> None:
    refusal = make_fleet(1).submit("probe/robot_1/7").refusal
    assert refusal is not None and refusal.code is ErrorCode.BAD_ORDER_ID


def test_success_in_between_starts_the_count_anew() -> None:
    fleet = make_fleet(1, **CONFIG)
    for number, result in enumerate(
        (OutcomeResult.FAILED, OutcomeResult.SUCCEEDED, OutcomeResult.FAILED)
    ):
        if number != 1:
            fleet.submit(f"o-{number}")
        fleet.run(2)
        fleet.end("robot_1", result)
    fleet.run(1)
    assert not fleet.events(ev.RobotBarred)


def test_bar_survives_a_restart_of_the_scheduler() -> None:
    fleet = barred()
    fleet.restart()
    fleet.run(2)
    record = fleet.core.ledger.robots[RobotId("robot_1")]
    assert "barred" in fleet.core.roster.excluded(RobotId("robot_1"), record, fleet.now)


def test_task_is_not_given_to_the_robot_that_failed_it_while_another_could() -> None:
    fleet = make_fleet(2, **CONFIG)
    fleet.submit("o-1")
    fleet.run(1)
    failed = fleet.sent[0].robot_id
    fleet.end(failed, OutcomeResult.FAILED)
    fleet.run(3)
    assert fleet.sent[-1].robot_id != failed
