"""What a leading scheduler offers: services, the action of orders, and ears for the robots.

Callbacks translate and enqueue; the loop's thread answers.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from muster_msgs import msg
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.node import Node

from muster_core.errors import ErrorCode
from muster_core.ids import OrderId, RobotId
from muster_core.scheduler import inputs as inp
from muster_core.scheduler.effects import Reply
from muster_ros import channels
from muster_ros.conversions import to_order, to_robot_description, to_robot_report
from muster_ros.deferred import Deferred, create_deferred_service
from muster_ros.site_in_force import SiteInForce
from muster_scheduler import requests as req
from muster_scheduler.answers import STATES_BY_NUMBER, request_response, submit_response
from muster_scheduler.goals import Following, Goals

Put = Callable[[req.Request], bool]


class Reception:
    """Brings what arrives to the loop.

    :param put: takes an item into the loop's inbox; False when that is full.
    :param site: keeps up with the zones that traffic tells of.
    :param goals_open_max: goals of ``execute_order`` at once; beyond it they are rejected.
    """

    def __init__(
        self, fleet: str, put: Put, goals: Goals, *, site: SiteInForce, goals_open_max: int
    ) -> None:
        self._fleet = fleet
        self._put = put
        self._site = site
        self._goals = goals
        self._goals_open_max = goals_open_max

    def listen(self, ears: Node) -> None:
        """Hear the robots and of zones, on a node that goes with its subscriptions."""
        for channel, callback in (
            (channels.ROBOT_STATES, self._on_robot_state),
            (channels.ROBOT_DESCRIPTIONS, self._on_robot_description),
            (channels.ZONES, self._on_zones),
        ):
            ears.create_subscription(channel.type, channel.path(self._fleet), callback, channel.qos)

    def open(self, node: Node, resources: ExitStack) -> None:
        """Offer the services and the action. Called from the executor's thread."""
        for channel, callback in (
            (channels.SUBMIT_ORDER, self._on_submit_order),
            (channels.CANCEL_ORDER, self._on_cancel_order),
            (channels.RESOLVE_ORDER, self._on_resolve_order),
            (channels.GET_ORDERS, self._on_get_orders),
            (channels.GET_ROBOTS, self._on_get_robots),
            (channels.READ_EVENTS, self._on_read_events),
        ):
            service = create_deferred_service(node, channel, channel.path(self._fleet), callback)
            resources.callback(node.destroy_service, service)
        server = ActionServer(
            node,
            channels.EXECUTE_ORDER.type,
            channels.EXECUTE_ORDER.path(self._fleet),
            execute_callback=_conclude_without_order,
            goal_callback=self._on_goal,
            handle_accepted_callback=self._on_goal_accepted,
            cancel_callback=self._on_goal_cancel,
            goal_service_qos_profile=channels.EXECUTE_ORDER.qos,
            result_service_qos_profile=channels.EXECUTE_ORDER.qos,
            cancel_service_qos_profile=channels.EXECUTE_ORDER.qos,
        )
        resources.callback(server.destroy)

    # Requests: answered when durable, or turned away at once.

    def _on_submit_order(self, request: Any) -> Deferred:
        answer = Deferred()

        def reply(result: Reply) -> None:
            answer.resolve(submit_response(result))

        item = inp.SubmitOrder(reply, to_order(request.order))
        return self._put_request(channels.SUBMIT_ORDER, item, answer)

    def _on_cancel_order(self, request: Any) -> Deferred:
        answer, reply = _answered_with(channels.CANCEL_ORDER)
        order_id = OrderId(request.order_id)
        item = inp.CancelOrder(reply, order_id, request.requester, request.reason)
        return self._put_request(channels.CANCEL_ORDER, item, answer)

    def _on_resolve_order(self, request: Any) -> Deferred:
        answer, reply = _answered_with(channels.RESOLVE_ORDER)
        item = inp.ResolveOrder(
            reply,
            OrderId(request.order_id),
            request.resolution,
            request.requester,
            request.reason,
            request.question,
        )
        return self._put_request(channels.RESOLVE_ORDER, item, answer)

    def _put_request(
        self, channel: channels.Channel, item: inp.Input, answer: Deferred
    ) -> Deferred:
        if not self._put(item):
            answer.resolve(_turned_away(channel))
        return answer

    # Questions. One that cannot be taken gets no answer; its asker has a deadline.

    def _on_get_orders(self, request: Any) -> Deferred:
        states = (STATES_BY_NUMBER.get(number) for number in request.states)
        query = req.GetOrders(
            Deferred(),
            frozenset(map(OrderId, request.order_ids)),
            frozenset(state for state in states if state is not None),
            request.limit,
        )
        self._put(query)
        return query.reply_to

    def _on_get_robots(self, request: Any) -> Deferred:
        query = req.GetRobots(Deferred(), frozenset(map(RobotId, request.robot_ids)))
        self._put(query)
        return query.reply_to

    def _on_read_events(self, request: Any) -> Deferred:
        query = req.ReadEvents(Deferred(), request.from_seq, request.limit)
        self._put(query)
        return query.reply_to

    # Robots

    def _on_robot_state(self, message: msg.RobotState) -> None:
        self._put(inp.RobotReported(to_robot_report(message)))

    def _on_robot_description(self, message: msg.RobotDescription) -> None:
        self._put(inp.RobotDescribed(to_robot_description(message)))

    def _on_zones(self, message: msg.Zones) -> None:
        # The loop looks for itself: the inbox may be full, and who tells of zones does so once.
        self._site.hear(message)

    # Goals of execute_order

    def _on_goal(self, _goal: Any) -> GoalResponse:
        is_full = len(self._goals) >= self._goals_open_max
        return GoalResponse.REJECT if is_full else GoalResponse.ACCEPT

    def _on_goal_accepted(self, handle: Any) -> None:
        if not self._put(inp.SubmitOrder(Following(handle), to_order(handle.request))):
            message = "the scheduler is overloaded; send the order again later"
            self._goals.refuse(handle, ErrorCode.QUEUE_FULL, message)

    def _on_goal_cancel(self, handle: Any) -> CancelResponse:
        order_id = OrderId(handle.request.order_id)
        is_taken = self._put(inp.CancelOrder(None, order_id, reason="its goal was cancelled"))
        return CancelResponse.ACCEPT if is_taken else CancelResponse.REJECT


def _answered_with(channel: channels.Channel) -> tuple[Deferred, Callable[[Reply], None]]:
    """An answer to come, and what gives it when the core has replied."""
    answer = Deferred()
    response_type = channel.type.Response
    return answer, lambda reply: answer.resolve(request_response(reply, response_type))


def _turned_away(channel: channels.Channel) -> Any:
    return channel.type.Response(
        accepted=False,
        error_code=int(ErrorCode.QUEUE_FULL),
        message="the scheduler cannot take it now: its inbox is full; send it again later",
    )


def _conclude_without_order(handle: Any) -> Any:
    """Never called: goals are concluded by :class:`Goals`, which brings its own callback."""
    handle.abort()
    return channels.EXECUTE_ORDER.type.Result()
