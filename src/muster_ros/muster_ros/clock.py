"""The one place where nodes read clocks."""

from __future__ import annotations

import time
from typing import Protocol

from muster_core.clock import Instant


class Clock(Protocol):
    """Another clock than the host's, for all nodes of this process."""

    @property
    def pace(self) -> float:
        """Its seconds in a second."""

    def now(self) -> Instant:
        """This moment."""


class _Process:
    """What this process reads; None = the host's clocks."""

    clock: Clock | None = None


def read_clock() -> Instant:
    """This moment, on the wall clock (UTC) and on the host's steady clock.

    The steady clock counts the time that the host sleeps, too: leases run out meanwhile. In a
    simulated world (``use_sim_time``) it is that world's moment, on both.
    """
    if _Process.clock is not None:
        return _Process.clock.now()
    return Instant(time.time_ns(), time.clock_gettime_ns(time.CLOCK_BOOTTIME))


def real_s(duration_s: float) -> float:
    """How long a thread must wait for so many seconds to pass on ``read_clock``, s."""
    return duration_s if _Process.clock is None else duration_s / _Process.clock.pace


def use(clock: Clock | None) -> None:
    """Have this process read ``clock``; None = the host's."""
    _Process.clock = clock
