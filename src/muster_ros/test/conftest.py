"""A ROS context of the test's own, in a domain of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

DOMAINS = 100


@pytest.fixture
def ros(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    rclpy = pytest.importorskip("rclpy")
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    handlers = rclpy.signals.SignalHandlerOptions.NO
    domain_id = 101 + os.getpid() % DOMAINS
    rclpy.init(args=[], domain_id=domain_id, signal_handler_options=handlers)
    yield
    rclpy.try_shutdown()
