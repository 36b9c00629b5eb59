"""Claims about which of several traffics decides."""

from __future__ import annotations

import pytest

from muster_core.clock import Instant
from muster_core.traffic.duty import EPOCH_MAX, Duty, Standing, next_epoch

START = Instant(5_000_000_000, 0)  # 5000 ms on the wall clock


def test_traffic_with_the_newest_epoch_decides() -> None:
    duty = Duty(7)
    assert duty.hear_agent(7) and duty.hear_traffic(7, "itself") and duty.hear_traffic(6, "old")
    assert duty.standing is Standing.DECIDES


def test_traffic_stands_by_while_there_is_a_newer_one() -> None:
    duty = Duty(7)
    duty.hear_traffic(9, "newer")
    duty.hear_traffic(8, "between")
    duty.hear_agent(9)
    assert (duty.standing, duty.rival, duty.rival_epoch) == (Standing.STANDS_BY, "newer", 9)
    duty.lose_rival()
    assert duty.standing is Standing.BEGINS_ANEW, "its agents obey the newer epoch"
    duty.begin(10)
    assert duty.standing is Standing.DECIDES and duty.epoch == 10


def test_newer_epoch_of_nobody_has_it_begin_anew_beyond_that() -> None:
    duty = Duty(7)
    duty.hear_agent(12)
    assert duty.standing is Standing.BEGINS_ANEW and duty.heard == 12
    with pytest.raises(AssertionError, match="greater than any"):
        duty.begin(12)


def test_epoch_beyond_all_bounds_is_not_believed() -> None:
    duty = Duty(7)
    assert not duty.hear_agent(EPOCH_MAX) and not duty.hear_traffic(EPOCH_MAX, "odd")
    assert duty.standing is Standing.DECIDES


@pytest.mark.parametrize(
    ("remembered", "heard", "epoch"), [(0, 0, 5000), (8000, 0, 8001), (0, 9000, 9001), (6, 7, 5000)]
)
def test_next_epoch_is_beyond_what_is_known_and_what_was_before_now(
    remembered: int, heard: int, epoch: int
) -> None:
    assert next_epoch(remembered, heard, START) == epoch
