"""Claims about the scheduler's node, over real channels."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest
from action_msgs.msg import GoalStatus
from muster_msgs import msg, srv
from muster_msgs.action import ExecuteOrder
from rclpy.action import ActionClient
from rclpy.lifecycle import TransitionCallbackReturn

from muster_core.errors import ErrorCode
from muster_core.task import OutcomeResult
from muster_core.trace import trace_id
from muster_ros import channels as ch
from muster_ros.testing import transition, wait_until


def send_goal(world: Any, feedback: list[Any], **fields: Any) -> Any:
    """The accepted handle of a goal of ``execute_order``."""
    client = ActionClient(world.peer, ExecuteOrder, ch.EXECUTE_ORDER.path("/test"))
    world.actions.append(client)
    assert client.wait_for_server(10)
    goal = ExecuteOrder.Goal(**fields)
    future = client.send_goal_async(goal, lambda message: feedback.append(message.feedback))
    wait_until(future.done, "the goal's acceptance")
    assert future.result().accepted
    return future.result()


def result_of(handle: Any) -> Any:
    future = handle.get_result_async()
    wait_until(future.done, "the goal's result")
    return future.result()


def test_order_is_done_by_a_robot_and_told_in_events(world: Any) -> None:
    world.add_policy()
    agent = world.add_agent()
    world.start_scheduler()
    assert world.submit("o-1").accepted
    wait_until(lambda: agent.offers, "the offer")
    world.wait_for_event("attempt_started")
    agent.end(OutcomeResult.SUCCEEDED)
    completed = world.wait_for_event("order_completed")
    assert completed.order_id == "o-1"
    mine = [event for event in world.events if event.order_id == "o-1"]
    assert len({trace_id(event.traceparent) for event in mine}) == 1
    assert [event.seq for event in world.events] == list(range(1, len(world.events) + 1))


def test_robot_that_described_itself_before_activation_is_known(world: Any) -> None:
    node = world.make_scheduler()
    assert node.trigger_configure() == TransitionCallbackReturn.SUCCESS
    agent = world.add_agent()
    wait_until(lambda: agent.told >= 3, "three heartbeats to an inactive scheduler")
    assert transition(node, "activate") == TransitionCallbackReturn.SUCCESS
    assert world.wait_for_event("robot_described").robot_id == "robot_1"


def test_accepted_order_is_on_disk_when_it_is_acknowledged(world: Any) -> None:
    node = world.start_scheduler()
    assert world.submit("o-1").accepted
    node.close()  # lets go of the file
    rows = sqlite3.connect(world.directory / "scheduler.log").execute("SELECT body FROM entries")
    assert ("order_accepted", "o-1") in [
        (event["type"], event.get("order_id")) for event in (json.loads(row[0]) for row in rows)
    ]


def test_restarted_scheduler_knows_its_orders_under_a_new_epoch(world: Any) -> None:
    first = world.start_scheduler()
    assert world.submit("o-1").accepted
    transition(first, "deactivate")
    transition(first, "cleanup")
    assert first.trigger_configure() == TransitionCallbackReturn.SUCCESS
    assert transition(first, "activate") == TransitionCallbackReturn.SUCCESS
    again = world.submit("o-1")
    assert again.accepted and again.duplicate
    assert world.wait_for_event("epoch_started", 2).epoch == 2


def test_policy_that_is_away_is_stood_in_for(world: Any) -> None:
    agent = world.add_agent()
    world.start_scheduler(plan_timeout_s=0.3, decide_timeout_s=0.3)
    world.submit("o-1")
    wait_until(lambda: agent.offers, "the offer")
    assigned = json.loads(world.wait_for_event("task_assigned").data)
    assert assigned["fallback"] is True and assigned["policy"] == "nearest"


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"pickup": "shelff_1"}, ErrorCode.UNKNOWN_PLACE, ["'shelff_1'", "'shelf_1'"]),
        ({"kind": "delivr"}, ErrorCode.UNKNOWN_KIND, ["'delivr'", "deliver"]),
        ({"requires": ["fork"]}, ErrorCode.UNKNOWN_CAPABILITY, ["fork"]),
        ({"deadline": "2001-01-01T00:00:00Z"}, ErrorCode.BAD_DEADLINE, ["2001-01-01"]),
        ({"deadline": "tomorrow"}, ErrorCode.BAD_DEADLINE, ["'tomorrow'", "ISO 8601"]),
    ],
)
def test_bad_order_is_refused_with_a_sentence(
    world: Any, fields: dict[str, Any], code: ErrorCode, words: list[str]
) -> None:
    world.add_agent()
    world.start_scheduler()
    world.wait_for_event("robot_described")
    response = world.submit("o-1", **fields)
    assert not response.accepted and response.error_code == code
    assert all(word in response.message for word in words), response.message


def test_same_id_with_other_content_is_refused(world: Any) -> None:
    world.start_scheduler()
    assert world.submit("o-1").accepted
    assert world.submit("o-1", priority=5).error_code == ErrorCode.CHANGED_DUPLICATE


def test_burst_of_submissions_loses_none(world: Any) -> None:
    world.start_scheduler()
    orders = [
        msg.Order(order_id=f"o-{number}", pickup="shelf_1", dropoff="pack_1")
        for number in range(200)
    ]
    futures = [
        world.caller.send(ch.SUBMIT_ORDER, srv.SubmitOrder.Request(order=order)) for order in orders
    ]
    wait_until(lambda: all(future.done() for future in futures), "200 answers")
    assert all(future.result().accepted for future in futures)
    page = world.caller.call(ch.GET_ORDERS, srv.GetOrders.Request(limit=150))
    assert len(page.orders) == 150 and page.left_off == 50


def test_checkpoint_is_made_meanwhile_and_the_next_start_knows_all_orders(world: Any) -> None:
    node = world.start_scheduler(checkpoint_events=100)
    requests = [
        srv.SubmitOrder.Request(
            order=msg.Order(order_id=f"o-{number}", pickup="shelf_1", dropoff="pack_1")
        )
        for number in range(120)
    ]
    futures = [world.caller.send(ch.SUBMIT_ORDER, request) for request in requests]
    wait_until(lambda: all(future.done() for future in futures), "120 answers")
    wait_until((world.directory / "scheduler.log.checkpoint").exists, "the checkpoint")
    wait_until(lambda: node.diagnose()["checkpoints"] == "1", "its being counted")
    transition(node, "deactivate")
    transition(node, "activate")
    assert world.submit_until_answered("o-119").duplicate


def test_queries_answer_with_orders_robots_and_events(world: Any) -> None:
    world.add_agent()
    world.start_scheduler()
    world.wait_for_event("robot_described")
    world.submit("o-1")
    orders = world.caller.call(ch.GET_ORDERS, srv.GetOrders.Request(order_ids=["o-1"])).orders
    assert [status.order.order_id for status in orders] == ["o-1"]
    robots = world.caller.call(ch.GET_ROBOTS, srv.GetRobots.Request())
    assert [summary.robot.robot_id for summary in robots.robots] == ["robot_1"]
    assert [description.robot_id for description in robots.descriptions] == ["robot_1"]
    page = world.caller.call(ch.READ_EVENTS, srv.ReadEvents.Request(from_seq=2, limit=1))
    assert [event.seq for event in page.events] == [2] and page.last_seq >= 3
    beyond = world.caller.call(ch.READ_EVENTS, srv.ReadEvents.Request(from_seq=2**63))
    assert list(beyond.events) == [] and beyond.last_seq >= 3


def test_goal_follows_its_order_to_the_end_with_feedback(world: Any) -> None:
    world.add_policy()
    agent = world.add_agent()
    world.start_scheduler()
    feedback: list[Any] = []
    handle = send_goal(world, feedback, order_id="m-1", pickup="shelf_1", dropoff="pack_1")
    world.wait_for_event("attempt_started")
    agent.end(OutcomeResult.SUCCEEDED)
    outcome = result_of(handle)
    assert outcome.status == GoalStatus.STATUS_SUCCEEDED
    assert outcome.result.error_code == 0
    assert outcome.result.status.state == outcome.result.status.COMPLETED
    states = [item.status.state for item in feedback]
    assert outcome.result.status.ACTIVE in states and states == sorted(states)


def test_goal_of_a_bad_order_aborts_with_the_sentence(world: Any) -> None:
    world.start_scheduler()
    handle = send_goal(world, [], order_id="m-1", pickup="shelf_9", dropoff="pack_1")
    outcome = result_of(handle)
    assert outcome.status == GoalStatus.STATUS_ABORTED
    assert outcome.result.error_code == ErrorCode.UNKNOWN_PLACE
    assert "'shelf_9'" in outcome.result.message


def test_goal_of_a_changed_duplicate_is_refused_and_leaves_the_first_alone(world: Any) -> None:
    world.add_policy()
    agent = world.add_agent()
    world.start_scheduler()
    first = send_goal(world, [], order_id="m-1", pickup="shelf_1", dropoff="pack_1")
    world.wait_for_event("attempt_started")
    other = send_goal(world, [], order_id="m-1", pickup="shelf_2", dropoff="pack_1")
    assert result_of(other).result.error_code == ErrorCode.CHANGED_DUPLICATE
    agent.end(OutcomeResult.SUCCEEDED)
    assert result_of(first).status == GoalStatus.STATUS_SUCCEEDED


def test_site_without_a_place_of_an_open_order_is_warned_of(world: Any) -> None:
    world.add_policy()
    node = world.start_scheduler()
    world.submit("o-1")
    world.wait_for_event("order_planned")
    transition(node, "deactivate")
    transition(node, "cleanup")
    smaller = world.directory / "smaller.yaml"
    smaller.write_text("site: s\nvertices: {a: [0, 0]}\nplaces: {p: {vertex: a, kind: shelf}}\n")
    second = world.make_scheduler(site=str(smaller))
    assert second.trigger_configure() == TransitionCallbackReturn.SUCCESS
    assert "has no place 'shelf_1', which the open order 'o-1' needs" in second.warning()


def test_two_goals_of_the_same_order_both_end(world: Any) -> None:
    world.add_policy()
    agent = world.add_agent()
    world.start_scheduler()
    fields = {"order_id": "m-1", "pickup": "shelf_1", "dropoff": "pack_1"}
    handles = [send_goal(world, [], **fields) for _ in range(2)]
    world.wait_for_event("attempt_started")
    agent.end(OutcomeResult.SUCCEEDED)
    assert [result_of(handle).status for handle in handles] == [GoalStatus.STATUS_SUCCEEDED] * 2
    assert len(agent.offers) == 1


def test_cancelled_goal_stops_the_robot_and_ends_cancelled(world: Any) -> None:
    world.add_policy()
    agent = world.add_agent()
    world.start_scheduler()
    handle = send_goal(world, [], order_id="m-1", pickup="shelf_1", dropoff="pack_1")
    world.wait_for_event("attempt_started")
    handle.cancel_goal_async()

    def is_revoked() -> bool:
        return any(
            hold.attempt_id == "m-1/0#1" for lease in agent.leases for hold in lease.revocations
        )

    wait_until(is_revoked, "the revocation")
    agent.end(OutcomeResult.CANCELLED)
    assert result_of(handle).status == GoalStatus.STATUS_CANCELED


def test_outcome_is_acknowledged_over_leases(world: Any) -> None:
    world.add_policy()
    agent = world.add_agent()
    world.start_scheduler()
    world.submit("o-1")
    world.wait_for_event("attempt_started")
    agent.end(OutcomeResult.SUCCEEDED)

    def is_acknowledged() -> bool:
        return any(
            hold.attempt_id == "o-1/0#1"
            for lease in agent.leases
            for hold in lease.acknowledgements
        )

    wait_until(is_acknowledged, "the acknowledgement")


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"leese_s": 3.0}, ["'leese_s'", "lease_s"]),
        ({"lease_s": "long"}, ["'lease_s'", "'long'", "float"]),
        ({"heartbeat_timeout_s": 60.0}, ["heartbeat_timeout_s", "60.0"]),
        ({"site": "/nowhere.yaml"}, ["/nowhere.yaml"]),
        ({"site": ""}, ["'site'"]),
        ({"data_dir": "/dev/null/x"}, ["/dev/null/x"]),
        ({"leadership_lease_s": 0.1}, ["leadership_lease_s", "0.1", "tick_s"]),
        ({"leadership_lease_s": 600.0}, ["leadership_lease_s", "600.0", "60"]),
    ],
)
def test_bad_parameter_fails_configure_with_its_name(
    world: Any, parameters: dict[str, Any], words: list[str]
) -> None:
    node = world.make_scheduler(**parameters)
    assert node.trigger_configure() == TransitionCallbackReturn.FAILURE
    assert all(word in node.problem for word in words), node.problem


def test_inactive_scheduler_offers_nothing(world: Any) -> None:
    node = world.start_scheduler()
    assert world.submit("o-1").accepted
    client = world.peer.create_client(ch.SUBMIT_ORDER.type, ch.SUBMIT_ORDER.path("/test"))
    wait_until(client.service_is_ready, "submit_order")
    transition(node, "deactivate")
    wait_until(lambda: not client.service_is_ready(), "the end of submit_order")
