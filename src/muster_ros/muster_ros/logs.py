"""Logs as JSON lines on stdout, with ids bound; warnings and above also go to the ROS logger.

Rules for editors: a constant message, ids as ``key=value``; log transitions and decisions, once, in
shells only.
"""

from __future__ import annotations

import sys
from typing import Any

import structlog

_FORWARDED = ("warning", "error", "critical", "exception")


def configure_logs() -> None:
    """Set the process's log format: JSON lines, or coloured text when a person looks on."""
    renderer: Any = (
        structlog.dev.ConsoleRenderer()
        if sys.stdout.isatty()
        else structlog.processors.JSONRenderer(default=str)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _forward_to_ros,
            structlog.processors.format_exc_info,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
    )


def node_logger(ros_logger: Any, **ids: str) -> Any:
    """A logger bound to ``ids`` that forwards warnings and above to ``ros_logger``."""
    return structlog.get_logger().bind(_ros_logger=ros_logger, **ids)


def _forward_to_ros(_logger: Any, method: str, event: Any) -> Any:
    ros_logger = event.pop("_ros_logger", None)
    if ros_logger is not None and method in _FORWARDED:
        ids = " ".join(
            f"{key}={value}"
            for key, value in event.items()
            if key not in ("event", "level", "timestamp", "exc_info")
        )
        message = f"{event['event']} {ids}"
        # A line of its own for each: rclpy refuses another severity from a line that has logged.
        if method == "warning":
            ros_logger.warning(message)
        elif method == "critical":
            ros_logger.fatal(message)
        else:
            ros_logger.error(message)
    return event
