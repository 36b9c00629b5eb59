"""The asking side of every benchmark: one bare node, spun by the benchmark itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import rclpy
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from muster_msgs import msg
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.task import Future

from muster_ros.channels import Channel

FLEET = "/muster"
BARE = "/bare"
"""The namespaces of what is measured and of what it is measured against."""

ANSWER_TIMEOUT_S = 10.0
POLL_S = 0.02
PICKUPS, DROPOFFS = 24, 3


class NoAnswerError(Exception):
    """Something that had to answer did not in time."""


class Client:
    """A node with clients, spun only while something is awaited."""

    def __init__(self) -> None:
        self.node = rclpy.create_node("bench", start_parameter_services=False)
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.node)

    def service(self, channel: Channel, namespace: str) -> Any:
        """A client of the service ``channel`` at ``namespace``, once somebody offers it."""
        client = self.node.create_client(
            channel.type, channel.path(namespace), qos_profile=channel.qos
        )
        self.until(client.service_is_ready, f"service {client.srv_name}")
        return client

    def action(self, channel: Channel, namespace: str, robot: str) -> ActionClient:
        """A client of the robot's action ``channel``, once somebody offers it."""
        path = channel.path(namespace, robot)
        client = ActionClient(self.node, channel.type, path, goal_service_qos_profile=channel.qos)
        self.until(client.server_is_ready, f"action {path}")
        return client

    def wait(self, future: Future, what: str) -> Any:
        """The future's result.

        :raises NoAnswerError: naming ``what`` when it does not come in time.
        """
        self.executor.spin_until_future_complete(future, ANSWER_TIMEOUT_S)
        if not future.done():
            raise NoAnswerError(f"{what} did not answer within {ANSWER_TIMEOUT_S} s")
        return future.result()

    def rest(self, duration_s: float) -> None:
        """Take in what is still under way for ``duration_s``, so that no later call pays for it.

        An action client gets several status messages after each goal; left in the queue they would
        be decoded within the next call that is timed.
        """
        end_s = time.monotonic() + duration_s
        while (left_s := end_s - time.monotonic()) > 0:
            self.executor.spin_once(timeout_sec=left_s)

    def until(self, is_true: Callable[[], bool], what: str, timeout_s: float = 30.0) -> None:
        """Spin until it is so.

        :raises NoAnswerError: naming ``what`` when it does not come true in time.
        """
        deadline_s = time.monotonic() + timeout_s
        while not is_true():
            if time.monotonic() > deadline_s:
                raise NoAnswerError(f"{what} was not there within {timeout_s} s")
            self.executor.spin_once(timeout_sec=POLL_S)

    def bring_up(self, node: str) -> None:
        """Configure and activate the lifecycle node ``node``.

        :raises NoAnswerError: when it refuses.
        """
        client = self.node.create_client(ChangeState, f"{node}/change_state")
        self.until(client.service_is_ready, f"node {node}")
        for transition in (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE):
            request = ChangeState.Request(transition=Transition(id=transition))
            if not self.wait(client.call_async(request), node).success:
                raise NoAnswerError(f"{node} refuses transition {transition}; see its log")
        self.node.destroy_client(client)


@contextmanager
def open_client() -> Iterator[Client]:
    """A client within a ROS context of its own."""
    rclpy.init(args=[])
    client = Client()
    try:
        yield client
    finally:
        client.executor.shutdown(timeout_sec=1)
        client.node.destroy_node()
        rclpy.try_shutdown()


def make_order(order_id: str, number: int) -> msg.Order:
    """A usual order of the small warehouse; its places go round with ``number``."""
    return msg.Order(
        order_id=order_id,
        pickup=f"shelf_{1 + number % PICKUPS}",
        dropoff=f"pack_{1 + number % DROPOFFS}",
        requester="bench",
    )
