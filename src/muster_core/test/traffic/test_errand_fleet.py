"""Fleets that run errands."""

from __future__ import annotations

import random
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster_core.testing.step_judge import (
    JudgedErrand,
    Pose,
    judge_errands,
    judge_moves,
    judge_turns,
)
from muster_core.traffic.errand_fleet import NO_ERRAND, ErrandError, ErrandFleet
from muster_core.traffic.grid import Grid, warehouse
from muster_core.traffic.motion import PlainMotion, TurningMotion


class Trial:
    """Robots that turn, errands drawn from some places, and the judge."""

    def __init__(self, grid: Grid, robots: int, visible: int, places: list[int], seed: int) -> None:
        chance = random.Random(seed)
        self.grid = grid
        self.visible = visible
        self.places = [chance.choice(places) for _ in range(5000)]
        starts = chance.sample(range(grid.graph.count), robots)
        self.fleet = ErrandFleet(TurningMotion(grid), np.array(starts, dtype=np.int32) * 4)
        self.fleet.come_up({number: self.places[number] for number in range(visible)})
        self.done: list[JudgedErrand] = []
        self.poses = [self.pose()]

    def drive(self, steps: int) -> int:
        before = len(self.done)
        for _ in range(steps):
            self.fleet.match()
            ended = self.fleet.move()
            self.poses.append(self.pose())
            first = self.visible + len(self.done)
            self.fleet.come_up({n: self.places[n] for n in range(first, first + len(ended))})
            time = len(self.poses) - 1
            self.done += [JudgedErrand(time, robot, number) for number, robot in ended.items()]
        return len(self.done) - before

    def pose(self) -> list[Pose]:
        at, headings = np.divmod(self.fleet.states, 4)
        cells = self.grid.cells[at].tolist()
        return [(r, c, h) for (r, c), h in zip(cells, headings.tolist(), strict=True)]

    def violations(self) -> list[str]:
        cells = [(int(r), int(c)) for r, c in self.grid.cells]
        walk = [[(r, c) for r, c, _ in at] for at in self.poses]
        errands = [cells[place] for place in self.places]
        return [
            *judge_moves(set(cells), walk),
            *judge_turns(self.poses),
            *judge_errands(errands, self.visible, self.done, walk),
        ]


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), robots=st.integers(1, 30), visible=st.integers(1, 40))
def test_errands_go_on_being_done_and_nobody_collides(seed: int, robots: int, visible: int) -> None:
    grid = Grid.of_free(warehouse(9, 14, shelf_columns=3, border=2))
    trial = Trial(grid, robots, visible, list(range(grid.graph.count)), seed)
    assert trial.drive(40) > 0
    assert trial.drive(40) > 0
    assert trial.violations() == []


def test_robots_wait_where_errands_come_up_often() -> None:
    """Two places at far ends; the two robots need not move any more once they are there."""
    grid = Grid.of_text("." * 12)
    trial = Trial(grid, 2, 3, [0, 11], seed=1)
    trial.drive(100)
    before = trial.fleet.states // 4
    assert sorted(before.tolist()) == [0, 11]
    assert trial.drive(50) > 60
    assert trial.violations() == []


def test_each_errand_is_one_robots() -> None:
    fleet = ErrandFleet(PlainMotion(Grid.of_text("....").graph), ints(0, 1, 3))
    fleet.come_up({5: 2})
    matched = fleet.match()
    assert matched.errands.tolist() == [NO_ERRAND, 5, NO_ERRAND]
    assert matched.goals.tolist() == [0, 2, 3]
    assert fleet.move() == {5: 1}


def test_errand_that_nobody_has_a_way_to_is_left() -> None:
    fleet = ErrandFleet(PlainMotion(Grid.of_text(".@.").graph), ints(0))
    fleet.come_up({1: 1})
    assert fleet.match().errands.tolist() == [NO_ERRAND]
    assert fleet.move() == {}


def test_bad_errand_is_refused_in_a_sentence() -> None:
    fleet = ErrandFleet(PlainMotion(Grid.of_text("...").graph), ints(0))
    fleet.come_up({1: 1})
    for errands, sentence in (
        ({1: 2}, "errand 1 is there already; give it another number"),
        ({2: 3}, "errand 2: vertex 3 is not one of 0 to 2"),
    ):
        with pytest.raises(ErrandError, match=re.escape(sentence)):
            fleet.come_up(errands)
    with pytest.raises(ErrandError, match="two robots begin at the same vertex"):
        ErrandFleet(TurningMotion(Grid.of_text("..")), ints(0, 1))
    with pytest.raises(ErrandError, match="state 8 is not one of 0 to 7"):
        ErrandFleet(TurningMotion(Grid.of_text("..")), ints(0, 8))


def ints(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array(values, dtype=np.int32)
