"""A short-lived client of one fleet: service calls with deadlines, subscriptions, one thread.

Everything happens inside :meth:`FleetClient.spin`, which the caller calls; there is no other
thread, so what callbacks write needs no lock.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import rclpy
from muster_msgs import msg, srv
from rclpy.action import ActionClient
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from muster_cli.exits import NoAnswerError
from muster_ros import channels
from muster_ros.channels import Channel

DISCOVERY_DEADLINE_S = 5.0
"""How long a scheduler may take to be discovered."""
ANSWER_DEADLINE_S = 10.0
"""How long an answer may take once the service is there."""
RESEND_PERIOD_S = 3.0
"""After so long a request that may be repeated is sent again: its answer may have been lost."""
SPIN_SLICE_S = 0.05
"""The longest wait inside rclpy, so that Ctrl-C and deadlines are seen soon."""
PAGE_MAX = 2000
"""Events per page of ``read_events``; the scheduler gives no more."""
ORDERS_MAX = 1000
"""Orders per answer of ``get_orders``; the scheduler gives no more."""

SCHEDULER, TRAFFIC = "the scheduler", "traffic"
_SERVERS = {
    channel.name: TRAFFIC
    for channel in (
        channels.GET_TRAFFIC,
        channels.REMOVE_ROBOT,
        channels.SET_ZONE,
        channels.CHANGE_SITE,
    )
}
"""Who serves a channel, where it is not the scheduler."""


class FleetClient:
    """Talks to the scheduler and traffic of the fleet in namespace ``fleet``. A context manager."""

    def __init__(self, fleet: str) -> None:
        self.fleet = fleet
        self._context = Context()
        self._executor: Any = None
        self._clients: dict[str, Any] = {}
        self.node: Any = None

    def __enter__(self) -> FleetClient:
        # Ctrl-C stays Python's own, so that a command can end what it started.
        rclpy.init(args=[], context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self.node = rclpy.create_node(
            f"muster_command_{os.getpid()}",
            context=self._context,
            enable_rosout=False,
            start_parameter_services=False,
        )
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(timeout_sec=1.0)
        self.node.destroy_node()
        rclpy.try_shutdown(context=self._context)

    def spin(self, duration_s: float) -> None:
        """Serve what arrives for ``duration_s`` seconds; at least once."""
        deadline = time.monotonic() + duration_s
        while True:
            left_s = deadline - time.monotonic()
            self._spin_once(max(0.0, min(left_s, SPIN_SLICE_S)))
            if time.monotonic() >= deadline:
                return

    def spin_until(self, is_done: Callable[[], bool], duration_s: float) -> bool:
        """Serve what arrives until ``is_done()``; False when ``duration_s`` passed before that."""
        deadline = time.monotonic() + duration_s
        while not is_done():
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return False
            self._spin_once(min(left_s, SPIN_SLICE_S))
        return True

    def _spin_once(self, timeout_s: float) -> None:
        try:
            self._executor.spin_once(timeout_sec=timeout_s)
        except ExternalShutdownException:
            # Somebody else in this process has rclpy catch SIGINT: to a person it is Ctrl-C.
            raise KeyboardInterrupt from None

    def subscribe(self, channel: Channel, callback: Callable[[Any], None]) -> None:
        """Call ``callback`` with every message of the channel, from inside ``spin``."""
        path = channel.path(self.fleet)
        self.node.create_subscription(channel.type, path, callback, channel.qos)

    def action_client(self, channel: Channel) -> Any:
        """A client of the action, waiting for its server.

        :raises NoAnswerError: when no server was discovered in time.
        """
        client = ActionClient(self.node, channel.type, channel.path(self.fleet))
        if not self.spin_until(client.server_is_ready, DISCOVERY_DEADLINE_S):
            raise self._nobody(SCHEDULER)
        return client

    def has_scheduler(self, deadline_s: float = DISCOVERY_DEADLINE_S) -> bool:
        """Whether a scheduler's services were discovered before the deadline."""
        return self.has_service(channels.GET_ORDERS, deadline_s)

    def has_service(self, channel: Channel, deadline_s: float) -> bool:
        """Whether somebody who serves the channel was discovered before the deadline."""
        return self.spin_until(self._client(channel).service_is_ready, deadline_s)

    def await_service(self, channel: Channel) -> None:
        """Wait until somebody serves the channel.

        :raises NoAnswerError: when nobody was discovered in time.
        """
        if not self.has_service(channel, DISCOVERY_DEADLINE_S):
            raise self._nobody(_SERVERS.get(channel.name, SCHEDULER))

    def send(self, channel: Channel, request: Any) -> Any:
        """Send the request and return the future of its answer; served by ``spin``."""
        return self._client(channel).call_async(request)

    def forget(self, channel: Channel, future: Any) -> None:
        """Stop waiting for the answer to a request that was sent."""
        self._client(channel).remove_pending_request(future)

    def call(
        self,
        channel: Channel,
        request: Any,
        *,
        is_repeatable: bool = True,
        deadline_s: float = ANSWER_DEADLINE_S,
    ) -> Any:
        """The answer of whoever serves the channel.

        :param is_repeatable: whether sending the request twice is the same as sending it once.
        :raises NoAnswerError: when the service was not discovered, or did not answer, in time.
        """
        self.await_service(channel)
        client = self._client(channel)
        futures: list[Any] = []
        deadline = time.monotonic() + deadline_s
        while (left_s := deadline - time.monotonic()) > 0:
            futures.append(client.call_async(request))
            wait_s = min(left_s, RESEND_PERIOD_S) if is_repeatable else left_s
            if self.spin_until(lambda: any(future.done() for future in futures), wait_s):
                return next(future.result() for future in futures if future.done())
        raise NoAnswerError(
            f"{_SERVERS.get(channel.name, SCHEDULER)} in namespace {self.fleet} is there but did "
            f"not answer {channel.name!r} within {deadline_s:g} s: is it active? "
            f"try `muster doctor`"
        )

    def submit_order(self, order: msg.Order) -> srv.SubmitOrder.Response:
        """What the scheduler says of the order; durable when accepted."""
        return self.call(channels.SUBMIT_ORDER, srv.SubmitOrder.Request(order=order))

    def cancel_order(
        self, order_id: str, *, requester: str, reason: str
    ) -> srv.CancelOrder.Response:
        """What the scheduler says of the request to end the order."""
        request = srv.CancelOrder.Request(order_id=order_id, requester=requester, reason=reason)
        return self.call(channels.CANCEL_ORDER, request, is_repeatable=False)

    def resolve_order(
        self, order_id: str, *, question: int, resolution: str, requester: str, reason: str
    ) -> srv.ResolveOrder.Response:
        """What the scheduler says to a person's answer to that question."""
        request = srv.ResolveOrder.Request(
            order_id=order_id,
            question=question,
            resolution=resolution,
            requester=requester,
            reason=reason,
        )
        return self.call(channels.RESOLVE_ORDER, request, is_repeatable=False)

    def get_orders(
        self,
        order_ids: Sequence[str] = (),
        *,
        states: Sequence[int] = (),
        limit: int = ORDERS_MAX,
    ) -> srv.GetOrders.Response:
        """Orders and their states, newest first."""
        request = srv.GetOrders.Request(order_ids=list(order_ids), states=list(states), limit=limit)
        return self.call(channels.GET_ORDERS, request)

    def get_robots(self, robot_ids: Sequence[str] = ()) -> srv.GetRobots.Response:
        """Robots, their states and descriptions, by id."""
        return self.call(channels.GET_ROBOTS, srv.GetRobots.Request(robot_ids=list(robot_ids)))

    def get_traffic(self, robot_ids: Sequence[str] = ()) -> srv.GetTraffic.Response:
        """What robots hold, want and wait for."""
        return self.call(channels.GET_TRAFFIC, srv.GetTraffic.Request(robot_ids=list(robot_ids)))

    def last_seq(self) -> int:
        """The sequence number of the last event in the log; 0 when it is empty."""
        return int(self.read_events(from_seq=1, limit=1).last_seq)

    def read_events(self, *, from_seq: int, limit: int = PAGE_MAX) -> srv.ReadEvents.Response:
        """A page of the log."""
        request = srv.ReadEvents.Request(from_seq=from_seq, limit=limit)
        return self.call(channels.READ_EVENTS, request)

    def events(self, from_seq: int) -> Iterator[msg.Event]:
        """The log from ``from_seq`` to the end that it has when this begins, page by page."""
        end_seq = None
        while end_seq is None or from_seq <= end_seq:
            page = self.read_events(from_seq=from_seq)
            end_seq = page.last_seq if end_seq is None else end_seq
            if not page.events:
                return
            yield from (event for event in page.events if event.seq <= end_seq)
            from_seq = page.events[-1].seq + 1

    def _client(self, channel: Channel) -> Any:
        if channel.name not in self._clients:
            self._clients[channel.name] = self.node.create_client(
                channel.type, channel.path(self.fleet), qos_profile=channel.qos
            )
        return self._clients[channel.name]

    def _nobody(self, server: str) -> NoAnswerError:
        domain = os.environ.get("ROS_DOMAIN_ID") or "0"
        nobody = server.replace("the ", "no ", 1) if server.startswith("the ") else f"no {server}"
        return NoAnswerError(
            f"{nobody} answers in namespace {self.fleet} (ROS_DOMAIN_ID={domain}): "
            "is the fleet up? try `muster doctor`"
        )
