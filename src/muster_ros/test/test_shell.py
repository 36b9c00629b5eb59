"""Claims about the lifecycle shell."""

from __future__ import annotations

import gc
from contextlib import ExitStack
from typing import Any

import pytest
import rclpy
from lifecycle_msgs.srv import ChangeState
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn as Result

from muster_core.errors import ConfigError
from muster_ros.shell import MusterNode
from muster_ros.testing import wait_until

WAIT_S = 10.0


class Sample(MusterNode):
    """Fails where the test wants it to."""

    def __init__(self, **failures: BaseException) -> None:
        super().__init__("sample", namespace="/test")
        self.failures = failures
        self.history: list[str] = []

    def open(self, resources: ExitStack) -> None:
        resources.callback(self.history.append, "closed")
        self.history.append("opened")
        if "open" in self.failures:
            raise self.failures["open"]

    def start(self, resources: ExitStack) -> None:
        resources.callback(self.history.append, "stopped")
        self.history.append("started")
        if "start" in self.failures:
            raise self.failures["start"]


@pytest.fixture
def make(ros: None) -> Any:
    nodes: list[Sample] = []

    def make_sample(**failures: BaseException) -> Sample:
        nodes.append(Sample(**failures))
        return nodes[-1]

    yield make_sample
    for node in nodes:
        node.close()
        node.destroy_node()


def test_resources_are_closed_in_reverse_order(make: Any) -> None:
    node = make()
    assert node.trigger_configure() == node.trigger_activate() == Result.SUCCESS
    assert node.trigger_deactivate() == node.trigger_cleanup() == Result.SUCCESS
    assert node.history == ["opened", "started", "stopped", "closed"]


def test_failed_configure_closes_what_it_opened_and_can_be_tried_again(make: Any) -> None:
    node = make(open=ConfigError("speed is -1; it must be more"))
    assert node.trigger_configure() == Result.FAILURE
    assert node.history == ["opened", "closed"]
    node.failures.clear()
    assert node.trigger_configure() == Result.SUCCESS


def test_failed_transition_is_logged_with_its_reason(make: Any, capfd: Any) -> None:
    node = make(open=ConfigError("speed is -1; it must be more"))
    node.trigger_configure()
    assert "speed is -1; it must be more" in capfd.readouterr().out


def test_unexpected_exception_is_logged_with_its_traceback(make: Any, capfd: Any) -> None:
    node = make(start=ZeroDivisionError("how odd"))
    node.trigger_configure()
    assert node.trigger_activate() == Result.FAILURE
    output = capfd.readouterr().out
    assert "Traceback" in output and "how odd" in output
    assert node.history == ["opened", "started", "stopped"]


def test_failed_transition_is_told_to_diagnostics(make: Any) -> None:
    node = make(open=ConfigError("speed is -1"))
    told: list[Any] = []
    node._diagnostics.publish = told.append
    node.trigger_configure()
    assert told[-1].status[0].message == "configure failed: speed is -1"
    assert told[-1].status[0].level == b"\x02"


def test_shutdown_closes_from_active(make: Any) -> None:
    node = make()
    node.trigger_configure()
    node.trigger_activate()
    assert node.trigger_shutdown() == Result.SUCCESS
    assert node.history[-2:] == ["stopped", "closed"]


def test_destroyed_node_leaves_the_graph_at_once(ros: None) -> None:
    peer = rclpy.create_node("peer", namespace="/test")
    gc.disable()
    try:
        node = Sample()
        name = node.get_name()
        wait_until(lambda: name in peer.get_node_names(), "the node in the graph")
        node.destroy_node()
        assert name not in peer.get_node_names()
    finally:
        gc.enable()
        peer.destroy_node()


def test_impossible_transition_is_refused_and_the_node_lives_on(make: Any) -> None:
    node = make()
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    client = node.create_client(ChangeState, "/test/sample/change_state")
    assert client.wait_for_service(WAIT_S)
    request = ChangeState.Request()
    request.transition.id = 3  # activate, while unconfigured
    future = client.call_async(request)
    executor.spin_until_future_complete(future, WAIT_S)
    assert future.result().success is False
    assert node.trigger_configure() == Result.SUCCESS
    executor.shutdown()
