"""What cancelling does in every state an order can be in: a claim for each cell of the docs' table.

The table is in ``docs/promise.md``, "Cancelling".
"""

from __future__ import annotations

from muster_core import events as ev
from muster_core.errors import ErrorCode
from muster_core.ids import RobotId
from muster_core.policy.protocol import Plan
from muster_core.scheduler.inputs import PlansReceived
from muster_core.task import OutcomeResult, Step, TaskProposal, TaskPurpose
from muster_core.testing.scripted_fleet import Fleet, make_fleet

LEASE = {"lease_s": 6.0, "safe_point_s_max": 2.0, "heartbeat_timeout_s": 3.0}


def running(steps: int) -> Fleet:
    fleet = make_fleet(2, **LEASE)
    fleet.submit("o-1")
    fleet.run(1)
    for step in range(1, steps + 1):
        fleet.advance("robot_1", step)
    return fleet


def is_told_to_stop(fleet: Fleet) -> bool:
    return ("robot_1", "o-1/0#1") in fleet.leases[-1].revocations


def test_accepted_order_is_cancelled_at_once() -> None:
    fleet = make_fleet(0, policy_answers=False)
    fleet.submit("o-1")
    assert fleet.state("o-1") == "accepted"
    assert fleet.cancel("o-1").refusal is None
    assert fleet.state("o-1") == "cancelled"


def test_planned_order_is_cancelled_at_once() -> None:
    fleet = make_fleet(0)
    fleet.submit("o-1")
    assert fleet.state("o-1") == "planned"
    fleet.cancel("o-1")
    assert fleet.state("o-1") == "cancelled"
    assert not fleet.core.ledger.ready and not len(fleet.core.ledger.line)


def test_order_waiting_for_another_try_is_cancelled_at_once() -> None:
    fleet = running(0)
    fleet.end("robot_1", OutcomeResult.FAILED)
    fleet.cancel("o-1")
    assert fleet.state("o-1") == "cancelled"
    fleet.run(10)
    assert len(fleet.sent) == 1


def test_assigned_order_is_cancelled_when_its_robot_has_declined() -> None:
    fleet = make_fleet(2, **LEASE)
    fleet.submit("o-1")
    assert not fleet.events(ev.AttemptStarted)
    fleet.cancel("o-1")
    assert fleet.state("o-1") == "active" and is_told_to_stop(fleet)
    fleet.end("robot_1", OutcomeResult.CANCELLED)
    assert fleet.state("o-1") == "cancelled"


def test_order_running_before_its_pick_is_cancelled_when_its_robot_has_stopped() -> None:
    fleet = running(0)
    fleet.cancel("o-1")
    assert is_told_to_stop(fleet)
    fleet.advance("robot_1", 1)
    assert not fleet.events(ev.PickPermitted), "a cancelled order's item is not picked any more"
    fleet.end("robot_1", OutcomeResult.CANCELLED)
    assert fleet.state("o-1") == "cancelled"


def test_item_of_an_order_cancelled_after_its_pick_goes_back_where_it_was() -> None:
    fleet = running(2)
    fleet.cancel("o-1")
    fleet.end("robot_1", OutcomeResult.CANCELLED)
    assert fleet.state("o-1") == "active"
    fleet.run(3)
    sent = fleet.sent[-1]
    assert sent.robot_id == "robot_1" and sent.task.purpose is TaskPurpose.RETURN
    assert sent.task.steps == (Step("go", "shelf_1"), Step("place", "shelf_1"))
    assert not is_told_to_stop(fleet)
    fleet.advance("robot_1", 1)
    assert fleet.robots[RobotId("robot_1")].permitted == 2
    fleet.end("robot_1", OutcomeResult.SUCCEEDED)
    assert fleet.state("o-1") == "cancelled"
    assert "put down at shelf_1" in fleet.events(ev.OrderCancelled)[0].reason


def test_item_of_a_cancelled_order_goes_where_the_policy_says() -> None:
    fleet = make_fleet(1, policy_answers=False, **LEASE)
    fleet.submit("o-1")
    steps = (
        Step("go", "shelf_1"),
        Step("pick", "shelf_1"),
        Step("go", "pack_1"),
        Step("place", "pack_1"),
    )
    proposal = TaskProposal(steps, ("go", "pick", "place"), return_place="shelf_2")
    order_id = next(iter(fleet.core.ledger.orders))
    fleet.core.step(PlansReceived(1, "p", "1", [Plan(order_id, (proposal,))]), fleet.now)
    fleet.policy_answers = True
    fleet.run(3)
    for step in (1, 2):
        fleet.advance("robot_1", step)
    fleet.cancel("o-1")
    fleet.end("robot_1", OutcomeResult.CANCELLED)
    fleet.run(3)
    assert fleet.sent[-1].task.steps == (Step("go", "shelf_2"), Step("place", "shelf_2"))


def test_order_that_waits_for_its_item_s_robot_has_the_item_put_back() -> None:
    fleet = running(2)
    fleet.end("robot_1", OutcomeResult.FAILED)
    fleet.cancel("o-1")
    fleet.run(3)
    assert fleet.sent[-1].task.purpose is TaskPurpose.RETURN


def test_order_whose_robot_is_lost_while_it_puts_the_item_back_asks_a_person() -> None:
    fleet = running(2)
    fleet.cancel("o-1")
    fleet.end("robot_1", OutcomeResult.CANCELLED)
    fleet.run(3)
    fleet.robots[RobotId("robot_1")].is_heard = False
    fleet.run(15)
    assert fleet.state("o-1") == "suspended"
    fleet.resolve("o-1", "failed")
    assert fleet.state("o-1") == "cancelled"


def test_order_whose_robot_finished_in_the_meantime_is_completed() -> None:
    fleet = running(3)
    fleet.cancel("o-1")
    fleet.end("robot_1", OutcomeResult.SUCCEEDED)
    assert fleet.state("o-1") == "completed"


def test_suspended_order_is_cancelled_at_once_and_tells_where_the_item_may_be() -> None:
    fleet = running(2)
    fleet.robots[RobotId("robot_1")].is_heard = False
    fleet.run(15)
    assert fleet.state("o-1") == "suspended"
    fleet.cancel("o-1")
    assert fleet.state("o-1") == "cancelled"
    assert "robot_1" in fleet.events(ev.OrderCancelled)[0].reason


def test_completed_order_cannot_be_cancelled() -> None:
    fleet = running(0)
    fleet.end("robot_1", OutcomeResult.SUCCEEDED)
    refusal = fleet.cancel("o-1").refusal
    assert refusal is not None and refusal.code is ErrorCode.ALREADY_ENDED
    assert fleet.state("o-1") == "completed"


def test_failed_order_cannot_be_cancelled() -> None:
    fleet = make_fleet(1, attempts_max=1, **LEASE)
    fleet.submit("o-1")
    fleet.end("robot_1", OutcomeResult.FAILED)
    refusal = fleet.cancel("o-1").refusal
    assert refusal is not None and refusal.code is ErrorCode.ALREADY_ENDED


def test_cancelling_again_is_answered_alike_and_recorded_once() -> None:
    fleet = running(1)
    for _ in range(2):
        assert fleet.cancel("o-1").refusal is None
    fleet.end("robot_1", OutcomeResult.CANCELLED)
    assert fleet.cancel("o-1").refusal is None
    assert len(fleet.events(ev.OrderCancelRequested)) == 1


def test_unknown_order_cannot_be_cancelled() -> None:
    refusal = make_fleet(1).cancel("o-1").refusal
    assert refusal is not None and refusal.code is ErrorCode.UNKNOWN_ORDER
