"""The checker is itself checked: each planted bug is found, by the invariant that it breaks."""

from __future__ import annotations

import pytest

from muster_twin.simulation.run import run_seed

from .planted import BUGS, Bug

SEEDS_MAX = 200


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_planted_bug_is_found_by_the_invariant_that_it_breaks(
    bug: Bug, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug.plant(monkeypatch)
    for seed in range(SEEDS_MAX):
        violation = run_seed(seed).violation
        if violation is not None:
            assert violation.invariant == bug.invariant, f"seed {seed}: {violation}"
            return
    pytest.fail(f"{SEEDS_MAX} seeds do not find it")
