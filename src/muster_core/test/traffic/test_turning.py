"""Robots that move forward, turn a quarter, or wait."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from muster_core.traffic.graph import Int32s
from muster_core.traffic.grid import Grid, warehouse
from muster_core.traffic.pibt import NO_GOAL
from muster_core.traffic.turning import HORIZON, Action, TurningPibt, rows_of_actions

EAST, SOUTH, WEST, NORTH = range(4)


def ints(*values: int) -> Int32s:
    return np.array(values, dtype=np.int32)


class Fleet:
    """Robots on a grid that get a new goal whenever they arrive."""

    def __init__(self, grid: Grid, robots: int, seed: int) -> None:
        self.grid = grid
        self.chance = np.random.default_rng(seed)
        self.pibt = TurningPibt(grid)
        count = grid.graph.count
        self.positions = self.chance.choice(count, robots, replace=False).astype(np.int32)
        self.headings = self.chance.integers(0, 4, robots).astype(np.int32)
        self.goals = self.chance.choice(count, robots).astype(np.int32)
        self.waited = np.zeros(robots, dtype=np.int64)
        self.arrivals = 0

    def step(self) -> None:
        actions = self.pibt.step(self.positions, self.headings, self.goals, self.waited)
        before = self.positions
        self.positions, self.headings = self.pibt.after(before, self.headings, actions)
        check(before, self.positions)
        has_arrived = self.positions == self.goals
        self.arrivals += int(has_arrived.sum())
        fresh = self.chance.choice(self.grid.graph.count, len(before))
        self.goals = np.where(has_arrived, fresh, self.goals).astype(np.int32)
        self.waited = np.where(has_arrived, 0, self.waited + 1)


def check(before: Int32s, after: Int32s) -> None:
    """Nobody is in a wall, in another's place, or has passed through another."""
    assert (after >= 0).all() and len(set(after.tolist())) == len(after)
    moves = dict(zip(before.tolist(), after.tolist(), strict=True))
    assert all(end == start or moves.get(end) != start for start, end in moves.items())


def test_rows_are_all_different_in_effect() -> None:
    assert len(rows_of_actions(1)) == 4
    assert (Action.FORWARD,) * HORIZON in rows_of_actions(HORIZON)
    assert len(rows_of_actions(HORIZON)) < 4**HORIZON


def test_steps_count_turns() -> None:
    grid = Grid.of_text("...\n@@.")
    steps = TurningPibt(grid).steps_to(3)
    assert steps[0].tolist() == [4, 5, 6, 5]
    assert steps[3].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("heading", range(4))
def test_robot_alone_needs_the_fewest_steps(heading: int) -> None:
    grid = Grid.of_text("....\n.@@.\n....")
    pibt = TurningPibt(grid)
    goal, position, looks = ints(grid.graph.count - 1), ints(0), ints(heading)
    fewest = int(pibt.steps_to(int(goal[0]))[0, heading])
    for _ in range(fewest):
        assert position[0] != goal[0]
        actions = pibt.step(position, looks, goal, np.array([1]))
        position, looks = pibt.after(position, looks, actions)
    assert position[0] == goal[0]


def test_robot_without_goal_waits_until_it_is_in_the_way() -> None:
    grid = Grid.of_text("....\n@.@@")
    pibt = TurningPibt(grid)
    still = pibt.step(ints(1), ints(EAST), ints(NO_GOAL), np.array([0]))
    assert still.tolist() == [Action.WAIT]
    position, looks, goals = ints(0, 1), ints(EAST, WEST), ints(3, NO_GOAL)
    for _ in range(10):
        actions = pibt.step(position, looks, goals, np.array([1, 0]))
        after, looks = pibt.after(position, looks, actions)
        check(position, after)
        position = after
    assert 3 in position.tolist()


def test_row_of_robots_gives_way_to_the_most_urgent() -> None:
    """They all have to turn round first, and behind them there is one free cell."""
    grid = Grid.of_text("........")
    pibt = TurningPibt(grid)
    position, goals = ints(*range(7)), ints(*(7 if i == 0 else 0 for i in range(7)))
    looks = np.where(np.arange(7) == 0, EAST, WEST).astype(np.int32)
    waited = np.array([9, *range(6)])
    for _ in range(4):
        actions = pibt.step(position, looks, goals, waited)
        after, looks = pibt.after(position, looks, actions)
        check(position, after)
        position = after
    assert position.tolist()[0] == 1


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6])
def test_crowds_never_collide_and_go_on_arriving(share: float) -> None:
    grid = Grid.of_free(warehouse(20, 30, shelf_columns=4, border=2))
    fleet = Fleet(grid, int(grid.graph.count * share), seed=1)
    for _ in range(150):
        fleet.step()
    before = fleet.arrivals
    for _ in range(150):
        fleet.step()
    assert fleet.arrivals > before > 0


def test_fleet_of_another_size_begins_anew() -> None:
    grid = Grid.of_text("....")
    pibt = TurningPibt(grid)
    pibt.step(ints(0), ints(EAST), ints(3), np.array([0]))
    actions = pibt.step(ints(0, 1), ints(EAST, EAST), ints(3, 2), np.array([0, 0]))
    assert actions.tolist() == [Action.FORWARD, Action.FORWARD]


def test_compiled_and_plain_kernels_agree(check_kernels_agree: Callable[[str], None]) -> None:
    check_kernels_agree(__file__)


def many_steps() -> list[int]:
    """Where 80 robots are after 60 steps."""
    fleet = Fleet(Grid.of_free(warehouse(20, 30, shelf_columns=4, border=2)), 80, seed=2)
    for _ in range(60):
        fleet.step()
    return [int(vertex) for vertex in fleet.positions]
