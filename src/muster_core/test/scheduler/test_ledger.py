"""Claims about the fold over the log, whatever happens in whatever order."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from muster_core import events as ev
from muster_core.ids import RobotId
from muster_core.robot import RobotMode
from muster_core.scheduler.ledger import Ledger
from muster_core.scheduler.ledger_state import LedgerState
from muster_core.states import OrderState, RobotStanding
from muster_core.task import OutcomeResult, Resolution
from muster_core.testing.scripted_fleet import Fleet, make_fleet

MOVES = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "submit",
                "cancel",
                "advance",
                "end",
                "doubt",
                "run",
                "silence",
                "return",
                "restart",
                "charge",
                "resolve",
            ]
        ),
        st.integers(0, 5),
        st.sampled_from(list(OutcomeResult)[:4]),
    ),
    max_size=40,
)


def play(fleet: Fleet, move: str, number: int, result: OutcomeResult) -> None:
    robot = fleet.robots[RobotId(f"robot_{number % 3 + 1}")]
    if move == "submit":
        fleet.submit(f"o-{number}", priority=number)
    elif move == "cancel":
        fleet.cancel(f"o-{number}")
    elif move == "resolve":
        fleet.resolve(f"o-{number}", list(Resolution)[number % 3].value)
    elif move == "advance" and robot.task is not None:
        robot.step_index = min(robot.step_index + 1, robot.permitted)
    elif move == "end" and robot.task is not None:
        robot.step_index = number if number < 4 else 0
        robot.end(result)
    elif move == "doubt" and robot.task is not None:
        robot.end(OutcomeResult.FAILED, is_uncertain=True)
    elif move == "silence":
        robot.is_heard = False
    elif move == "return":
        robot.is_heard = True
        robot.mode = RobotMode.IDLE
    elif move == "charge":
        robot.mode = RobotMode.CHARGING
    elif move == "restart":
        fleet.restart()
    fleet.run(4, step_s=2)
    obey_leases(fleet)


def obey_leases(fleet: Fleet) -> None:
    for lease in fleet.leases:
        for robot_id, attempt_id in lease.revocations:
            robot = fleet.robots[robot_id]
            if robot.is_heard and robot.task and robot.task.attempt_id == attempt_id:
                robot.end(OutcomeResult.CANCELLED)
    fleet.leases.clear()


def check(fleet: Fleet) -> None:
    ledger = fleet.core.ledger
    held = [robot.attempt_id for robot in ledger.robots.values() if robot.attempt_id]
    open_attempts = [
        task.open_attempt.attempt_id
        for order in ledger.orders.values()
        for task in order.tasks
        if task.open_attempt
    ]
    assert sorted(held) == sorted(open_attempts), "I3: a hold on both sides, once"
    for robot in ledger.robots.values():
        assert (robot.standing is RobotStanding.HELD) == bool(robot.attempt_id)
    waiting = sorted(filter(lambda o: o.is_waiting, ledger.orders.values()), key=ledger.line.rank)
    assert [ledger.line.position(order) for order in waiting] == [*range(1, len(waiting) + 1)]
    assert len(ledger.line) == len(waiting)
    suspended = {i for i, o in ledger.orders.items() if o.state is OrderState.SUSPENDED}
    assert suspended == ledger.suspended.keys()
    replayed = Ledger(orders_remembered_max=fleet.config.orders_remembered_max)
    for record in fleet.log:
        replayed.apply(record)
    restored = Ledger(orders_remembered_max=fleet.config.orders_remembered_max)
    dumped = msgspec.msgpack.encode(ledger.dump())
    restored.restore(msgspec.msgpack.decode(dumped, type=LedgerState))
    for other in (replayed, restored):
        assert other.state_hash() == ledger.state_hash(), "I6"
        assert other.ready.keys() == ledger.ready.keys()
        assert other.unplanned.keys() == ledger.unplanned.keys()
        assert other.suspended.keys() == ledger.suspended.keys()
        assert len(other.line) == len(ledger.line)


@settings(max_examples=150, deadline=None)
@given(MOVES)
def test_invariants_hold_after_every_move(moves: list[tuple[str, int, OutcomeResult]]) -> None:
    fleet = make_fleet(3, lease_s=6.0, safe_point_s_max=2.0)
    for move in moves:
        play(fleet, *move)
        check(fleet)


@settings(max_examples=100, deadline=None)
@given(MOVES)
def test_every_accepted_order_ends_exactly_once_when_robots_work_again(
    moves: list[tuple[str, int, OutcomeResult]],
) -> None:
    fleet = make_fleet(3, lease_s=6.0, safe_point_s_max=2.0)
    for move in moves:
        play(fleet, *move)
    for robot in fleet.robots.values():
        robot.is_heard, robot.mode = True, RobotMode.IDLE
    for _ in range(60):
        obey_leases(fleet)
        for robot in fleet.robots.values():
            if robot.task is not None:
                robot.end(OutcomeResult.SUCCEEDED)
        fleet.run(4, step_s=1)
        for order_id in list(fleet.core.ledger.suspended):
            fleet.resolve(order_id, "retry")
    accepted = [event.order_id for event in fleet.events(ev.OrderAccepted)]
    ends = (ev.OrderCompleted, ev.OrderFailed, ev.OrderCancelled)
    ended = [event.order_id for kind in ends for event in fleet.events(kind)]
    assert sorted(accepted) == sorted(ended), "I2"
