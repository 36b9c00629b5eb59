from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

pytest.importorskip("rclpy")

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.parameter import Parameter

from muster_bringup.supervisor import Supervisor
from muster_core.errors import ConfigError
from muster_ros.shell import MusterNode
from muster_ros.testing import ros_context, spinning, wait_until

pytestmark = pytest.mark.ros

PERIODS = {"watch_period_s": 0.1, "start_period_s": 0.05, "retry_s_min": 0.1, "retry_s_max": 0.2}


class DummyNode(MusterNode):
    """Writes down what it is told, and fails to open while it has a fault."""

    def __init__(self, name: str, diary: list[str]) -> None:
        super().__init__(name, namespace="/test")
        self.diary = diary
        self.fault = ""

    def open(self, resources: ExitStack) -> None:
        if self.fault:
            raise ConfigError(self.fault)
        self._write("configured")
        resources.callback(self._write, "cleaned up")

    def start(self, resources: ExitStack) -> None:
        self._write("activated")
        resources.callback(self._write, "deactivated")

    def _write(self, what: str) -> None:
        self.diary.append(f"{self.get_name()} {what}")


@pytest.fixture
def diary() -> Iterator[list[str]]:
    with ros_context():
        yield []


def make_supervisor(*managed: str, **settings: Any) -> Supervisor:
    values = {"managed_nodes": list(managed), **PERIODS, **settings}
    overrides = [Parameter(name, value=value) for name, value in values.items()]
    return Supervisor(namespace="/test", parameter_overrides=overrides)


@contextmanager
def running(*nodes: Any) -> Iterator[None]:
    with spinning(nodes):
        yield
    for node in nodes:
        node.destroy_node()


def test_nodes_go_up_in_order_and_down_in_reverse(diary: list[str]) -> None:
    policy, scheduler = DummyNode("policy", diary), DummyNode("scheduler", diary)
    supervisor = make_supervisor("1:/test/policy", "2:/test/scheduler")
    with running(policy, scheduler, supervisor):
        wait_until(lambda: supervisor.is_active, "the fleet's being active")
        up = list(diary)
        supervisor.go_down()
        wait_until(lambda: supervisor.is_down, "the fleet's being down")
    assert up == [
        "policy configured",
        "policy activated",
        "scheduler configured",
        "scheduler activated",
    ]
    assert diary[len(up) :] == [
        "scheduler deactivated",
        "scheduler cleaned up",
        "policy deactivated",
        "policy cleaned up",
    ]


def test_failed_configure_is_told_with_its_reason_and_mended(diary: list[str]) -> None:
    policy = DummyNode("policy", diary)
    policy.fault = "there is no policy 'x'"
    supervisor = make_supervisor("1:/test/policy")
    heard: list[DiagnosticStatus] = []
    listener = rclpy.create_node("listener")
    listener.create_subscription(
        DiagnosticArray, "/diagnostics", lambda array: heard.extend(array.status), 10
    )
    expected = (
        "0 of 1 nodes active; "
        "/test/policy is unconfigured: configure failed: there is no policy 'x'"
    )
    with running(policy, supervisor, listener):
        wait_until(
            lambda: [
                status
                for status in heard
                if status.name == "test/supervisor" and status.message == expected
            ],
            "the reason in the diagnostics",
        )
        policy.fault = ""
        wait_until(lambda: supervisor.is_active, "the mended node's being active")


def test_node_that_began_anew_is_brought_back(diary: list[str]) -> None:
    supervisor = make_supervisor("1:/test/policy", answer_timeout_s=0.5)
    with running(supervisor):
        with running(DummyNode("policy", diary)):
            wait_until(lambda: supervisor.is_active, "the first node's being active")
        wait_until(lambda: not supervisor.is_active, "the node's being missed")
        diary.clear()
        with running(DummyNode("policy", diary)):
            wait_until(lambda: supervisor.is_active, "the second node's being active")
            assert diary == ["policy configured", "policy activated"]


def test_diagnostics_are_heard_only_while_a_node_is_not_active(diary: list[str]) -> None:
    supervisor = make_supervisor("1:/test/policy", answer_timeout_s=0.5)
    path = "/diagnostics"
    with running(supervisor):
        wait_until(lambda: supervisor.count_subscribers(path) == 1, "its listening")
        with running(DummyNode("policy", diary)):
            wait_until(lambda: supervisor.is_active, "the node's being active")
            wait_until(lambda: supervisor.count_subscribers(path) == 0, "its being at rest")
        wait_until(lambda: supervisor.count_subscribers(path) == 1, "its listening again")


def test_going_down_does_not_wait_for_nodes_that_are_gone(diary: list[str]) -> None:
    supervisor = make_supervisor(
        "1:/test/policy", answer_timeout_s=3000.0, down_timeout_s=3000.0, watch_period_s=3000.0
    )
    with running(supervisor):
        with running(DummyNode("policy", diary)):
            wait_until(lambda: supervisor.is_active, "the node's being active")
        # A destroyed node offers its services until it is collected.
        gc.collect()
        supervisor.go_down()
        wait_until(lambda: supervisor.is_down, "the fleet's being down")


def test_unknown_parameter_is_named(diary: list[str]) -> None:
    with pytest.raises(ConfigError, match="'watch_period'"):
        make_supervisor("1:/test/policy", watch_period=1.0)
