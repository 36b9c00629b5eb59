"""A ROS domain for one run, so that demos and real fleets on a machine do not meet."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack

from muster_cli.exits import CommandError

DOMAINS = range(1, 101)
"""Domain 0 is everybody's; the ports of those above 101 may be taken by other connections."""


def claim_domain(resources: ExitStack) -> int:
    """A domain that no other demo of this machine has; kept until ``resources`` are closed.

    :raises CommandError: when all are taken.
    """
    own = os.environ.get("ROS_DOMAIN_ID") or "0"
    start = os.getpid() % len(DOMAINS)
    for domain in (*DOMAINS[start:], *DOMAINS[:start]):
        if str(domain) != own and _claim(domain, resources):
            return domain
    raise CommandError(f"all ROS domains from {DOMAINS[0]} to {DOMAINS[-1]} are taken by demos")


def _claim(domain: int, resources: ExitStack) -> bool:
    """Hold a name that the kernel gives to one process, and takes back when that ends."""
    holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        holder.bind(f"\0muster-demo-domain-{domain}")
    except OSError:
        holder.close()
        return False
    resources.callback(holder.close)
    return True
