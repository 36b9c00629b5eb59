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
    rclpy.init(args=[], domain_id=101 + os.getpid() % DOMAINS)
    yield
    rclpy.try_shutdown()
