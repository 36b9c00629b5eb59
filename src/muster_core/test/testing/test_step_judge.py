"""The judge of fleets that move in step finds every kind of wrong."""

from __future__ import annotations

import pytest

from muster_core.testing.step_judge import (
    JudgedErrand,
    JudgedHandover,
    JudgedTask,
    judge_deliveries,
    judge_errands,
    judge_moves,
    judge_turns,
)

FREE = {(0, column) for column in range(4)}
TASKS = (JudgedTask(1, (0, 0), (0, 2)), JudgedTask(0, (0, 2), (0, 1)))
WALK = [[(0, 0)], [(0, 0)], [(0, 1)], [(0, 2)], [(0, 1)]]
EVENTS = (
    JudgedHandover(1, 0, 0, True),
    JudgedHandover(3, 0, 0, False),
    JudgedHandover(3, 0, 1, True),
    JudgedHandover(4, 0, 1, False),
)


def test_right_moves_are_not_found_fault_with() -> None:
    assert judge_moves(FREE, [[(0, 0), (0, 1)], [(0, 1), (0, 2)], [(0, 1), (0, 3)]]) == []


@pytest.mark.parametrize(
    ("times", "word"),
    [
        ([[(0, 0)], [(1, 0)]], "wall"),
        ([[(0, 0), (0, 2)], [(0, 1), (0, 1)]], "share"),
        ([[(0, 0)], [(0, 2)]], "in one step"),
        ([[(0, 0), (0, 1)], [(0, 1), (0, 0)]], "swapped"),
    ],
)
def test_wrong_moves_are_found(times: list[list[tuple[int, int]]], word: str) -> None:
    found = judge_moves(FREE, times)
    assert len(found) == 1 and word in found[0]


def test_ring_is_no_swap() -> None:
    ring = [(0, 0), (0, 1), (1, 1), (1, 0)]
    assert judge_moves(ring, [ring, ring[1:] + ring[:1]]) == []


def test_each_action_is_right_once_a_step() -> None:
    assert judge_turns([[(1, 1, 3)], [(0, 1, 3)], [(0, 1, 0)], [(0, 1, 3)], [(0, 1, 3)]]) == []


@pytest.mark.parametrize("pose", [(0, 2, 1), (0, 1, 2), (0, 0, 0), (0, 3, 0), (1, 1, 0)])
def test_wrong_action_is_found(pose: tuple[int, int, int]) -> None:
    assert len(judge_turns([[(0, 1, 0)], [pose]])) == 1


def test_right_deliveries_are_not_found_fault_with() -> None:
    assert judge_deliveries(TASKS, EVENTS, WALK) == []


@pytest.mark.parametrize(
    ("events", "word"),
    [
        (EVENTS[:3], "never delivered"),
        ((JudgedHandover(0, 0, 0, True), *EVENTS[1:]), "before its release"),
        ((EVENTS[0], JudgedHandover(2, 0, 0, False), *EVENTS[2:]), "stands at"),
        ((EVENTS[0], EVENTS[2], EVENTS[1], EVENTS[3]), "on board"),
        ((EVENTS[0], EVENTS[0], *EVENTS[1:]), "picked up twice"),
        ((*EVENTS, EVENTS[3]), "delivered twice"),
        ((EVENTS[0], *EVENTS[2:]), "on board"),
        ((*EVENTS[2:], *EVENTS[:2]), "order of time"),
    ],
)
def test_wrong_deliveries_are_found(events: tuple[JudgedHandover, ...], word: str) -> None:
    assert any(word in sentence for sentence in judge_deliveries(TASKS, events, WALK))


PLACES = ((0, 0), (0, 1), (0, 2))
ERRANDS = (JudgedErrand(1, 0, 0), JudgedErrand(2, 0, 1), JudgedErrand(3, 0, 2))


def test_right_errands_are_not_found_fault_with() -> None:
    walk = [[(0, 0)], [(0, 0)], [(0, 1)], [(0, 2)], [(0, 1)], [(0, 0)]]
    assert judge_errands(PLACES, 1, (*ERRANDS, JudgedErrand(5, 0, 3)), walk) == []


@pytest.mark.parametrize(
    ("done", "word"),
    [
        ((JudgedErrand(1, 0, 1),), "before it was visible"),
        ((JudgedErrand(0, 0, 0),), "before it was visible"),
        ((JudgedErrand(2, 0, 0),), "stands at"),
        ((JudgedErrand(1, 0, 0), JudgedErrand(1, 0, 0)), "twice"),
        ((JudgedErrand(1, 0, 0), JudgedErrand(1, 0, 0)), "at once"),
        ((JudgedErrand(9, 0, 0),), "after the end"),
    ],
)
def test_wrong_errands_are_found(done: tuple[JudgedErrand, ...], word: str) -> None:
    assert any(word in sentence for sentence in judge_errands(PLACES, 1, done, WALK))
