"""The scheduler's process."""

from __future__ import annotations

import sys

from muster_ros.process import run_nodes
from muster_scheduler.node import SchedulerNode


def main() -> None:
    """Run one scheduler until the process is told to end."""
    run_nodes(lambda: [SchedulerNode()], sys.argv[1:])
