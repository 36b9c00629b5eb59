"""Time as an argument: the core never reads a clock."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import NamedTuple

NS_PER_S = 1_000_000_000


class Instant(NamedTuple):
    """One moment on two clocks.

    :param wall_ns: UTC since 1970, ns. May jump; stamps events and is compared with deadlines.
    :param steady_ns: monotonic within one process, ns. Measures leases, timeouts and retries.
    """

    wall_ns: int
    steady_ns: int

    def later(self, duration_s: float) -> Instant:
        """The moment ``duration_s`` seconds after this one, on both clocks."""
        duration_ns = int(duration_s * NS_PER_S)
        return Instant(self.wall_ns + duration_ns, self.steady_ns + duration_ns)


def utc_text(wall_ns: int) -> str:
    """``wall_ns`` as ISO 8601 in UTC with milliseconds, as in ``2030-01-31T12:00:00.000Z``."""
    moment = datetime.fromtimestamp(wall_ns / NS_PER_S, tz=timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
