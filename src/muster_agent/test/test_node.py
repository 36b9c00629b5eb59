"""The agent node with real rclpy, in one process with a stand-in for the scheduler."""

from __future__ import annotations

import pytest
from muster_msgs import msg

from muster_core.errors import ErrorCode, LogError
from muster_core.log import SqliteLog
from muster_twin.sim_driver import SimDriver

pytestmark = pytest.mark.ros


def test_attempt_is_executed_and_its_outcome_repeated_until_acknowledged(bench):
    bench.active_agent()
    feedback = []
    goal = bench.offer(
        "o/0#1", "pick", "place", feedback=lambda message: feedback.append(message.feedback)
    )
    bench.until(lambda: bench.states[-1].state == msg.RobotState.WORKING)
    bench.until(lambda: "o/0#1" in bench.owed())
    outcome = bench.owed()["o/0#1"]
    assert (outcome.result, outcome.steps_finished) == (msg.Outcome.SUCCEEDED, 4)
    result = goal.get_result_async()
    bench.until(result.done)
    assert result.result().result.outcome == outcome
    assert {message.step_index for message in feedback} >= {0, 3}

    told = len(bench.states)
    bench.until(lambda: len(bench.states) >= told + 5)
    assert all(state.outcomes for state in bench.states[told:])
    bench.grant(acknowledgements="o/0#1")
    bench.until(lambda: not bench.owed())
    assert bench.states[-1].vertex == "c"


def test_stale_epoch_is_refused(bench):
    bench.active_agent()
    bench.grant(epoch=7)
    bench.until(lambda: bench.states[-1].epoch == 7)
    bench.offer("o/0#1", "scan", epoch=6)
    bench.until(lambda: "o/0#1" in bench.owed())
    outcome = bench.owed()["o/0#1"]
    assert (outcome.result, outcome.error_code) == (msg.Outcome.REFUSED, ErrorCode.STALE_EPOCH)


def test_revoked_attempt_ends_cancelled(bench):
    bench.active_agent(driver_settings__scan_s=3600.0)
    bench.offer("o/0#1", "scan")
    bench.until(lambda: bench.states[-1].step_index == 1)
    bench.grant(revocations="o/0#1")
    bench.until(lambda: "o/0#1" in bench.owed())
    assert bench.owed()["o/0#1"].result == msg.Outcome.CANCELLED
    assert bench.owed()["o/0#1"].steps_finished == 1


def test_cancelled_goal_stops_the_robot(bench):
    bench.active_agent(driver_settings__scan_s=3600.0)
    goal = bench.offer("o/0#1", "scan")
    bench.until(lambda: bench.states[-1].state == msg.RobotState.WORKING)
    cancelled = goal.cancel_goal_async()
    bench.until(cancelled.done)
    result = goal.get_result_async()
    bench.until(result.done)
    assert result.result().result.outcome.result == msg.Outcome.CANCELLED


def test_restarted_agent_still_owes_its_outcome_and_knows_its_epoch(bench):
    bench.end(_agent_that_owes(bench))
    bench.active_agent()
    assert bench.owed()["o/0#1"].result == msg.Outcome.SUCCEEDED
    assert bench.states[-1].epoch == 3
    bench.offer("o/0#1", "scan", epoch=3)
    bench.grant(acknowledgements="o/0#1", epoch=3)
    bench.until(lambda: not bench.owed())
    assert bench.states[-1].state == msg.RobotState.IDLE


def test_deactivated_agent_is_offline_and_rejects_goals_until_activated_again(bench):
    agent = _agent_that_owes(bench)
    assert agent.trigger_deactivate().name == "SUCCESS"
    bench.until(lambda: bench.states[-1].state == msg.RobotState.OFFLINE)
    assert not bench.offer("o/0#2", "scan").accepted
    assert agent.trigger_activate().name == "SUCCESS"
    bench.until(lambda: bench.states[-1].state == msg.RobotState.IDLE)
    assert "o/0#1" in bench.owed()


def test_many_attempts_in_a_row_end_all_their_goals(bench):
    bench.active_agent(driver_settings__speed_factor=1000.0)
    for number in range(1, 31):
        attempt = f"o/0#{number}"
        goals = [bench.offer(attempt, "scan") for _ in range(2)]
        results = [goal.get_result_async() for goal in goals]
        bench.until(lambda results=results: all(result.done() for result in results))
        assert {result.result().result.outcome.attempt_id for result in results} == {attempt}
        bench.grant(acknowledgements=attempt)
    bench.until(lambda: not bench.owed())


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"heartbeat_perid_s": 1.0}, "did you mean 'heartbeat_period_s'"),
        ({"tick_s": "fast"}, "'tick_s' is 'fast'"),
        ({"tick_s": 5.0}, "tick_s is 5.0; it must be"),
        ({"driver": "warp"}, "has no 'warp'; the choices are sim"),
        ({"driver_settings__speed_fctor": 2.0}, "did you mean 'speed_factor'"),
        ({"driver_settings__speed_factor": -1.0}, "speed_factor is -1.0"),
        ({"driver_settings__start_place": "shelf_7"}, "no place 'shelf_7'"),
        ({"site": "/nowhere/site.yaml"}, "/nowhere/site.yaml"),
        ({"data_dir": "/proc/journals"}, "data_dir is '/proc/journals'"),
    ],
)
def test_what_cannot_be_used_fails_configure_with_key_and_choices(bench, parameters, words):
    agent = bench.agent(**parameters)
    assert agent.trigger_configure().name == "FAILURE"
    assert words in agent.problem


def test_pick_waits_for_permission_which_a_grant_brings(bench):
    bench.active_agent()
    bench.offer("o/0#1", "pick", steps_permitted=1)
    bench.until(lambda: bench.states[-1].step_index == 1)
    told = len(bench.states)
    bench.until(lambda: len(bench.states) >= told + 3)
    assert bench.states[-1].attempt_id == "o/0#1", "it stands and waits"
    bench.grant(grants="o/0#1")
    bench.until(lambda: "o/0#1" in bench.owed())
    assert bench.owed()["o/0#1"].result == msg.Outcome.SUCCEEDED


def test_numbers_of_reports_grow_over_a_restart(bench):
    agent = bench.active_agent()
    before = bench.heard_report()
    bench.end(agent)
    bench.active_agent()
    bench.offer("o/0#1", "scan")
    bench.until(lambda: "o/0#1" in bench.owed())
    numbers = [state.report_number for state in bench.states]
    assert before < numbers[0] and numbers == sorted(set(numbers))
    assert numbers[0] >> 40 == (before >> 40) + 1


def test_robot_alone_parks_and_tells_of_it_when_it_is_heard_again(bench):
    bench.active_agent(alone_after_s=1.0)
    bench.offer("o/0#1", "scan")  # which takes it away from where it started to park
    bench.until(lambda: "o/0#1" in bench.owed())
    bench.until(lambda: bench.states[-1].message.endswith("parks at park_1"))
    bench.until(lambda: bench.states[-1].vertex == "a")
    bench.grant()
    bench.until(lambda: bench.states[-1].message.startswith("was alone from "))
    assert bench.states[-1].state == msg.RobotState.IDLE
    assert "o/0#1" in bench.owed()


def test_reports_that_another_agent_made_are_warned_of(bench):
    agent = bench.active_agent(driver_settings__scan_s=3600.0)
    bench.offer("o/0#1", "scan")
    bench.grant(grants="o/0#1", heard_report=bench.heard_report() + (1 << 40))
    bench.until(lambda: "foreign_grants" in agent.diagnose())
    assert "another agent uses the same name" in agent.diagnose()["warning"]


def test_journal_that_cannot_be_written_stops_the_robot_before_the_process_ends(bench, monkeypatch):
    stops, ended = [], []
    stop = SimDriver.stop

    def counted_stop(driver, now):
        stops.append(now)
        stop(driver, now)

    def fail(*_):
        raise LogError("event 7 could not be written: database or disk is full")

    monkeypatch.setattr(SimDriver, "stop", counted_stop)
    monkeypatch.setattr("muster_agent.node.crash", lambda error: ended.append((error, len(stops))))
    bench.active_agent(driver_settings__scan_s=3600.0)
    bench.offer("o/0#1", "scan")
    bench.until(lambda: bench.states[-1].step_index == 1)
    monkeypatch.setattr(SqliteLog, "append", fail)
    bench.grant(revocations="o/0#1")
    bench.until(lambda: bool(ended))
    error, stopped = ended[0]
    assert "disk is full" in str(error) and "start the agent again" in str(error)
    assert stopped >= 1
    assert not bench.owed(), "what is not in the journal is not told"


def test_damaged_journal_fails_configure_with_what_is_good_and_the_remedy(bench):
    bench.end(_agent_that_owes(bench))
    path = bench.directory / "journals" / "robot_1.journal"
    content = path.read_bytes()
    at = content.rindex(b'"attempt_accepted"')
    path.write_bytes(content[:at] + b'"Attempt' + content[at + 8 :])
    agent = bench.agent()
    assert agent.trigger_configure().name == "FAILURE"
    assert f"{path} is damaged" in agent.problem
    assert "good up to event 2" in agent.problem
    assert f"muster log repair {path}" in agent.problem


def _agent_that_owes(bench):
    agent = bench.active_agent()
    bench.offer("o/0#1", "scan", epoch=3)
    bench.until(lambda: "o/0#1" in bench.owed())
    return agent
