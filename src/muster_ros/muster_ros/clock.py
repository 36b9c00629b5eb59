"""The one place where nodes read clocks."""

from __future__ import annotations

import time

from muster_core.clock import Instant


def read_clock() -> Instant:
    """This moment, on the wall clock (UTC) and on the process's monotonic clock."""
    return Instant(time.time_ns(), time.monotonic_ns())
