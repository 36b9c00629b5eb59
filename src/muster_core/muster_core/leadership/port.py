"""The leadership port: of several schedulers of one fleet, one leads at a time, for a lease.

Made so that an adapter for etcd fits: a lease with a time to live that is kept alive, an election
key whose revision is the token, and a resignation. Such an adapter talks to its servers from a
thread of its own and answers here from what it knows. One contract suite
(``test/leadership/test_contract.py``) runs on every adapter.

A lead is a strong hint and no proof: between looking at it and acting, a process may be stopped for
a minute. What makes a deposed scheduler harmless is that agents refuse older epochs (I4), and that
its log refuses to be written once its successor has written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from muster_core.clock import NS_PER_S, Instant
from muster_core.errors import MusterError

LEASE_S_MAX = 60.0
SAFETY_SHARE = 0.2
"""Of each lease, the last part that its holder does not use: what it does takes time to arrive."""


class LeadershipError(MusterError):
    """Where the lease is kept cannot be read or written; the message says where and why."""


class DeposedError(MusterError):
    """Another scheduler leads, or may lead by now. Nothing may leave this one any more."""


@dataclass(frozen=True, slots=True)
class Lead:
    """The right to lead for a while.

    :param token: greater than that of every lead before it; the epoch is at least this.
    :param held_until_ns: on the holder's own steady clock; nobody else leads before some time
        later.
    """

    token: int
    held_until_ns: int

    def is_held(self, now: Instant) -> bool:
        """Whether its holder may still act on it."""
        return now.steady_ns < self.held_until_ns


class Leadership(Protocol):
    """One candidate's view of the lease. No method waits for the lead; ``now`` is its own time."""

    @property
    def leader(self) -> str:
        """Who led when this candidate looked last, for people; empty when nobody did."""

    def campaign(self, now: Instant) -> Lead | None:
        """The lead, when nobody has it; None while somebody else does.

        :raises LeadershipError: when that cannot be found out.
        """

    def renew(self, now: Instant) -> Lead:
        """The lead for another lease from ``now`` on.

        :raises DeposedError: when it ran out or another has it; it must not be used any more.
        :raises LeadershipError: when it cannot be renewed now; it is held for as long as it was.
        """

    def resign(self, now: Instant) -> None:
        """Let another lead at once. A candidate that does not lead changes nothing.

        :raises LeadershipError: when that cannot be told; the lease then runs out by itself.
        """

    def fence(self) -> str:
        """Make sure that the one who led before does nothing any more, as far as can be.

        Called by the new leader when the predecessor, whose lease ran out, stands in its way.

        :returns: what was done, in words; empty when there was nothing that could be done.
        """


def held_until_ns(now: Instant, lease_s: float) -> int:
    """Until when a lease that begins ``now`` is used by its holder; see ``SAFETY_SHARE``."""
    return now.steady_ns + int(lease_s * (1 - SAFETY_SHARE) * NS_PER_S)
