"""Claims about how fast simulated time goes."""

from __future__ import annotations

import pytest

from muster_core.clock import NS_PER_S
from muster_twin.live.pacer import STEP_S_MAX, Pacer


def seconds(pacer: Pacer) -> float:
    return pacer.now_ns / NS_PER_S


def test_time_goes_at_the_rate() -> None:
    pacer = Pacer(5.0, silence_s_max=10.0, begins_ns=0)
    for _ in range(50):
        pacer.go_on(0.02)
    assert seconds(pacer) == pytest.approx(5.0)
    assert pacer.held_s == 0.0


def test_time_never_jumps_over_what_nodes_do_in_between() -> None:
    pacer = Pacer(5.0, silence_s_max=10.0, begins_ns=0)
    pacer.go_on(3.0)
    assert seconds(pacer) == pytest.approx(STEP_S_MAX)


def test_time_stands_while_a_member_is_silent_and_says_whom_it_waits_for() -> None:
    pacer = Pacer(10.0, silence_s_max=1.0, begins_ns=0)
    pacer.hear("robot_1")
    pacer.hear("robot_2")
    for _ in range(100):
        pacer.hear("robot_1")
        pacer.go_on(0.02)
    assert pacer.is_held and pacer.oldest == "robot_2"
    assert seconds(pacer) == pytest.approx(1.0, abs=0.2)
    assert pacer.standing_s == pytest.approx(1.9, abs=0.03)
    pacer.hear("robot_2")
    pacer.go_on(0.02)
    assert not pacer.is_held and pacer.standing_s == 0.0
    assert pacer.held_s == pytest.approx(1.9, abs=0.03)
