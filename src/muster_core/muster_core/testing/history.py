"""A long history of a working fleet, event by event, as a scheduler would have recorded it.

Every lane is one robot that does order after order; the lanes take turns, so that as many orders
are open at a time as there are robots. Nothing is drawn by chance: the same length is the same
history.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, cycle, islice
from typing import Any

from muster_core import events as ev
from muster_core.errors import ErrorCode
from muster_core.ids import OrderId, RobotId, attempt_id, task_id
from muster_core.order import Order, content_digest
from muster_core.policy.planner import plan_order
from muster_core.robot import RobotDescription
from muster_core.site import Site
from muster_core.task import OutcomeResult, Task

ROBOTS_DEFAULT = 100
EVENT_PERIOD_NS = 50_000_000
FIRST_WALL_NS = 1_900_000_000_000_000_000
_POLICY: dict[str, Any] = {"policy": "batch", "policy_version": "1"}
_TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e{:04x}-00f067aa0b{:06x}-01"


def make_records(length: int, site: Site, *, robots: int = ROBOTS_DEFAULT) -> Iterator[ev.Record]:
    """The first ``length`` events of the history of so many robots."""
    for seq, event in enumerate(islice(_events(site, robots), length), 1):
        yield ev.Record(seq, FIRST_WALL_NS + seq * EVENT_PERIOD_NS, 1, event)


def _events(site: Site, robots: int) -> Iterator[ev.Event]:
    yield ev.EpochStarted(
        epoch=1,
        scheduler="/muster/scheduler",
        version="0.1.0",
        site=site.name,
        site_digest=site.digest,
    )
    robot_ids = [RobotId(f"robot_{number}") for number in range(1, robots + 1)]
    for robot_id in robot_ids:
        description = RobotDescription(
            robot_id=robot_id,
            capabilities=("go", "pick", "place", "scan", "wait"),
            driver="sim",
            driver_version="1",
            site=site.name,
            site_digest=site.digest,
        )
        yield ev.RobotDescribed(robot_id=robot_id, description=description)
    numbers = count(1)
    for lane in cycle([_lane(robot_id, site, numbers) for robot_id in robot_ids]):
        yield next(lane)


def _lane(robot_id: RobotId, site: Site, numbers: Iterator[int]) -> Iterator[ev.Event]:
    """One robot's orders, one after the other: most deliver, some are cancelled or need a retry."""
    for number in numbers:
        order, traceparent = _order(number, site), _traceparent(number)
        order_id = order.order_id
        yield ev.OrderAccepted(
            order_id=order_id, order=order, digest=content_digest(order), traceparent=traceparent
        )
        if number % 20 == 1:
            why = "no longer needed"
            yield ev.OrderCancelRequested(order_id=order_id, reason=why, traceparent=traceparent)
            yield ev.OrderCancelled(order_id=order_id, reason=why, traceparent=traceparent)
            continue
        (proposal,) = plan_order(order, site).tasks
        task = Task(
            task_id(order_id, 0), order_id, steps=proposal.steps, capabilities=proposal.capabilities
        )
        yield ev.OrderPlanned(order_id=order_id, tasks=(task,), traceparent=traceparent, **_POLICY)
        if number % 20 == 2:
            yield from _attempt(task, 1, robot_id, traceparent, fails=True)
        has_failed = number % 20 == 2
        yield from _attempt(task, 2 if has_failed else 1, robot_id, traceparent)
        yield ev.OrderCompleted(order_id=order_id, traceparent=traceparent)


def _attempt(
    task: Task, number: int, robot_id: RobotId, traceparent: str, *, fails: bool = False
) -> Iterator[ev.Event]:
    names: dict[str, Any] = {
        "order_id": task.order_id,
        "task_id": task.task_id,
        "attempt_id": attempt_id(task.task_id, number),
        "robot_id": robot_id,
        "traceparent": traceparent,
    }
    yield ev.TaskAssigned(
        **names, epoch=1, cost=12.5, runner_up="robot_7", runner_up_cost=14.25, **_POLICY
    )
    yield ev.AttemptStarted(**names)
    if fails:
        yield ev.AttemptEnded(
            **names,
            result=OutcomeResult.FAILED,
            error_code=ErrorCode.DRIVER_FAILED,
            message="the way is blocked",
        )
        return
    for index, step in enumerate(task.steps):
        if index == task.pivot:
            yield ev.PickPermitted(**names, step_index=index)
        yield ev.StepFinished(**names, step_index=index, verb=step.verb, place=step.place)
    yield ev.AttemptEnded(**names, result=OutcomeResult.SUCCEEDED, steps_finished=len(task.steps))


def _order(number: int, site: Site) -> Order:
    places = sorted(site.places)
    pickup, dropoff = places[number % len(places)], places[(number * 7 + 1) % len(places)]
    order_id = OrderId(f"order-{number:07d}")
    if number % 3 == 0:
        return Order(order_id=order_id, kind="move", places=(pickup,), requester="bench")
    return Order(
        order_id=order_id,
        pickup=pickup,
        dropoff=dropoff,
        priority=50 + number % 100,
        requester="bench",
        traceparent=_traceparent(number),
    )


def _traceparent(number: int) -> str:
    return _TRACEPARENT.format(number % 65536, number)
