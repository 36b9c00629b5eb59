"""A candidate for the lead: campaigns until it leads, then keeps the lead, all on time."""

from __future__ import annotations

from muster_core.clock import NS_PER_S, Instant
from muster_core.leadership.port import DeposedError, Lead, Leadership, LeadershipError

RENEWALS_PER_LEASE = 3


class Candidate:
    """What a scheduler does about leading. Whoever has the clock calls ``advance`` often.

    It leads once: deposed or resigned, it is of no more use.

    :param lease_s: as the leadership's, s; the lead is renewed at a third of it.
    """

    def __init__(self, leadership: Leadership, *, lease_s: float) -> None:
        self._leadership = leadership
        self._renewal_period_ns = int(lease_s / RENEWALS_PER_LEASE * NS_PER_S)
        self._renewal_due_ns = 0
        self._is_over = False
        self.lead: Lead | None = None
        # Why the lease could not be asked or renewed last; empty when it could.
        self.problem = ""

    @property
    def leader(self) -> str:
        """Who led when this candidate looked last, for people."""
        return self._leadership.leader

    def is_leading(self, now: Instant) -> bool:
        """Whether it may act as the leader at this moment."""
        lead = self.lead
        return lead is not None and not self._is_over and lead.is_held(now)

    def advance(self, now: Instant) -> None:
        """Campaign, or renew when that is due. What fails is tried again with the next call.

        :raises DeposedError: when it led and does not lead any more.
        """
        lead = self.lead
        if self._is_over or (lead is not None and not lead.is_held(now)):
            self._is_over = True
            raise DeposedError(f"the lead ran out: {self.problem or 'it was not renewed in time'}")
        if lead is not None and now.steady_ns < self._renewal_due_ns:
            return
        try:
            leadership = self._leadership
            self.lead = leadership.campaign(now) if lead is None else leadership.renew(now)
        except LeadershipError as error:
            self.problem = str(error)
            return
        except DeposedError:
            self._is_over = True
            raise
        self.problem = ""
        self._renewal_due_ns = now.steady_ns + self._renewal_period_ns

    def resign(self, now: Instant) -> None:
        """Let another lead at once. One that does not lead any more changes nothing.

        :raises LeadershipError: when that cannot be told; the lease then runs out by itself.
        """
        is_leading, self._is_over = self.is_leading(now), True
        if is_leading:
            self._leadership.resign(now)

    def fence(self) -> str:
        """See :class:`Leadership`."""
        return self._leadership.fence()
