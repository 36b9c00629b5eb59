"""The synchronous kernel: who goes where next."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest

from muster_core.traffic.distances import DistanceError, Distances
from muster_core.traffic.graph import Graph, Int32s
from muster_core.traffic.grid import Grid, warehouse
from muster_core.traffic.pibt import NO_GOAL, Pibt


def ints(*values: int) -> Int32s:
    return np.array(values, dtype=np.int32)


def check_step(graph: Graph, before: Int32s, after: Int32s) -> None:
    """No two robots in one place, no swap along an edge, and everybody along an edge."""
    assert len(set(after.tolist())) == len(after)
    moves = dict(zip(before.tolist(), after.tolist(), strict=True))
    for start, end in moves.items():
        assert end == start or end in graph.after(start)
        assert end == start or moves.get(end) != start


def drive(
    grid: Grid, starts: list[int], goals: list[int], *, steps_max: int, swaps: bool = True
) -> int | None:
    """How many steps it takes until every robot has been at its goal; None = too many."""
    pibt = Pibt(Distances(grid.graph), swaps=swaps)
    positions, left = np.array(starts, dtype=np.int32), np.array(goals, dtype=np.int32)
    waited = np.zeros(len(starts), dtype=np.int64)
    for step in range(steps_max):
        left = np.where(positions == left, NO_GOAL, left).astype(np.int32)
        if (left == NO_GOAL).all():
            return step
        waited = np.where(left == NO_GOAL, 0, waited + 1)
        after = pibt.step(positions, left, waited)
        check_step(grid.graph, positions, after)
        positions = after
    return None


def test_robot_alone_takes_a_shortest_way() -> None:
    grid = Grid.of_text("....\n.@@.\n....")
    assert drive(grid, [0], [grid.graph.count - 1], steps_max=10) == 5


def test_urgent_robot_pushes_the_other_out_of_its_way() -> None:
    grid = Grid.of_text("...\n@.@")
    pibt = Pibt(Distances(grid.graph))
    after = pibt.step(ints(0, 1), ints(2, NO_GOAL), np.array([1, 0]))
    assert after[0] == 1 and after[1] in (2, 3)


def test_robots_without_goal_stay() -> None:
    grid = Grid.of_text("....")
    pibt = Pibt(Distances(grid.graph))
    after = pibt.step(ints(0, 2), ints(NO_GOAL, NO_GOAL), np.array([0, 0]))
    assert after.tolist() == [0, 2]


def test_full_ring_rotates_only_if_it_may() -> None:
    grid = Grid.of_text("..\n..")
    starts, goals = ints(0, 1, 3, 2), ints(1, 3, 2, 0)
    waited = np.zeros(4, dtype=np.int64)
    assert Pibt(Distances(grid.graph)).step(starts, goals, waited).tolist() == goals.tolist()
    still = Pibt(Distances(grid.graph), rotates=False).step(starts, goals, waited)
    assert still.tolist() == starts.tolist()


def test_fixed_robots_go_where_they_must() -> None:
    grid = Grid.of_text("....")
    pibt = Pibt(Distances(grid.graph))
    after = pibt.step(ints(0, 3), ints(3, NO_GOAL), np.array([1, 0]), fixed=ints(-1, 3))
    assert after.tolist() == [1, 3]


@pytest.mark.parametrize("seed", range(20))
def test_everybody_arrives_on_crowded_biconnected_grid(seed: int) -> None:
    chance = random.Random(seed)
    grid = Grid.of_text(".....\n.@.@.\n.....\n.@.@.\n.....")
    robots = chance.randint(2, grid.graph.count - 1)
    starts = chance.sample(range(grid.graph.count), robots)
    goals = [chance.randrange(grid.graph.count) for _ in starts]
    assert drive(grid, starts, goals, steps_max=50 * robots) is not None


@pytest.mark.parametrize(
    ("text", "starts", "goals"),
    [
        (".......\n@@@.@@@", [0, 6], [6, 0]),
        ("..........\n@.@@@@@@@@", [0, 9], [9, 0]),
        ("@@.@@\n.....\n@@.@@", [1, 5], [5, 1]),
    ],
)
def test_two_swap_in_a_corridor_with_a_passing_place(
    text: str, starts: list[int], goals: list[int]
) -> None:
    assert drive(Grid.of_text(text), starts, goals, steps_max=100) is not None


def test_without_the_swap_operation_the_corridor_stays_locked() -> None:
    grid = Grid.of_text("..........\n@.@@@@@@@@")
    assert drive(grid, [0, 9], [9, 0], steps_max=100, swaps=False) is None


def test_one_way_edges_are_kept_to() -> None:
    ring = Graph.of_edges(4, ints(0, 1, 2, 3), ints(1, 2, 3, 0))
    assert not ring.is_symmetric
    pibt = Pibt(Distances(ring))
    after = pibt.step(ints(0), ints(3), np.array([1]))
    assert after.tolist() == [1]


def test_compiled_and_plain_kernels_agree(check_kernels_agree: Callable[[str], None]) -> None:
    check_kernels_agree(__file__)


def many_steps() -> list[int]:
    """Where 200 robots are after 50 steps."""
    grid = Grid.of_free(warehouse(40, 60))
    chance = np.random.default_rng(1)
    positions = chance.choice(grid.graph.count, 200, replace=False).astype(np.int32)
    goals = chance.choice(grid.graph.count, 200).astype(np.int32)
    waited = np.zeros(200, dtype=np.int64)
    pibt = Pibt(Distances(grid.graph))
    for _ in range(50):
        positions = pibt.step(positions, goals, waited)
        waited = np.where(positions == goals, 0, waited + 1)
    return [int(vertex) for vertex in positions]


@pytest.mark.parametrize("seed", range(5))
def test_warehouse_full_of_robots_never_collides(seed: int) -> None:
    grid = Grid.of_free(warehouse(20, 30, shelf_columns=4, border=2))
    chance = np.random.default_rng(seed)
    robots = grid.graph.count // 2
    positions = chance.choice(grid.graph.count, robots, replace=False).astype(np.int32)
    goals = chance.choice(grid.graph.count, robots).astype(np.int32)
    goals[::5] = NO_GOAL
    waited = np.zeros(robots, dtype=np.int64)
    pibt = Pibt(Distances(grid.graph))
    for _ in range(60):
        after = pibt.step(positions, goals, waited)
        check_step(grid.graph, positions, after)
        positions = after
        waited = np.where(positions == goals, 0, waited + 1)
        goals = np.where(positions == goals, chance.choice(grid.graph.count, robots), goals)
        goals = goals.astype(np.int32)


def test_more_goals_than_fit_are_refused_with_a_sentence() -> None:
    grid = Grid.of_text("....")
    pibt = Pibt(Distances(grid.graph, bytes_max=16))
    with pytest.raises(DistanceError, match=r"2 goals at once .* \(1 rows\)"):
        pibt.step(ints(0, 3), ints(3, 0), np.array([0, 0]))
    assert pibt.step(ints(0, 3), ints(3, 3), np.array([0, 0])).tolist() == [1, 3]
