"""Which ROS domains of this machine are in use by fleets of Muster's commands."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack

from muster_core.errors import MusterError

DOMAINS = range(1, 101)
"""Domain 0 is everybody's; the ports of those above 101 may be taken by other connections."""


class DomainError(MusterError):
    """No ROS domain can be had."""


def claim_domain(resources: ExitStack) -> int:
    """A domain that nobody on this machine holds; kept until ``resources`` are closed.

    :raises DomainError: when all are taken.
    """
    own = os.environ.get("ROS_DOMAIN_ID") or "0"
    start = os.getpid() % len(DOMAINS)
    for domain in (*DOMAINS[start:], *DOMAINS[:start]):
        if str(domain) != own and hold_domain(domain, resources):
            return domain
    raise DomainError(f"all ROS domains from {DOMAINS[0]} to {DOMAINS[-1]} are taken by demos")


def hold_domain(domain: int | str, resources: ExitStack) -> bool:
    """Whether nobody held the domain before; it is held until ``resources`` are closed.

    A name that the kernel gives to one process, and takes back when that ends.
    """
    holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        holder.bind(f"\0muster-domain-{domain}")
    except OSError:
        holder.close()
        return False
    resources.callback(holder.close)
    return True
