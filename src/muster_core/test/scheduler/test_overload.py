"""Claims about far more orders than robots."""

from __future__ import annotations

from muster_core import events as ev
from muster_core.errors import ErrorCode
from muster_core.ids import OrderId, RobotId
from muster_core.order import Order
from muster_core.scheduler.inputs import SubmitOrder
from muster_core.task import OutcomeResult
from muster_core.testing.scripted_fleet import Fleet, make_fleet

ORDERS = 10_000


def flood(fleet: Fleet, count: int) -> None:
    """Submit so many orders in one batch, priorities 0 to 4 by turns."""
    for number in range(count):
        order = Order(
            order_id=OrderId(f"o-{number}"),
            pickup="shelf_1",
            dropoff="pack_1",
            priority=number % 5,
        )
        fleet.core.step(SubmitOrder(number, order), fleet.now)
    fleet.settle()


def finish_all(fleet: Fleet) -> None:
    for robot in fleet.robots.values():
        if robot.task is not None:
            robot.end(OutcomeResult.SUCCEEDED)
    fleet.run(1, step_s=1)


def test_ten_thousand_orders_at_once_are_answered_each_and_planned_only_as_far_as_needed() -> None:
    fleet = make_fleet(20)
    flood(fleet, ORDERS)
    assert len(fleet.replies) == ORDERS
    assert all(reply.refusal is None for reply in fleet.replies)
    planned = len(fleet.core.ledger.ready)
    assert planned <= fleet.config.tasks_ahead_max
    finish_all(fleet)
    done = [fleet.core.ledger.orders[e.order_id] for e in fleet.events(ev.OrderCompleted)]
    assert len(done) == 20 and {order.order.priority for order in done} == {4}


def test_requester_is_told_his_place_and_sees_it_advance() -> None:
    fleet = make_fleet(1)
    flood(fleet, 50)
    views = [reply.view for reply in fleet.replies]
    assert all(view is not None for view in views)
    assert views[4] is not None and views[4].queue_position == 1, "the first of priority 4"
    last = fleet.core.ledger.orders[OrderId("o-45")]  # the last of priority 0
    assert fleet.core.ledger.line.position(last) == 49
    finish_all(fleet)
    assert fleet.core.ledger.line.position(last) == 48


def test_order_beyond_the_bound_is_refused_and_the_accepted_ones_stay() -> None:
    fleet = make_fleet(1, orders_open_max=100)
    flood(fleet, 150)
    refused = [reply.refusal for reply in fleet.replies if reply.refusal is not None]
    assert len(refused) == 50 and {refusal.code for refusal in refused} == {ErrorCode.QUEUE_FULL}
    assert all("100 orders are open" in refusal.message for refusal in refused)
    assert fleet.core.ledger.orders_open == 100


def test_lowest_priority_is_served_although_urgent_orders_keep_coming() -> None:
    fleet = make_fleet(1, aging_s=2.0)
    fleet.submit("first", priority=10)
    fleet.submit("patient", priority=0)
    robot = fleet.robots[RobotId("robot_1")]
    for number in range(60):
        fleet.submit(f"urgent-{number}", priority=10)
        if robot.task is not None:
            robot.end(OutcomeResult.SUCCEEDED)
        fleet.run(1, step_s=1)
        if fleet.state("patient") == "completed":
            break
    assert fleet.state("patient") == "completed"
    served = [e.order_id for e in fleet.events(ev.OrderCompleted)]
    assert served.index(OrderId("patient")) >= 5, "urgent ones went first for a while"


def test_priority_decides_among_orders_of_one_age() -> None:
    fleet = make_fleet(1)
    flood(fleet, 20)
    for _ in range(10):
        finish_all(fleet)
    orders = [fleet.core.ledger.orders[e.order_id] for e in fleet.events(ev.OrderCompleted)]
    served = [order.order.priority for order in orders]
    assert len(served) >= 9
    assert served[1:] == sorted(served[1:], reverse=True), "the first came before the others"
