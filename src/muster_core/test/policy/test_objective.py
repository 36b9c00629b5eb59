"""The weights of the objective."""

from __future__ import annotations

import numpy as np
import pytest

from muster_core.policy.objective import weights


def weight(priority: int, waiting_s: float = 0.0) -> float:
    return float(weights(np.array([priority], np.uint8), np.array([waiting_s]))[0])


def test_new_task_of_the_default_priority_weighs_one() -> None:
    assert weight(100) == 1.0


def test_ten_levels_of_priority_double_the_weight() -> None:
    assert weight(110) == pytest.approx(2.0)
    assert weight(90) == pytest.approx(0.5)


def test_weight_grows_with_the_wait_also_at_the_greatest_priority() -> None:
    assert weight(255, 3600.0) == pytest.approx(2 * weight(255))


def test_task_that_gains_a_level_a_minute_outweighs_new_urgent_ones_in_bounded_time() -> None:
    def aged(minutes: int) -> float:
        return weight(min(255, 100 + minutes), 60.0 * minutes)

    assert aged(50) > weight(150)
    assert all(aged(minutes + 1) > aged(minutes) for minutes in range(300))
