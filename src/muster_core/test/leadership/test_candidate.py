"""Claims about the candidate: when it campaigns, renews, and is over."""

from __future__ import annotations

import pytest

from muster_core.clock import NS_PER_S, Instant
from muster_core.leadership import (
    Candidate,
    DeposedError,
    Lead,
    LeadershipError,
    LeaseRegister,
    MemoryLeadership,
)

LEASE_S = 3.0
START = Instant(1_900_000_000_000_000_000, 50 * NS_PER_S)


class Counted(MemoryLeadership):
    """Counts renewals, and fails them when told to."""

    renewals = 0
    problem = ""

    def renew(self, now: Instant) -> Lead:
        self.renewals += 1
        if self.problem:
            raise LeadershipError(self.problem)
        return super().renew(now)


@pytest.fixture
def register() -> LeaseRegister:
    return LeaseRegister()


def make(register: LeaseRegister, name: str) -> tuple[Candidate, Counted]:
    leadership = Counted(register, name, lease_s=LEASE_S)
    return Candidate(leadership, lease_s=LEASE_S), leadership


def test_it_renews_at_a_third_of_the_lease(register: LeaseRegister) -> None:
    leader, leadership = make(register, "a")
    for tick in range(120):
        leader.advance(START.later(tick * 0.25))
        assert leader.is_leading(START.later(tick * 0.25))
    assert leadership.renewals == 29


def test_standby_leads_when_the_lease_has_run_out(register: LeaseRegister) -> None:
    leader, _ = make(register, "a")
    standby, _ = make(register, "b")
    leader.advance(START)
    standby.advance(START)
    assert not standby.is_leading(START) and standby.leader == "a"
    later = START.later(LEASE_S)
    standby.advance(later)
    assert standby.is_leading(later) and not leader.is_leading(later)
    with pytest.raises(DeposedError):
        leader.advance(later)


def test_failed_renewal_is_tried_again_and_told(register: LeaseRegister) -> None:
    leader, leadership = make(register, "a")
    leader.advance(START)
    leadership.problem = "no route to the lease"
    leader.advance(START.later(1.0))
    assert leader.problem == "no route to the lease" and leader.is_leading(START.later(1.0))
    leadership.problem = ""
    leader.advance(START.later(1.25))
    assert leader.problem == "" and leader.is_leading(START.later(3.0))


def test_lead_that_cannot_be_renewed_ends_with_its_reason(register: LeaseRegister) -> None:
    leader, leadership = make(register, "a")
    leader.advance(START)
    leadership.problem = "no route to the lease"
    leader.advance(START.later(1.0))
    with pytest.raises(DeposedError, match="no route to the lease"):
        leader.advance(START.later(2.5))
    assert not leader.is_leading(START)


def test_deposed_candidate_never_leads_again(register: LeaseRegister) -> None:
    leader, _ = make(register, "a")
    standby, _ = make(register, "b")
    leader.advance(START)
    standby.advance(START.later(LEASE_S))
    for moment in (START.later(1.0), START.later(4 * LEASE_S)):
        with pytest.raises(DeposedError):
            leader.advance(moment)
        assert not leader.is_leading(moment)


def test_resigned_candidate_does_not_lead_and_another_does_at_once(
    register: LeaseRegister,
) -> None:
    leader, _ = make(register, "a")
    standby, _ = make(register, "b")
    leader.advance(START)
    leader.resign(START)
    assert not leader.is_leading(START)
    standby.advance(START)
    assert standby.is_leading(START)
    leader.resign(START)
    assert standby.is_leading(START)
