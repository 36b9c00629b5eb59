"""Claims about which messages of leases a robot is woken for."""

from __future__ import annotations

from typing import Any

from muster_agent.attention import QUIET_S_MAX, Attention
from muster_core.agent.inputs import Grant, LeasesReceived
from muster_core.clock import Instant
from muster_core.ids import AttemptId

START = Instant(0, 1_000_000_000)
ATTEMPT = AttemptId("o-1/0#1")


def leases(epoch: int = 1, **said: Any) -> LeasesReceived:
    nothing: dict[str, Any] = {"granted": (), "revoked": (), "acknowledged": ()}
    return LeasesReceived(epoch=epoch, duration_s=10.0, **(nothing | said))


def is_heard(attention: Attention, message: LeasesReceived, at_s: float) -> bool:
    return attention.is_due(message, START.later(at_s), alone_after_s=30.0)


def test_what_says_nothing_to_the_robot_is_heard_once_in_a_while() -> None:
    attention = Attention()
    assert is_heard(attention, leases(), 0.0)
    assert not is_heard(attention, leases(), QUIET_S_MAX / 2)
    assert is_heard(attention, leases(), QUIET_S_MAX)


def test_what_concerns_the_robot_is_always_heard() -> None:
    attention = Attention()
    assert is_heard(attention, leases(), 0.0)
    assert is_heard(attention, leases(granted=(Grant(ATTEMPT, 1, 2),)), 0.01)
    assert is_heard(attention, leases(revoked=(ATTEMPT,)), 0.02)
    assert is_heard(attention, leases(acknowledged=(ATTEMPT,)), 0.03)


def test_another_epoch_is_always_heard() -> None:
    attention = Attention()
    assert is_heard(attention, leases(epoch=1), 0.0)
    assert is_heard(attention, leases(epoch=2), 0.01)
    assert is_heard(attention, leases(epoch=1), 0.02)


def test_a_robot_soon_alone_hears_more_often() -> None:
    attention = Attention()
    assert attention.is_due(leases(), START, alone_after_s=1.0)
    assert attention.is_due(leases(), START.later(0.3), alone_after_s=1.0)
