"""What tests of nodes need: a ROS context of their own, executors in threads, bounded waits."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import rclpy
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from muster_ros.channels import Channel

WAIT_S = 20.0
POLL_S = 0.01
TEST_DOMAINS = range(101, 201)


def domain_id() -> int:
    """A DDS domain that is this process's own, or the one that ``ROS_DOMAIN_ID`` names."""
    named = os.environ.get("ROS_DOMAIN_ID")
    return int(named) if named else TEST_DOMAINS[os.getpid() % len(TEST_DOMAINS)]


@contextmanager
def ros_context() -> Iterator[Context]:
    """A context on this host only; it is the default context as long as it lives."""
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    # Ctrl-C stays Python's own: rclpy's handlers would outlive the context in the same process.
    rclpy.init(args=[], domain_id=domain_id(), signal_handler_options=SignalHandlerOptions.NO)
    try:
        yield rclpy.utilities.get_default_context()
    finally:
        rclpy.try_shutdown()


@contextmanager
def spinning(nodes: Sequence[Node]) -> Iterator[SingleThreadedExecutor]:
    """Spin ``nodes`` in a thread of their own."""
    executor = SingleThreadedExecutor()
    for node in nodes:
        executor.add_node(node)
    is_done = threading.Event()

    def spin() -> None:
        try:
            while not is_done.is_set():
                executor.spin_once()
        except ExternalShutdownException:
            return

    thread = threading.Thread(target=spin, name="spinning", daemon=True)
    thread.start()
    try:
        yield executor
    finally:
        is_done.set()
        # Waking it is not enough: spin_once returns only when it has had something to do.
        executor.create_task(lambda: None)
        thread.join(WAIT_S)
        executor.shutdown(timeout_sec=0)


def wait_until(is_true: Callable[[], Any], what: str) -> Any:
    """What ``is_true`` returns once it is true.

    :raises AssertionError: when ``what`` has not happened within ``WAIT_S``.
    """
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        if value := is_true():
            return value
        time.sleep(POLL_S)
    raise AssertionError(f"{what} has not happened within {WAIT_S:.0f} s")


def transition(node: LifecycleNode, name: str) -> TransitionCallbackReturn:
    """Have ``node`` go through ``name`` ("deactivate") in the thread that spins it, if any does.

    That is where a lifecycle manager's request has it done. To destroy from another thread what an
    executor waits for is not safe in rclpy.

    :raises AssertionError: when it has not come to an end within ``WAIT_S``.
    """
    act = getattr(node, f"trigger_{name}")
    if node.executor is None:
        return act()
    done = node.executor.create_task(act)
    wait_until(done.done, f"{name} of {node.get_name()}")
    return done.result()


class Caller:
    """Calls services from the test's thread. Its node must be spinning."""

    def __init__(self, node: Node, fleet: str) -> None:
        self._node = node
        self._fleet = fleet
        self._clients: dict[str, Any] = {}

    def call(self, channel: Channel, request: Any) -> Any:
        """The service's response.

        :raises AssertionError: when there is none within ``WAIT_S``.
        """
        future = self.send(channel, request)
        wait_until(future.done, f"the answer of {channel.name}")
        return future.result()

    def send(self, channel: Channel, request: Any) -> Any:
        """A future of the service's response."""
        path = channel.path(self._fleet)
        if path not in self._clients:
            self._clients[path] = self._node.create_client(
                channel.type, path, qos_profile=channel.qos
            )
        assert self._clients[path].wait_for_service(WAIT_S), f"nobody offers {path}"
        return self._clients[path].call_async(request)
