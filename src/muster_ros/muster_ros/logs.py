"""Logs as JSON lines on stdout, with ids bound; warnings and above also go to the ROS logger.

Rules for editors: a constant message, ids as ``key=value``; log transitions and decisions, once, in
shells only.
"""

from __future__ import annotations

import sys
from typing import Any

import structlog

_ROS_METHODS = {"warning": "warning", "error": "error", "critical": "fatal", "exception": "error"}


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
    ros_method = _ROS_METHODS.get(method)
    if ros_logger is not None and ros_method is not None:
        ids = " ".join(
            f"{key}={value}"
            for key, value in event.items()
            if key not in ("event", "level", "timestamp", "exc_info")
        )
        getattr(ros_logger, ros_method)(f"{event['event']} {ids}")
    return event
