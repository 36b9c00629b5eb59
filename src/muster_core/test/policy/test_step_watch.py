"""The watch over the search's time, by a clock that the test sets."""

from __future__ import annotations

import pytest

from muster_core.policy.step_watch import CAUTION, PLAIN_FACTOR, STEP_S, Step, StepWatch


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, left_s: float) -> None:
        self.left_s = left_s

    def __call__(self) -> float:
        return self.left_s


def a_watch(left_s: float, *, is_compiled: bool = True) -> tuple[StepWatch, Clock]:
    clock = Clock(left_s)
    return StepWatch(clock, is_compiled=is_compiled), clock


def test_step_begins_only_with_more_time_than_twice_what_it_should_take() -> None:
    guess_s = STEP_S + Step.INSERT.value * 1000
    assert a_watch(CAUTION * guess_s * 1.01)[0].has_time(Step.INSERT, 1000)
    assert not a_watch(CAUTION * guess_s)[0].has_time(Step.INSERT, 1000)


def test_step_that_took_longer_than_guessed_is_expected_to_do_so_again() -> None:
    watch, clock = a_watch(1.0)
    assert watch.has_time(Step.ROUNDS, 0)
    clock.left_s = 1.0 - 10 * STEP_S
    assert watch.has_time(Step.ROUNDS, 0)
    clock.left_s = CAUTION * 10 * STEP_S * 0.99
    assert not watch.has_time(Step.ROUNDS, 0)


def test_unseen_kind_is_taken_to_be_as_slow_as_the_slowest_seen() -> None:
    watch, clock = a_watch(1.0)
    watch.has_time(Step.INSERT, 0)
    clock.left_s -= 5 * STEP_S
    watch.has_time(Step.ASSIGN, 0)
    clock.left_s = CAUTION * 5 * STEP_S * 0.99
    assert not watch.has_time(Step.EXCHANGE, 0)


def test_machine_that_is_quicker_than_guessed_is_not_trusted_to_stay_so() -> None:
    watch, clock = a_watch(1.0)
    watch.has_time(Step.INSERT, 0)
    clock.left_s = CAUTION * STEP_S * 0.99
    assert not watch.has_time(Step.INSERT, 0)


@pytest.mark.parametrize("step", Step)
def test_plain_kernels_are_expected_to_be_slow_and_the_solver_is_not(step: Step) -> None:
    factor = step.each_s(is_compiled=False) / step.each_s(is_compiled=True)
    assert factor == (1.0 if step is Step.ASSIGN else PLAIN_FACTOR)
