"""Answers to questions: from the scheduler's state and log to messages, changing neither."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from muster_msgs import msg, srv

from muster_core.clock import Instant
from muster_core.events import Record, encode_event, event_type
from muster_core.log import READ_PAGE_MAX, EventLog, LogEntry
from muster_core.scheduler.codec import to_record
from muster_core.scheduler.core import SchedulerCore
from muster_core.scheduler.effects import Reply
from muster_core.scheduler.views import fleet_view, order_view, robot_view
from muster_core.states import OrderState
from muster_ros.conversions import (
    ORDER_STATES,
    order_status_message,
    robot_description_message,
    robot_summary_message,
    time_message,
)
from muster_scheduler.requests import GetOrders, GetRobots, Query, ReadEvents

ORDERS_PAGE = 100
ORDERS_PAGE_MAX = 1000
EVENTS_PAGE = 500

STATES_BY_NUMBER = {number: state for state, number in ORDER_STATES.items()}


def answer(query: Query, core: SchedulerCore, log: EventLog, now: Instant) -> None:
    """Answer one question."""
    handler: Callable[..., Any] = _HANDLERS[type(query)]
    query.reply_to.resolve(handler(query, core, log, now))


def submit_response(reply: Reply) -> srv.SubmitOrder.Response:
    """What ``submit_order`` answers."""
    response = srv.SubmitOrder.Response(
        accepted=reply.refusal is None, duplicate=reply.is_duplicate
    )
    return _fill(response, reply)


def request_response(reply: Reply, response_type: Any) -> Any:
    """What ``cancel_order`` and ``resolve_order`` answer."""
    return _fill(response_type(accepted=reply.refusal is None), reply)


def fleet_state_message(core: SchedulerCore, now: Instant) -> msg.FleetState:
    """The whole fleet as it is now."""
    view = fleet_view(core.ledger, core.roster, core.advisor, now)
    return msg.FleetState(
        stamp=time_message(now.wall_ns),
        epoch=view.epoch,
        seq=view.seq,
        policy=view.policy,
        fallback=view.is_fallback,
        robots=[robot_summary_message(robot, now.wall_ns) for robot in view.robots],
        orders_waiting=view.waiting,
        orders_active=view.active,
        orders_completed=view.completed,
        orders_failed=view.failed,
        orders_cancelled=view.cancelled,
        orders_suspended=view.suspended,
    )


def event_message(record: Record, body: bytes | None = None) -> msg.Event:
    """A fact for the world.

    :param body: the event as JSON, when it is at hand.
    """
    event: Any = record.event
    return msg.Event(
        seq=record.seq,
        stamp=time_message(record.wall_ns),
        epoch=record.epoch,
        type=event_type(event),
        order_id=getattr(event, "order_id", ""),
        robot_id=getattr(event, "robot_id", ""),
        traceparent=getattr(event, "traceparent", ""),
        data=(body or encode_event(event)).decode(),
    )


def _fill(response: Any, reply: Reply) -> Any:
    if reply.refusal is not None:
        response.error_code = int(reply.refusal.code)
        response.message = reply.refusal.message
    if reply.view is not None:
        response.status = order_status_message(reply.view)
    return response


def _get_orders(
    query: GetOrders, core: SchedulerCore, _log: EventLog, _now: Instant
) -> srv.GetOrders.Response:
    ledger = core.ledger
    if query.order_ids:
        found = [ledger.orders[i] for i in query.order_ids if i in ledger.orders]
        candidates = sorted(found, key=lambda order: order.seq, reverse=True)
    else:
        candidates = list(reversed(ledger.orders.values()))
    wanted = [order for order in candidates if not query.states or order.state in query.states]
    limit = min(query.limit or ORDERS_PAGE, ORDERS_PAGE_MAX)
    shown = [
        order_status_message(order_view(ledger, order, obstacle=core.obstacle))
        for order in wanted[:limit]
    ]
    return srv.GetOrders.Response(orders=shown, left_off=len(wanted) - len(shown))


def _get_robots(
    query: GetRobots, core: SchedulerCore, _log: EventLog, now: Instant
) -> srv.GetRobots.Response:
    response = srv.GetRobots.Response()
    for robot_id in sorted(core.ledger.robots):
        if query.robot_ids and robot_id not in query.robot_ids:
            continue
        view = robot_view(core.ledger, core.roster, robot_id, now)
        assert view.description is not None
        response.robots.append(robot_summary_message(view, now.wall_ns))
        response.descriptions.append(robot_description_message(view.description))
    return response


def _read_events(
    query: ReadEvents, _core: SchedulerCore, log: EventLog, _now: Instant
) -> srv.ReadEvents.Response:
    page: list[LogEntry] = []
    if query.from_seq <= log.last_seq:
        page.extend(log.read(query.from_seq, min(query.limit or EVENTS_PAGE, READ_PAGE_MAX)))
    return srv.ReadEvents.Response(
        events=[event_message(to_record(entry), entry.body) for entry in page],
        last_seq=log.last_seq,
    )


_HANDLERS: dict[type, Callable[..., Any]] = {
    GetOrders: _get_orders,
    GetRobots: _get_robots,
    ReadEvents: _read_events,
}

assert set(STATES_BY_NUMBER.values()) == set(OrderState)
