"""Claims about the candidacy: whom it ends, and that it resigns."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest

from muster_core.leadership import Candidate, LeaseRegister, MemoryLeadership
from muster_ros.clock import read_clock
from muster_ros.testing import wait_until
from muster_scheduler import candidacy as module
from muster_scheduler.candidacy import Candidacy

LEASE_S = 0.5


class Ends(list[BaseException]):
    """Keeps what would end the process."""


def make(register: LeaseRegister, ends: Ends, name: str = "a") -> Candidacy:
    leadership = MemoryLeadership(register, name, lease_s=LEASE_S)
    candidate = Candidate(leadership, lease_s=LEASE_S)
    return Candidacy(candidate, period_s=0.02, on_end=ends.append, logs=None)


def test_it_leads_at_once_keeps_the_lead_and_resigns() -> None:
    register, ends = LeaseRegister(), Ends()
    first, second = make(register, ends), make(register, ends, "b")
    with ExitStack() as resources:
        first.start(resources)
        assert first.candidate.is_leading(read_clock())
        begun_ns = register.expires_ns
        with ExitStack() as others:
            second.start(others)
            wait_until(lambda: register.expires_ns > begun_ns + 3e9 * LEASE_S, "three leases")
            assert not second.candidate.is_leading(read_clock())
    assert register.expires_ns == 0 and register.holder == "a" and not ends


def test_process_whose_loop_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STALL_S_MAX", 0.2)
    ends = Ends()
    hung = make(LeaseRegister(), ends)
    with ExitStack() as resources:
        hung.start(resources)
        hung.tell_turned()
        wait_until(lambda: ends, "the end")
    assert "hung" in str(ends[0])


def test_loop_that_has_not_begun_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STALL_S_MAX", 0.0)
    register, ends = LeaseRegister(), Ends()
    folding: Any = make(register, ends)
    with ExitStack() as resources:
        folding.start(resources)
        begun_ns = register.expires_ns
        wait_until(lambda: register.expires_ns > begun_ns, "a renewal")
    assert not ends
