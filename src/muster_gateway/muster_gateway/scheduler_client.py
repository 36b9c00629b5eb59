"""Questions to the scheduler, asked from the loop's thread and answered into its inbox."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from muster_msgs import msg, srv
from rclpy.node import Node

from muster_core.errors import ErrorCode
from muster_core.gateway import effects, inputs
from muster_core.gateway.config import GatewayConfig
from muster_core.gateway.inputs import Input
from muster_core.gateway.records import LoggedEvent
from muster_ros.channels import READ_EVENTS, SUBMIT_ORDER
from muster_ros.conversions import order_message, to_error_code, to_wall_ns

PENDING_MAX = 4096
"""Questions without an answer that are remembered; the oldest are forgotten at the bound."""


def to_logged_event(message: msg.Event) -> LoggedEvent:
    """The event in a message."""
    return LoggedEvent(
        seq=message.seq,
        wall_ns=to_wall_ns(message.stamp),
        epoch=message.epoch,
        type=message.type,
        order_id=message.order_id,
        robot_id=message.robot_id,
        traceparent=message.traceparent,
        data=message.data,
    )


class SchedulerClient:
    """The scheduler's services. The core repeats what is not answered; here it is forgotten."""

    def __init__(
        self, node: Node, fleet: str, *, config: GatewayConfig, put: Callable[[Input], bool]
    ) -> None:
        self._node = node
        self._put = put
        self._forget_after_s = 2 * max(config.submit_timeout_s, config.read_timeout_s)
        self._pending: dict[Any, tuple[Any, float]] = {}
        self._submit = node.create_client(
            srv.SubmitOrder, SUBMIT_ORDER.path(fleet), qos_profile=SUBMIT_ORDER.qos
        )
        self._read = node.create_client(
            srv.ReadEvents, READ_EVENTS.path(fleet), qos_profile=READ_EVENTS.qos
        )

    def close(self) -> None:
        """Destroy the clients; what is asked is not answered any more."""
        self._node.destroy_client(self._submit)
        self._node.destroy_client(self._read)

    def submit(self, asked: effects.SubmitOrder) -> None:
        """Ask the scheduler to take the order."""
        if not self._submit.service_is_ready():
            self._put(_unreachable(asked, f"there is no service {self._submit.srv_name} now"))
            return
        future = self._submit.call_async(srv.SubmitOrder.Request(order=order_message(asked.order)))
        self._remember(self._submit, future)
        future.add_done_callback(lambda done: self._put(_submit_answer(asked, done)))

    def read(self, asked: effects.ReadEvents) -> None:
        """Ask the scheduler for a page of its log."""
        if not self._read.service_is_ready():
            reason = f"there is no service {self._read.srv_name} now"
            self._put(inputs.EventsReadFailed(asked.request, reason))
            return
        request = srv.ReadEvents.Request(from_seq=asked.from_seq, limit=asked.limit)
        future = self._read.call_async(request)
        self._remember(self._read, future)
        future.add_done_callback(lambda done: self._put(_read_answer(asked, done)))

    def forget_old(self) -> None:
        """Let go of questions whose answer nobody waits for any more; call it now and then."""
        oldest_s = time.monotonic() - self._forget_after_s
        for future, (client, asked_s) in list(self._pending.items()):
            if asked_s > oldest_s and len(self._pending) <= PENDING_MAX:
                return  # they are in the order in which they were asked
            del self._pending[future]
            if not future.done():
                client.remove_pending_request(future)

    def _remember(self, client: Any, future: Any) -> None:
        self._pending[future] = (client, time.monotonic())


def _submit_answer(asked: effects.SubmitOrder, future: Any) -> inputs.SubmitAnswered:
    if future.cancelled() or future.exception() is not None:
        return _unreachable(asked, f"the question was not answered: {future.exception()}")
    response = future.result()
    return inputs.SubmitAnswered(
        asked.position,
        asked.request,
        is_accepted=response.accepted,
        is_duplicate=response.duplicate,
        error_code=to_error_code(response.error_code),
        message=response.message,
    )


def _read_answer(asked: effects.ReadEvents, future: Any) -> Input:
    if future.cancelled() or future.exception() is not None:
        return inputs.EventsReadFailed(asked.request, f"not answered: {future.exception()}")
    response = future.result()
    events = tuple(to_logged_event(event) for event in response.events)
    return inputs.EventsRead(asked.request, events, response.last_seq)


def _unreachable(asked: effects.SubmitOrder, reason: str) -> inputs.SubmitAnswered:
    return inputs.SubmitAnswered(
        asked.position,
        asked.request,
        is_accepted=False,
        error_code=ErrorCode.SCHEDULER_UNREACHABLE,
        message=reason,
    )
