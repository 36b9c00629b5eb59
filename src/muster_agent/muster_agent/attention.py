"""Which messages of leases a robot's loop is woken for: all robots hear what is told to any."""

from __future__ import annotations

from muster_core.agent.inputs import LeasesReceived
from muster_core.clock import Instant

QUIET_S_MAX = 1.0
"""How long messages that say nothing to the robot are passed over after one that was heard."""
ALONE_SHARE = 0.25
"""Of ``alone_after_s``: the same, where that is shorter. That the scheduler speaks is news, too."""


class Attention:
    """Remembers what was heard last, and when."""

    def __init__(self) -> None:
        self._epoch = -1
        self._quiet_until_ns = 0

    def is_due(self, leases: LeasesReceived, now: Instant, *, alone_after_s: float) -> bool:
        """Whether the loop is to hear ``leases``; it then counts as heard.

        :param alone_after_s: the silence after which the robot would think itself alone.
        """
        concerns_robot = bool(leases.granted or leases.revoked or leases.acknowledged)
        is_known = leases.epoch == self._epoch and now.steady_ns < self._quiet_until_ns
        if is_known and not concerns_robot:
            return False
        self._epoch = leases.epoch
        quiet_s = min(QUIET_S_MAX, alone_after_s * ALONE_SHARE)
        self._quiet_until_ns = now.later(quiet_s).steady_ns
        return True
