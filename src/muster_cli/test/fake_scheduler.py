"""A scheduler for the commands to talk to: keeps orders in memory and finishes them when told."""

from __future__ import annotations

import threading
from typing import Any

import rclpy
from lifecycle_msgs.msg import State
from lifecycle_msgs.srv import GetState
from muster_msgs import msg, srv
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor

from muster_core.errors import ErrorCode
from muster_core.events import (
    EpochStarted,
    Event,
    OrderAccepted,
    OrderCancelled,
    OrderCompleted,
    OrderPlanned,
    OrderResolved,
    OrderSuspended,
    TaskAssigned,
    encode_event,
    event_type,
)
from muster_core.ids import AttemptId, OrderId, RobotId, TaskId
from muster_core.order import content_digest
from muster_core.site import Site
from muster_core.task import Resolution, Step, Task
from muster_core.trace import make_traceparent
from muster_ros import channels
from muster_ros.conversions import time_message, to_order

START_NS = 1_900_000_000_000_000_000
PAGE_MAX = 3
"""Small, so that readers must ask for more than one page."""
ENDED = (msg.OrderStatus.COMPLETED, msg.OrderStatus.FAILED, msg.OrderStatus.CANCELLED)


class FakeScheduler:
    """Serves the fleet's services in namespace ``fleet`` from a thread of its own."""

    def __init__(self, fleet: str, site: Site) -> None:
        self.fleet = fleet
        self.events: list[msg.Event] = []
        self.orders: dict[str, msg.OrderStatus] = {}
        self.is_completing = True
        self.is_publishing = True
        self.orders_open_max = 1000
        self.excluded = ""
        self._site = site
        self._context = Context()
        rclpy.init(context=self._context)
        self._node = rclpy.create_node("scheduler", namespace=fleet, context=self._context)
        self._published = self._publisher(channels.EVENTS)
        self._states = self._publisher(channels.FLEET_STATE)
        self._descriptions = self._publisher(channels.ROBOT_DESCRIPTIONS)
        for channel, callback in (
            (channels.SUBMIT_ORDER, self._on_submit),
            (channels.CANCEL_ORDER, self._on_cancel),
            (channels.RESOLVE_ORDER, self._on_resolve),
            (channels.GET_ORDERS, self._on_get_orders),
            (channels.GET_ROBOTS, self._on_get_robots),
            (channels.READ_EVENTS, self._on_read_events),
        ):
            self._node.create_service(
                channel.type, channel.path(fleet), callback, qos_profile=channel.qos
            )
        self._node.create_service(GetState, f"{fleet}/scheduler/get_state", self._on_get_state)
        self._node.create_timer(0.1, self._publish_state)
        self._descriptions.publish(self.description())
        self.record(
            EpochStarted(
                epoch=1, scheduler="fake", version="1", site=site.name, site_digest=site.digest
            )
        )
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._executor.shutdown(timeout_sec=2.0)
        self._thread.join(5.0)
        self._node.destroy_node()
        rclpy.try_shutdown(context=self._context)

    def record(self, event: Event) -> None:
        number = len(self.events) + 1
        message = msg.Event(
            seq=number,
            stamp=time_message(START_NS + number * 1_000_000_000),
            epoch=1,
            type=event_type(event),
            order_id=getattr(event, "order_id", ""),
            robot_id=getattr(event, "robot_id", ""),
            traceparent=getattr(event, "traceparent", ""),
            data=encode_event(event).decode(),
        )
        self.events.append(message)
        if self.is_publishing:
            self._published.publish(message)

    def accept(self, order: msg.Order) -> msg.OrderStatus:
        order_id, trace = OrderId(order.order_id), make_traceparent(order.order_id)
        status = msg.OrderStatus(order=order, state=msg.OrderStatus.ACCEPTED)
        status.queue_position = 1 + self.count(msg.OrderStatus.ACCEPTED)
        self.orders[order.order_id] = status
        content = to_order(order)
        self.record(
            OrderAccepted(
                order_id=order_id, order=content, digest=content_digest(content), traceparent=trace
            )
        )
        status.accepted = self.events[-1].stamp
        if self.is_completing:
            self.complete(order.order_id)
        return status

    def assign(self, name: str) -> None:
        order_id, trace = OrderId(name), make_traceparent(name)
        steps = (Step("go", "shelf_1"), Step("pick", "shelf_1"))
        task = Task(TaskId(f"{name}/0"), order_id, steps)
        self.record(
            OrderPlanned(
                order_id=order_id, tasks=(task,), policy="batch", policy_version="1",
                traceparent=trace,
            )
        )  # fmt: skip
        self.record(
            TaskAssigned(
                order_id=order_id, task_id=task.task_id, attempt_id=AttemptId(f"{name}/0#1"),
                robot_id=RobotId("robot_1"), epoch=1, policy="batch", policy_version="1",
                cost=4.5, traceparent=trace,
            )
        )  # fmt: skip
        self.orders[name].state = msg.OrderStatus.ACTIVE
        self.orders[name].queue_position = 0

    def suspend(self, name: str, question: str) -> None:
        self.assign(name)
        reason = f"a person is asked: {question}"
        event = OrderSuspended(
            order_id=OrderId(name), reason=reason, robot_id=RobotId("robot_1"), vertex="se1"
        )
        self.record(event)
        self.orders[name].state, self.orders[name].message = msg.OrderStatus.SUSPENDED, reason

    def complete(self, name: str) -> None:
        self.assign(name)
        self.record(OrderCompleted(order_id=OrderId(name), traceparent=make_traceparent(name)))
        self.orders[name].state = msg.OrderStatus.COMPLETED
        self.orders[name].ended = time_message(START_NS + 60_000_000_000)

    def count(self, state: int) -> int:
        return [status.state for status in self.orders.values()].count(state)

    def description(self) -> msg.RobotDescription:
        return msg.RobotDescription(
            robot_id="robot_1", capabilities=["go", "pick"], speed_mps_max=1.0, driver="sim",
            driver_version="1", site=self._site.name, site_digest=self._site.digest,
        )  # fmt: skip

    def summary(self) -> msg.RobotSummary:
        active = [s for s in self.orders.values() if s.state == msg.OrderStatus.ACTIVE]
        order_id = active[0].order.order_id if active else ""
        robot = msg.RobotState(
            robot_id="robot_1", state=msg.RobotState.WORKING if active else msg.RobotState.IDLE,
            x=3.0, y=3.0, vertex="se1", battery=0.8,
            attempt_id=f"{order_id}/0#1" if active else "",
            step_index=1 if active else 0, steps_total=2 if active else 0,
        )  # fmt: skip
        return msg.RobotSummary(robot=robot, alive=True, order_id=order_id, excluded=self.excluded)

    def _publisher(self, channel: channels.Channel) -> Any:
        return self._node.create_publisher(channel.type, channel.path(self.fleet), channel.qos)

    def _publish_state(self) -> None:
        self._states.publish(
            msg.FleetState(
                stamp=time_message(START_NS), epoch=1, seq=len(self.events), policy="batch/1",
                robots=[self.summary()],
                orders_waiting=self.count(msg.OrderStatus.ACCEPTED),
                orders_active=self.count(msg.OrderStatus.ACTIVE),
                orders_completed=self.count(msg.OrderStatus.COMPLETED),
                orders_cancelled=self.count(msg.OrderStatus.CANCELLED),
                orders_suspended=self.count(msg.OrderStatus.SUSPENDED),
            )
        )  # fmt: skip

    def _on_submit(self, request: Any, response: Any) -> Any:
        order = request.order
        known = self.orders.get(order.order_id)
        if order.pickup and order.pickup not in self._site.places:
            response.error_code = int(ErrorCode.UNKNOWN_PLACE)
            response.message = f"pickup {order.pickup!r} is not a place"
            return response
        if known is None and len(self.orders) >= self.orders_open_max:
            response.error_code = int(ErrorCode.QUEUE_FULL)
            response.message = f"{len(self.orders)} orders are open, which is the bound"
            return response
        response.accepted, response.duplicate = True, known is not None
        response.status = known or self.accept(order)
        return response

    def _on_cancel(self, request: Any, response: Any) -> Any:
        status = self.orders.get(request.order_id)
        if status is None:
            response.error_code = int(ErrorCode.UNKNOWN_ORDER)
            response.message = f"there is no order {request.order_id!r}"
        elif status.state in ENDED:
            response.error_code = int(ErrorCode.ALREADY_ENDED)
            response.message, response.status = "it has ended", status
        else:
            status.state = msg.OrderStatus.CANCELLED
            self.record(OrderCancelled(order_id=OrderId(request.order_id), reason=request.reason))
            response.accepted, response.status = True, status
        return response

    def _on_resolve(self, request: Any, response: Any) -> Any:
        status = self.orders.get(request.order_id)
        if status is None:
            response.error_code = int(ErrorCode.UNKNOWN_ORDER)
            response.message = f"there is no order {request.order_id!r}"
        elif status.state != msg.OrderStatus.SUSPENDED:
            response.error_code = int(ErrorCode.NOT_SUSPENDED)
            response.message, response.status = "it is active, not suspended", status
        else:
            self.record(
                OrderResolved(
                    order_id=OrderId(request.order_id), reason=request.reason,
                    resolution=Resolution(request.resolution), requester=request.requester,
                )
            )  # fmt: skip
            self.complete(request.order_id)
            response.accepted, response.status = True, status
        return response

    def _on_get_orders(self, request: Any, response: Any) -> Any:
        found = [
            status
            for name, status in reversed(self.orders.items())
            if (not request.order_ids or name in request.order_ids)
            and (not len(request.states) or status.state in list(request.states))
        ]
        limit = request.limit or 100
        response.orders, response.left_off = found[:limit], max(0, len(found) - limit)
        return response

    def _on_get_robots(self, request: Any, response: Any) -> Any:
        if not request.robot_ids or "robot_1" in request.robot_ids:
            response.robots, response.descriptions = [self.summary()], [self.description()]
        return response

    def _on_read_events(self, request: Any, response: Any) -> Any:
        start, limit = max(1, request.from_seq) - 1, min(request.limit or PAGE_MAX, PAGE_MAX)
        response.events = self.events[start : start + limit]
        response.last_seq = len(self.events)
        return response

    def _on_get_state(self, _request: srv.GetRobots.Request, response: Any) -> Any:
        response.current_state.id = State.PRIMARY_STATE_ACTIVE
        response.current_state.label = "active"
        return response
