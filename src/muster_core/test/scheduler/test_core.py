"""Claims about the scheduler's core."""

from __future__ import annotations

import pytest

from muster_core import events as ev
from muster_core.errors import ErrorCode, Refusal
from muster_core.ids import AttemptId, OrderId, RobotId
from muster_core.order import Order
from muster_core.policy.protocol import Plan
from muster_core.robot import RobotDescription, RobotMode
from muster_core.scheduler.effects import Reply
from muster_core.scheduler.inputs import PlansReceived, RobotDescribed, RobotReported, SubmitOrder
from muster_core.scheduler.lease_book import ACKNOWLEDGE_S
from muster_core.scheduler.ledger import Ledger
from muster_core.task import Outcome, OutcomeResult, Step, TaskProposal
from muster_core.testing.scripted_fleet import Fleet, Robot, make_fleet
from muster_core.trace import trace_id


def finish(fleet: Fleet, robot_id: str, result: OutcomeResult, *, steps: int = 0) -> None:
    robot = fleet.robots[RobotId(robot_id)]
    robot.step_index = steps
    robot.end(result, "as the test wants it")
    fleet.heartbeat()
    fleet.settle()


def test_order_goes_from_submission_to_completion() -> None:
    fleet = make_fleet()
    reply = fleet.submit("o-1")
    assert reply.refusal is None and reply.view is not None
    assert [sent.robot_id for sent in fleet.sent] == ["robot_1"]
    fleet.run(1)
    finish(fleet, "robot_1", OutcomeResult.SUCCEEDED)
    assert fleet.state("o-1") == "completed"
    assert [ev.event_type(record.event) for record in fleet.log][2:] == [
        "order_accepted",
        "order_planned",
        "task_assigned",
        "attempt_started",
        *["step_finished"] * 4,
        "attempt_ended",
        "order_completed",
    ]


def test_all_events_of_an_order_bear_one_trace_id() -> None:
    fleet = make_fleet()
    fleet.submit("o-1")
    fleet.run(1)
    finish(fleet, "robot_1", OutcomeResult.SUCCEEDED)
    events = [r.event for r in fleet.log if getattr(r.event, "order_id", "") == "o-1"]
    assert len(events) == 10
    traces = {trace_id(event.traceparent) for event in events}
    assert len(traces) == 1 and "" not in traces


def test_requester_keeps_his_own_trace() -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    fleet = make_fleet()
    fleet.submit("o-1", traceparent=trace)
    assert fleet.sent[0].traceparent == trace


def test_reply_leaves_together_with_the_record_that_justifies_it() -> None:
    fleet = make_fleet()
    fleet.core.step(
        SubmitOrder("x", Order(order_id=OrderId("o-1"), pickup="shelf_1", dropoff="pack_1")),
        fleet.now,
    )
    ready = fleet.core.ready(fleet.now)
    assert any(isinstance(record.event, ev.OrderAccepted) for record in ready.records)
    assert any(isinstance(effect, Reply) for effect in ready.effects)


def test_same_order_again_is_answered_with_its_state() -> None:
    fleet = make_fleet()
    fleet.submit("o-1")
    again = fleet.submit("o-1", requester="somebody else")
    assert again.refusal is None and again.is_duplicate
    assert again.view is not None and again.view.state.value == "active"
    assert len(fleet.events(ev.OrderAccepted)) == 1


def test_same_id_with_other_content_is_refused_and_changes_nothing() -> None:
    fleet = make_fleet()
    fleet.submit("o-1")
    before = fleet.core.ledger.state_hash()
    changed = fleet.submit("o-1", pickup="shelf_2")
    assert changed.refusal is not None
    assert changed.refusal.code is ErrorCode.CHANGED_DUPLICATE
    assert "'o-1'" in changed.refusal.message
    assert fleet.core.ledger.state_hash() == before


def test_duplicate_is_answered_even_when_its_deadline_has_passed() -> None:
    fleet = make_fleet()
    fleet.submit("o-1", deadline="2030-03-17T18:00:00Z")
    fleet.now = fleet.now.later(365 * 86400)
    assert fleet.submit("o-1", deadline="2030-03-17T18:00:00Z").is_duplicate


def test_capability_that_no_robot_has_is_refused_once_the_fleet_is_known() -> None:
    fleet = make_fleet()
    refusal = fleet.submit("o-1", requires=("fork",)).refusal
    assert refusal is not None and refusal.code is ErrorCode.UNKNOWN_CAPABILITY
    assert "fork" in refusal.message


def test_payload_that_no_robot_carries_is_refused_once_the_fleet_is_known() -> None:
    fleet = make_fleet()
    refusal = fleet.submit("o-1", payload_kg=3.0).refusal
    assert refusal is not None and refusal.code is ErrorCode.TOO_HEAVY
    assert "3.0" in refusal.message and "payload_kg_max" in refusal.message


def test_load_is_given_to_a_robot_that_carries_it() -> None:
    weak, strong = Robot(RobotId("robot_1")), Robot(RobotId("robot_2"), payload_kg_max=0.7)
    fleet = Fleet(weak, strong)
    fleet.describe()
    fleet.run(1.0)
    fleet.submit("o-1", payload_kg=0.7)
    assert (weak.task, strong.task is not None) == (None, True)
    fleet.submit("o-2", payload_kg=0.1)
    assert weak.task is None
    assert fleet.state("o-2") == "planned"
    fleet.submit("o-3")
    assert weak.task is not None


def test_same_id_with_another_payload_is_another_order() -> None:
    fleet = make_fleet()
    fleet.robots[RobotId("robot_1")].payload_kg_max = 9.0
    fleet.describe()
    assert fleet.submit("o-1", payload_kg=3.0).refusal is None
    assert fleet.submit("o-1", payload_kg=3.0).is_duplicate
    changed = fleet.submit("o-1", payload_kg=4.0).refusal
    assert changed is not None and changed.code is ErrorCode.CHANGED_DUPLICATE


def test_capability_is_not_checked_before_the_expected_robots_are_known() -> None:
    fleet = make_fleet(robots_expected=2)
    reply = fleet.submit("o-1", requires=("fork",))
    assert reply.refusal is None
    assert fleet.sent == []


def test_full_queue_refuses_and_says_the_bound() -> None:
    fleet = make_fleet(orders_open_max=2)
    assert [fleet.submit(f"o-{n}").refusal for n in (1, 2)] == [None, None]
    refusal = fleet.submit("o-3").refusal
    assert refusal is not None and refusal.code is ErrorCode.QUEUE_FULL
    assert "orders_open_max" in refusal.message


def test_more_urgent_order_goes_first() -> None:
    fleet = make_fleet(1)
    fleet.submit("busy")
    fleet.submit("low", priority=1)
    fleet.submit("high", priority=200)
    fleet.run(1)
    finish(fleet, "robot_1", OutcomeResult.SUCCEEDED)
    assert fleet.sent[-1].task.order_id == "high"


def test_queue_position_counts_those_ahead() -> None:
    fleet = make_fleet(1)
    fleet.submit("busy")
    views = [fleet.submit(f"o-{n}", priority=p).view for n, p in enumerate((10, 10, 200))]
    assert [view.queue_position for view in views if view] == [1, 2, 1]


def test_order_waits_when_no_robot_is_idle_and_starts_when_one_is() -> None:
    fleet = make_fleet(1)
    fleet.robots[RobotId("robot_1")].mode = RobotMode.CHARGING
    fleet.run(1)
    fleet.submit("o-1")
    assert fleet.sent == []
    fleet.robots[RobotId("robot_1")].mode = RobotMode.IDLE
    fleet.run(1)
    assert [sent.task.order_id for sent in fleet.sent] == ["o-1"]


def test_failed_attempt_before_pick_is_tried_again_with_a_new_attempt() -> None:
    fleet = make_fleet(2)
    fleet.submit("o-1")
    fleet.run(1)
    finish(fleet, fleet.sent[0].robot_id, OutcomeResult.FAILED)
    fleet.run(3)
    assert [sent.attempt_id for sent in fleet.sent] == ["o-1/0#1", "o-1/0#2"]
    finish(fleet, fleet.sent[1].robot_id, OutcomeResult.SUCCEEDED)
    assert fleet.state("o-1") == "completed"


def test_order_fails_with_the_story_after_attempts_max() -> None:
    fleet = make_fleet(1, attempts_max=2)
    fleet.submit("o-1")
    for _ in range(2):
        fleet.run(3)
        finish(fleet, "robot_1", OutcomeResult.FAILED)
    failed = fleet.events(ev.OrderFailed)
    assert [event.error_code for event in failed] == [ErrorCode.RETRIES_EXHAUSTED]
    assert "2 failed attempts" in failed[0].reason and "as the test wants it" in failed[0].reason
    assert fleet.core.ledger.orders_open == 0


def test_refusal_pauses_the_robot_and_does_not_count_as_failure() -> None:
    fleet = make_fleet(1, attempts_max=1)
    fleet.submit("o-1")
    finish(fleet, "robot_1", OutcomeResult.REFUSED)
    assert fleet.state("o-1") == "active" and len(fleet.sent) == 1
    fleet.run(3)
    assert len(fleet.sent) == 2


def test_outcome_is_acknowledged_and_recorded_once() -> None:
    fleet = make_fleet(1)
    fleet.submit("o-1")
    fleet.run(1)
    robot = fleet.robots[RobotId("robot_1")]
    robot.end(OutcomeResult.SUCCEEDED)
    twice = robot.report()
    fleet.core.step(RobotReported(twice), fleet.now)
    fleet.core.step(RobotReported(twice), fleet.now)
    fleet.run(1)
    assert len(fleet.events(ev.AttemptEnded)) == 1
    assert ("robot_1", "o-1/0#1") in fleet.leases[-1].acknowledgements
    assert robot.outcomes == []


def test_acknowledgements_are_told_together_and_not_at_once() -> None:
    fleet = make_fleet(3)
    for number in range(1, 4):
        fleet.submit(f"o-{number}")
    fleet.run(1)
    told = len(fleet.leases)
    for robot in fleet.robots.values():
        robot.end(OutcomeResult.SUCCEEDED)
        fleet.core.step(RobotReported(robot.report()), fleet.now)
        fleet.settle()
    assert len(fleet.events(ev.OrderCompleted)) == 3
    assert len(fleet.leases) == told
    fleet.run(ACKNOWLEDGE_S)
    assert len(fleet.leases) == told + 1
    assert len(fleet.leases[-1].acknowledgements) == 3
    assert all(robot.outcomes == [] for robot in fleet.robots.values())


def test_robot_that_returns_is_spoken_to_at_once() -> None:
    fleet = make_fleet(1)
    robot = fleet.robots[RobotId("robot_1")]
    robot.is_heard = False
    fleet.run(11)
    assert len(fleet.events(ev.RobotSilent)) == 1
    told = len(fleet.leases)
    fleet.core.step(RobotReported(robot.report()), fleet.now)
    fleet.settle()
    assert len(fleet.events(ev.RobotReturned)) == 1
    assert len(fleet.leases) == told + 1


def test_outcome_nobody_asked_for_is_counted_acknowledged_and_changes_nothing() -> None:
    fleet = make_fleet(1)
    before = fleet.core.ledger.state_hash()
    stray = Outcome(AttemptId("ghost/0#1"), OrderId("ghost"), OutcomeResult.SUCCEEDED)
    fleet.robots[RobotId("robot_1")].outcomes.append(stray)
    fleet.heartbeat()
    fleet.run(1)
    assert fleet.core.strangers == 1
    assert fleet.core.ledger.state_hash() == before
    assert fleet.robots[RobotId("robot_1")].outcomes == []


def test_robot_cannot_end_the_attempt_of_another() -> None:
    fleet = make_fleet(2)
    fleet.submit("o-1")
    fleet.run(1)
    holder = fleet.sent[0].robot_id
    other = next(robot for robot in fleet.robots.values() if robot.robot_id != holder)
    other.outcomes.append(
        Outcome(fleet.sent[0].attempt_id, OrderId("o-1"), OutcomeResult.SUCCEEDED)
    )
    fleet.heartbeat()
    fleet.settle()
    assert fleet.state("o-1") == "active"


def test_silent_robots_task_waits_until_its_lease_has_run_out() -> None:
    fleet = make_fleet(2, lease_s=10.0, safe_point_s_max=5.0)
    fleet.submit("o-1")
    fleet.run(1)
    silent = fleet.robots[fleet.sent[0].robot_id]
    silent.is_heard = False
    fleet.run(13)
    assert len(fleet.sent) == 1
    fleet.run(12)
    assert [sent.robot_id for sent in fleet.sent[1:]] == ["robot_2"]
    assert [event.robot_id for event in fleet.events(ev.RobotSilent)] == [silent.robot_id]


def test_outcome_is_acknowledged_without_telling_all_other_robots_again() -> None:
    fleet = make_fleet(2)
    for order_id in ("o-1", "o-2"):
        fleet.submit(order_id)
    fleet.run(1)
    robot = fleet.robots[RobotId("robot_1")]
    held = fleet.core.ledger.robots[RobotId("robot_1")].attempt_id
    fleet.leases.clear()
    robot.end(OutcomeResult.SUCCEEDED)
    fleet.core.step(RobotReported(robot.report()), fleet.now)
    fleet.settle()
    fleet.now = fleet.now.later(ACKNOWLEDGE_S)
    fleet.settle()
    [hurried] = fleet.leases
    assert hurried.acknowledgements == (("robot_1", held),)
    assert hurried.grants == hurried.revocations == ()


def test_silent_robot_is_granted_nothing() -> None:
    fleet = make_fleet(1)
    fleet.submit("o-1")
    fleet.run(1)
    fleet.robots[RobotId("robot_1")].is_heard = False
    fleet.run(4)
    fleet.leases.clear()
    fleet.run(8)
    assert fleet.leases and all(lease.grants == () for lease in fleet.leases)


def test_robot_that_returns_is_told_to_stop_what_is_no_longer_its_own() -> None:
    fleet = make_fleet(1, lease_s=10.0, safe_point_s_max=1.0)
    fleet.submit("o-1")
    fleet.run(1)
    robot = fleet.robots[RobotId("robot_1")]
    robot.is_heard = False
    fleet.run(20)
    robot.is_heard = True
    fleet.leases.clear()
    fleet.run(0.5)
    assert ("robot_1", "o-1/0#1") in fleet.leases[0].revocations
    assert len(fleet.events(ev.RobotReturned)) == 1


def test_offer_that_did_not_arrive_is_sent_again_with_the_same_attempt() -> None:
    fleet = make_fleet(1)
    robot = fleet.robots[RobotId("robot_1")]
    robot.take = lambda effect: None  # type: ignore[method-assign]
    fleet.submit("o-1")
    fleet.run(3)
    assert [sent.attempt_id for sent in fleet.sent] == ["o-1/0#1", "o-1/0#1"]


def test_attempt_that_its_robot_has_forgotten_is_lost_and_not_offered_again() -> None:
    fleet = make_fleet(1)
    fleet.submit("o-1")
    fleet.run(1)
    fleet.robots[RobotId("robot_1")].task = None
    fleet.run(19)
    assert not fleet.events(ev.AttemptEnded), "it may be another agent's journal that is gone"
    fleet.run(3)
    assert [event.result for event in fleet.events(ev.AttemptEnded)] == [OutcomeResult.LOST]
    assert [sent.attempt_id for sent in fleet.sent].count(AttemptId("o-1/0#1")) == 1


def test_late_policy_is_stood_in_for_and_the_log_says_so() -> None:
    fleet = make_fleet(1)
    fleet.policy_answers = False
    fleet.submit("o-1")
    fleet.run(3)
    assert [event.fallback for event in fleet.events(ev.TaskAssigned)] == [True]
    assert [event.fallback for event in fleet.events(ev.OrderPlanned)] == [True]


def test_robot_with_another_site_gets_nothing() -> None:
    fleet = make_fleet(1)
    robot = fleet.core.ledger.robots[RobotId("robot_1")]
    robot.description = type(robot.description)(robot_id=RobotId("robot_1"), site="old map")
    fleet.submit("o-1")
    assert fleet.sent == []
    reason = fleet.core.roster.excluded(RobotId("robot_1"), robot, fleet.now)
    assert "'old map'" in reason


@pytest.mark.parametrize("moment", ["planned", "running"])
def test_cancelled_order_ends_cancelled(moment: str) -> None:
    fleet = make_fleet(1)
    if moment == "planned":
        fleet.robots[RobotId("robot_1")].mode = RobotMode.CHARGING
    fleet.run(1)
    fleet.submit("o-1")
    fleet.run(1)
    reply = fleet.cancel("o-1")
    assert reply.refusal is None
    if moment == "running":
        assert fleet.state("o-1") == "active"
        assert ("robot_1", "o-1/0#1") in fleet.leases[-1].revocations
        finish(fleet, "robot_1", OutcomeResult.CANCELLED)
    assert fleet.state("o-1") == "cancelled"
    assert fleet.cancel("o-1").refusal is None


def test_cancelling_what_is_unknown_or_completed_is_refused() -> None:
    fleet = make_fleet(1)
    refusal = fleet.cancel("o-9").refusal
    assert refusal is not None and refusal.code is ErrorCode.UNKNOWN_ORDER
    fleet.submit("o-1")
    fleet.run(1)
    finish(fleet, "robot_1", OutcomeResult.SUCCEEDED)
    refusal = fleet.cancel("o-1").refusal
    assert refusal is not None and refusal.code is ErrorCode.ALREADY_ENDED


def test_restarted_scheduler_adopts_the_running_attempt() -> None:
    fleet = make_fleet(1)
    fleet.submit("o-1")
    fleet.run(1)
    epoch = fleet.core.ledger.epoch
    fleet.restart()
    fleet.run(2)
    assert fleet.core.ledger.epoch == epoch + 1
    assert len(fleet.sent) == 1
    finish(fleet, "robot_1", OutcomeResult.SUCCEEDED)
    assert fleet.state("o-1") == "completed"


def test_replayed_log_gives_the_same_hash() -> None:
    fleet = make_fleet(3)
    for number in range(6):
        fleet.submit(f"o-{number}", priority=number)
    fleet.run(2)
    finish(fleet, "robot_1", OutcomeResult.SUCCEEDED)
    finish(fleet, "robot_2", OutcomeResult.FAILED)
    fleet.cancel("o-0")
    replayed = Ledger(orders_remembered_max=fleet.config.orders_remembered_max)
    for record in fleet.log:
        replayed.apply(record)
    assert replayed.state_hash() == fleet.core.ledger.state_hash()


def test_ended_orders_beyond_the_bound_are_forgotten_oldest_first() -> None:
    fleet = make_fleet(1, orders_remembered_max=2)
    fleet.robots[RobotId("robot_1")].mode = RobotMode.CHARGING
    fleet.run(1)
    for number in range(4):
        fleet.submit(f"o-{number}")
        fleet.cancel(f"o-{number}")
    assert list(fleet.core.ledger.orders) == ["o-2", "o-3"]


def test_heartbeat_of_an_undescribed_robot_changes_nothing() -> None:
    fleet = make_fleet(1)
    before = fleet.core.ledger.state_hash()
    fleet.core.step(RobotReported(Robot(RobotId("stranger")).report()), fleet.now)
    fleet.settle()
    assert fleet.core.ledger.state_hash() == before


@pytest.mark.parametrize("flaw", ["inactive", "left out", "unknown place", "no step"])
def test_plan_that_cannot_be_used_is_stood_in_for(flaw: str) -> None:
    fleet = make_fleet(1)
    fleet.policy_answers = False
    fleet.submit("o-1")
    plans = {
        "inactive": [Plan(OrderId("o-1"), refusal=Refusal(ErrorCode.PLAN_FAILED, "not active"))],
        "left out": [],
        "unknown place": [Plan(OrderId("o-1"), (TaskProposal((Step("go", "nowhere"),)),))],
        "no step": [Plan(OrderId("o-1"), (TaskProposal(()),))],
    }[flaw]
    fleet.core.step(PlansReceived(1, "odd", "1", plans), fleet.now)
    fleet.settle()
    planned = fleet.events(ev.OrderPlanned)
    assert [(event.policy, event.fallback) for event in planned] == [("nearest", True)]
    assert fleet.state("o-1") == "planned"


def test_refusal_of_a_policy_that_is_at_work_fails_the_order() -> None:
    fleet = make_fleet(1)
    fleet.policy_answers = False
    fleet.submit("o-1")
    refused = Plan(OrderId("o-1"), refusal=Refusal(ErrorCode.UNKNOWN_KIND, "not for me"))
    fleet.core.step(PlansReceived(1, "odd", "1", [refused]), fleet.now)
    fleet.settle()
    assert "not for me" in fleet.events(ev.OrderFailed)[0].reason


def test_robot_whose_name_ros_cannot_bear_is_not_taken_in() -> None:
    fleet = make_fleet(1)
    odd = RobotDescription(robot_id=RobotId("amr-7"))
    fleet.core.step(RobotDescribed(odd), fleet.now)
    assert "amr-7" not in fleet.core.ledger.robots and fleet.core.strangers == 1


def test_robot_that_tells_no_speed_and_deadline_with_fraction_are_decided_on() -> None:
    fleet = make_fleet(1)
    robot = fleet.core.ledger.robots[RobotId("robot_1")]
    robot.description = RobotDescription(
        robot_id=RobotId("robot_1"),
        capabilities=robot.description.capabilities,
        speed_mps_max=0.0,
        site_digest=robot.description.site_digest,
    )
    fleet.submit("o-1", deadline="2035-01-01T00:00:00.5Z")
    assert [sent.robot_id for sent in fleet.sent] == ["robot_1"]
