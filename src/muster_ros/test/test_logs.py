"""Claims about logs: what goes on to the ROS logger."""

from __future__ import annotations

import rclpy.logging
import structlog

from muster_ros.logs import _forward_to_ros


class Heard:
    """A ROS logger that passes on to a real one and keeps what it was told."""

    def __init__(self) -> None:
        self._real = rclpy.logging.get_logger("test_logs")
        self.lines: list[str] = []

    def __getattr__(self, severity: str) -> object:
        self.lines.append(severity)
        return getattr(self._real, severity)


def test_one_logger_tells_warnings_and_errors_in_any_order() -> None:
    heard = Heard()
    structlog.configure(
        processors=[_forward_to_ros, structlog.processors.JSONRenderer(default=str)],
        logger_factory=structlog.ReturnLoggerFactory(),
    )
    try:
        logs = structlog.get_logger().bind(_ros_logger=heard)
        for method in ("warning", "error", "critical", "exception", "warning", "info"):
            getattr(logs, method)("something happened", robot="robot_1")
    finally:
        structlog.reset_defaults()
    assert heard.lines == ["warning", "error", "fatal", "error", "warning"]
