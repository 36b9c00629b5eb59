"""One contract suite for every adapter of the leadership port."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster_core.clock import NS_PER_S, Instant
from muster_core.leadership import (
    DeposedError,
    FileLeadership,
    Lead,
    Leadership,
    LeaseRegister,
    MemoryLeadership,
)

LEASE_S = 3.0
START = Instant(1_900_000_000_000_000_000, 50 * NS_PER_S)
Stand = Callable[[str], Leadership]


def stand_in_memory(_directory: Path) -> Stand:
    register = LeaseRegister()
    return lambda name: MemoryLeadership(register, name, lease_s=LEASE_S)


def stand_in_files(directory: Path) -> Stand:
    return lambda name: FileLeadership(directory / "lease", name, lease_s=LEASE_S)


ADAPTERS = {"memory": stand_in_memory, "file": stand_in_files}


@pytest.fixture(params=ADAPTERS)
def stand(request: pytest.FixtureRequest, tmp_path: Path) -> Stand:
    """Makes candidates for one lead."""
    return ADAPTERS[request.param](tmp_path)


def take(leadership: Leadership, now: Instant) -> Lead:
    lead = leadership.campaign(now)
    assert lead is not None
    return lead


def test_first_candidate_leads_at_once_and_no_second_beside_it(stand: Stand) -> None:
    first, second = stand("a"), stand("b")
    assert take(first, START).is_held(START)
    assert second.campaign(START) is None
    assert second.leader == "a"


def test_renewed_lead_lasts(stand: Stand) -> None:
    first, second = stand("a"), stand("b")
    token = take(first, START).token
    for turn in range(1, 10):
        now = START.later(turn * LEASE_S / 3)
        lead = first.renew(now)
        assert lead.token == token and lead.is_held(now.later(LEASE_S / 3))
        assert second.campaign(now) is None


def test_lead_that_is_not_renewed_runs_out_and_another_leads_under_a_greater_token(
    stand: Stand,
) -> None:
    first, second = stand("a"), stand("b")
    token = take(first, START).token
    assert second.campaign(START.later(LEASE_S - 0.01)) is None
    assert take(second, START.later(LEASE_S)).token > token
    assert second.leader == "b"


def test_holder_stops_leading_before_anybody_else_can_lead(stand: Stand) -> None:
    first, second = stand("a"), stand("b")
    ends_ns = take(first, START).held_until_ns
    assert START.steady_ns < ends_ns < START.later(LEASE_S).steady_ns
    assert second.campaign(Instant(START.wall_ns, ends_ns)) is None


def test_lead_cannot_be_renewed_once_it_ran_out_even_if_nobody_took_it(stand: Stand) -> None:
    first = stand("a")
    lead = take(first, START)
    with pytest.raises(DeposedError):
        first.renew(Instant(START.wall_ns, lead.held_until_ns))
    with pytest.raises(DeposedError):
        first.renew(START)


def test_holder_with_a_clock_that_stood_still_is_deposed_by_its_successor(stand: Stand) -> None:
    first, second = stand("a"), stand("b")
    take(first, START)
    later = START.later(LEASE_S)
    successor = take(second, later)
    with pytest.raises(DeposedError):
        first.renew(START.later(1))
    assert second.renew(later.later(1)).token == successor.token


def test_resigned_lead_is_free_at_once(stand: Stand) -> None:
    first, second = stand("a"), stand("b")
    token = take(first, START).token
    first.resign(START.later(1))
    assert take(second, START.later(1)).token > token
    with pytest.raises(DeposedError):
        first.renew(START.later(1))


def test_resigned_candidate_may_lead_again(stand: Stand) -> None:
    first = stand("a")
    token = take(first, START).token
    first.resign(START)
    assert take(first, START).token > token


def test_resignation_of_a_deposed_holder_leaves_its_successor_in_the_lead(stand: Stand) -> None:
    first, second = stand("a"), stand("b")
    take(first, START)
    later = START.later(LEASE_S)
    take(second, later)
    first.resign(later)
    assert stand("c").campaign(later) is None
    assert second.renew(later.later(1)).is_held(later.later(1))


def test_candidate_that_does_not_lead_resigns_without_effect(stand: Stand) -> None:
    first, second = stand("a"), stand("b")
    take(first, START)
    second.resign(START)
    assert second.campaign(START) is None


Moves = st.lists(
    st.tuples(
        st.integers(0, 2), st.sampled_from(["campaign", "renew", "resign"]), st.integers(0, 8)
    ),
    max_size=60,
)


@pytest.mark.parametrize("adapter", ADAPTERS)
@settings(max_examples=60, deadline=None)
@given(moves=Moves)
def test_no_two_lead_at_once_and_tokens_only_grow(
    tmp_path_factory: pytest.TempPathFactory, adapter: str, moves: list[tuple[int, str, int]]
) -> None:
    stand = ADAPTERS[adapter](tmp_path_factory.mktemp("lease"))
    candidates = [stand(name) for name in "abc"]
    leads: dict[int, Lead] = {}
    newest, now = 0, START
    for index, move, quarters in moves:
        now = now.later(quarters * LEASE_S / 4)
        try:
            if move == "campaign" and index not in leads:
                lead = candidates[index].campaign(now)
                if lead is not None:
                    assert lead.token > newest
                    newest, leads[index] = lead.token, lead
            elif move == "renew":
                leads[index] = candidates[index].renew(now)
            elif move == "resign":
                candidates[index].resign(now)
                leads.pop(index, None)
        except DeposedError:
            leads.pop(index, None)
        assert sum(lead.is_held(now) for lead in leads.values()) <= 1
