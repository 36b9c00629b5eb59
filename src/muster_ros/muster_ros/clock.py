"""The one place where nodes read clocks."""

from __future__ import annotations

import time

from muster_core.clock import Instant


def read_clock() -> Instant:
    """This moment, on the wall clock (UTC) and on the host's steady clock.

    The steady clock counts the time that the host sleeps, too: leases run out meanwhile.
    """
    return Instant(time.time_ns(), time.clock_gettime_ns(time.CLOCK_BOOTTIME))
