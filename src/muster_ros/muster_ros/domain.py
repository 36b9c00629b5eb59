"""Which ROS domains of this machine are in use by fleets of Muster's commands."""

from __future__ import annotations

import socket
from contextlib import ExitStack


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
