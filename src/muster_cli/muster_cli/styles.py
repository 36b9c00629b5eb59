"""The colours of states and events, the same on every screen."""

from __future__ import annotations

STATE_STYLES = {
    "accepted": "cyan",
    "planned": "cyan",
    "active": "bold yellow",
    "suspended": "bold magenta",
    "completed": "green",
    "failed": "bold red",
    "cancelled": "blue",
    "idle": "default",
    "working": "bold yellow",
    "charging": "blue",
    "offline": "dim",
    "fault": "bold red",
    "silent": "bold red",
}
EVENT_STYLES = {
    "order_accepted": "cyan",
    "order_completed": "green",
    "order_failed": "bold red",
    "order_cancelled": "blue",
    "order_cancel_requested": "blue",
    "order_suspended": "bold magenta",
    "order_resolved": "magenta",
    "order_resumed": "magenta",
    "task_assigned": "yellow",
    "task_revised": "yellow",
    "robot_barred": "bold red",
    "robot_silent": "bold red",
    "robot_described": "blue",
    "robot_returned": "blue",
    "epoch_started": "blue",
}
