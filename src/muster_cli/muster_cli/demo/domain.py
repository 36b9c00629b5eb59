"""A ROS domain for one run, so that demos and real fleets on a machine do not meet."""

from __future__ import annotations

import os
from contextlib import ExitStack

from muster_cli.exits import CommandError
from muster_ros.domain import hold_domain

DOMAINS = range(1, 101)
"""Domain 0 is everybody's; the ports of those above 101 may be taken by other connections."""


def claim_domain(resources: ExitStack) -> int:
    """A domain that nobody on this machine holds; kept until ``resources`` are closed.

    :raises CommandError: when all are taken.
    """
    own = os.environ.get("ROS_DOMAIN_ID") or "0"
    start = os.getpid() % len(DOMAINS)
    for domain in (*DOMAINS[start:], *DOMAINS[:start]):
        if str(domain) != own and hold_domain(domain, resources):
            return domain
    raise CommandError(f"all ROS domains from {DOMAINS[0]} to {DOMAINS[-1]} are taken by demos")
