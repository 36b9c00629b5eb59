"""The gateway's process."""

from __future__ import annotations

import sys

from muster_gateway.node import GatewayNode
from muster_ros.process import run_nodes


def main() -> None:
    """Run the gateway until the process is told to end."""
    run_nodes(lambda: [GatewayNode()], sys.argv[1:])


if __name__ == "__main__":
    main()
