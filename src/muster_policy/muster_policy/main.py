"""Runs the policy node as a process."""

from __future__ import annotations

import sys

from muster_policy.node import PolicyNode
from muster_ros.process import run_nodes


def main() -> None:
    """Run until told to end."""
    run_nodes(lambda: [PolicyNode()], sys.argv[1:])


if __name__ == "__main__":
    main()
