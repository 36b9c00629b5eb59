"""A leadership lease in memory, for simulation and tests: time is all that makes it run out."""

from __future__ import annotations

from dataclasses import dataclass

from muster_core.clock import NS_PER_S, Instant
from muster_core.leadership.port import DeposedError, Lead, held_until_ns


@dataclass(slots=True, eq=False)
class LeaseRegister:
    """Who leads, as all candidates see it. Their steady clocks are one, as on one host."""

    token: int = 0
    holder: str = ""
    expires_ns: int = 0


class MemoryLeadership:
    """One candidate for the lead that is kept in ``register``."""

    def __init__(self, register: LeaseRegister, holder: str, *, lease_s: float) -> None:
        self._register = register
        self._holder = holder
        self._lease_s = lease_s
        self._lead: Lead | None = None

    @property
    def leader(self) -> str:
        """See :class:`Leadership`."""
        return self._register.holder

    def campaign(self, now: Instant) -> Lead | None:
        """See :class:`Leadership`."""
        register = self._register
        if now.steady_ns < register.expires_ns:
            return None
        register.token += 1
        register.holder = self._holder
        return self._extend(register.token, now)

    def renew(self, now: Instant) -> Lead:
        """See :class:`Leadership`."""
        lead, self._lead = self._lead, None
        if lead is None or not lead.is_held(now):
            raise DeposedError(f"the lead of {self._holder} was not renewed in time")
        if lead.token != self._register.token:
            raise DeposedError(f"another took the lead from {self._holder}")
        return self._extend(lead.token, now)

    def resign(self, now: Instant) -> None:
        """See :class:`Leadership`."""
        lead, self._lead = self._lead, None
        if lead is not None and lead.token == self._register.token:
            self._register.expires_ns = 0

    def fence(self) -> str:
        """See :class:`Leadership`. There is no process to be ended."""
        return ""

    def _extend(self, token: int, now: Instant) -> Lead:
        self._register.expires_ns = now.steady_ns + int(self._lease_s * NS_PER_S)
        self._lead = Lead(token, held_until_ns(now, self._lease_s))
        return self._lead
