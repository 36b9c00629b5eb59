"""Whether an agent has a scheduler, or is alone."""

from __future__ import annotations

from muster_core.clock import Instant, utc_text

RETURN_TOLD_S = 10.0
"""How long an agent tells that it was alone, once it is not any more."""


class Contact:
    """When a scheduler was heard last.

    :param alone_after_s: silence after which the agent is alone, s.
    """

    def __init__(self, alone_after_s: float, now: Instant) -> None:
        self._alone_after_s = alone_after_s
        self._heard = now
        self._is_alone = False
        self._was_alone = ""
        self._told_until_ns = 0

    @property
    def is_alone(self) -> bool:
        """Whether no scheduler was heard for long."""
        return self._is_alone

    def hear(self, now: Instant) -> None:
        """A scheduler whose epoch is not over was heard."""
        if self._is_alone:
            since, until = utc_text(self._heard.wall_ns), utc_text(now.wall_ns)
            self._was_alone = f"was alone from {since} to {until}"
            self._told_until_ns = now.later(RETURN_TOLD_S).steady_ns
            self._is_alone = False
        self._heard = now

    def check(self, now: Instant) -> bool:
        """Let time pass; True when the agent has become alone just now."""
        if self._was_alone and now.steady_ns >= self._told_until_ns:
            self._was_alone = ""
        has_left = now.steady_ns >= self._heard.later(self._alone_after_s).steady_ns
        has_become_alone = has_left and not self._is_alone
        self._is_alone = self._is_alone or has_left
        return has_become_alone

    def told(self) -> str:
        """What the robot's report says of it; empty when there is nothing to say."""
        if self._is_alone:
            return f"alone since {utc_text(self._heard.wall_ns)}"
        return self._was_alone
