"""Runs the traffic node as a process."""

from __future__ import annotations

import sys

from muster_ros.process import run_nodes
from muster_traffic.node import TrafficNode


def main() -> None:
    """Run until told to end."""
    run_nodes(lambda: [TrafficNode()], sys.argv[1:])


if __name__ == "__main__":
    main()
