"""The cases that traffic is known by: a swap, a ring, a full aisle, a warehouse."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from muster_core.site import load_site
from muster_core.testing.traffic_world import Chance, TrafficWorld, errands
from muster_core.traffic.config import TrafficConfig
from muster_core.traffic.effects import TroubleKind
from muster_core.traffic.graph import Graph
from muster_core.traffic.grid import Grid
from muster_core.traffic.map import TrafficMap

SITE = Path(__file__).parents[4] / "config" / "sites" / "small_warehouse.yaml"
Cell = tuple[int, int]


def world_of_text(
    text: str,
    starts: Mapping[str, Cell],
    goals: Mapping[str, Sequence[Cell]],
    *,
    seed: int = 0,
    config: TrafficConfig | None = None,
    work_s: float = 0.0,
    lengths_m: Mapping[str, float] | None = None,
) -> TrafficWorld:
    """Robots on the grid drawn in ``text``, with goals one after the other."""
    grid = Grid.of_text(text)

    def vertex(cell: Cell) -> str:
        return str(int(grid.vertices[cell]))

    return TrafficWorld(
        TrafficMap.of_graph(grid.graph),
        {name: vertex(cell) for name, cell in starts.items()},
        errands({name: [vertex(cell) for cell in cells] for name, cells in goals.items()}),
        chance=Chance(draw=random.Random(seed).random),
        config=config,
        work_s=work_s,
        lengths_m=lengths_m,
    )


@pytest.mark.parametrize("stretch", [1, 4])
def test_two_patrols_swap_in_a_corridor_with_a_passing_place(stretch: int) -> None:
    west, east = (0, 0), (0, 8)
    world = world_of_text(
        ".........\n@@@@.@@@@",
        {"a": west, "b": east},
        {"a": [east, west] * 5, "b": [west, east] * 5},
        config=TrafficConfig(hearing_s_min=0.0, stretch_vertices_max=stretch),
    )
    assert world.run(600, is_done=world.is_everybody_done)
    assert all(len(robot.arrivals) == 10 for robot in world.robots.values())
    assert world.core.manoeuvres_started > 0


def test_two_that_cannot_pass_anywhere_are_reported_by_name() -> None:
    world = world_of_text("......", {"a": (0, 0), "b": (0, 5)}, {"a": [(0, 5)], "b": [(0, 0)]})
    assert not world.run(120, is_done=world.is_everybody_done)
    [locked] = [t for t in world.troubles if t.kind is TroubleKind.LOCKED]
    assert locked.robot_id in ("a", "b") and "have locked each other in" in locked.sentence
    assert "drive one of them away by hand, or remove it" in locked.sentence


RING = "....\n.@@.\n...."
RING_CELLS: tuple[Cell, ...] = (
    *((0, 0), (0, 1), (0, 2), (0, 3), (1, 3)),
    *((2, 3), (2, 2), (2, 1), (2, 0), (1, 0)),
)


@pytest.mark.parametrize("turn", [1, 3, 5, 7])
def test_eight_in_a_ring_get_where_they_want(turn: int) -> None:
    starts = {f"r{i}": RING_CELLS[i] for i in range(8)}
    goals = {f"r{i}": [RING_CELLS[(i + turn * (k + 1)) % 10] for k in range(3)] for i in range(8)}
    world = world_of_text(RING, starts, goals)
    assert world.run(1500, is_done=world.is_everybody_done)


def test_eight_in_a_ring_against_each_other() -> None:
    starts = {f"r{i}": RING_CELLS[i] for i in range(8)}
    goals = {f"r{i}": [RING_CELLS[(i + (1 if i % 2 else 9) * 4) % 10]] for i in range(8)}
    world = world_of_text(RING, starts, goals)
    assert world.run(600, is_done=world.is_everybody_done)


AISLE = "......\n@@.@@@\n@@.@@@\n@@.@@@\n@@.@@@\n......"


def test_full_aisle_empties_towards_one_end() -> None:
    aisle = [(row, 2) for row in range(1, 5)]
    world = world_of_text(
        AISLE,
        {f"r{i}": cell for i, cell in enumerate(aisle)},
        {f"r{i}": [(0, i)] for i in range(4)},
    )
    assert world.run(120, is_done=world.is_everybody_done)


def test_full_aisle_with_robots_that_want_to_get_in_from_both_ends() -> None:
    starts: dict[str, Cell] = {f"in{i}": (row, 2) for i, row in enumerate(range(1, 5))}
    starts |= {"north": (0, 2), "south": (5, 2)}
    goals: dict[str, list[Cell]] = {f"in{i}": [(0 if i < 2 else 5, i)] for i in range(4)}
    goals |= {"north": [(4, 2), (0, 5)], "south": [(1, 2), (5, 5)]}
    world = world_of_text(AISLE, starts, goals)
    assert world.run(600, is_done=world.is_everybody_done)


def test_full_dead_end_aisle_lets_the_innermost_out() -> None:
    world = world_of_text(
        ".....\n@@.@@\n@@.@@\n@@.@@",
        {"a": (3, 2), "b": (2, 2), "c": (1, 2)},
        {"a": [(0, 0)], "b": [], "c": [(3, 2)]},
    )
    assert world.run(300, is_done=world.is_everybody_done)


def test_long_robots_follow_each_other_round_a_one_way_ring() -> None:
    ring = np.arange(12, dtype=np.int32)
    starts = {"a": 0, "b": 4, "c": 8}
    goals = {name: [str((v + 7 * k) % 12) for k in (1, 2, 3)] for name, v in starts.items()}
    world = TrafficWorld(
        TrafficMap.of_graph(Graph.of_edges(12, ring, (ring + 1) % 12)),
        {name: str(vertex) for name, vertex in starts.items()},
        errands(goals),
        chance=Chance(draw=random.Random(0).random),
        lengths_m={"a": 1.5, "b": 2.5, "c": 0.5},
    )
    assert world.run(600, is_done=world.is_everybody_done)
    assert [len(robot.stretch.held) for robot in world.robots.values()] == [2, 3, 1]


@pytest.mark.parametrize("seed", range(3))
def test_ten_robots_work_for_an_hour_in_the_small_warehouse(seed: int) -> None:
    """Nobody is under way to one place for longer than seven minutes, and all get much done.

    Alone, a robot takes about 50 s from one place to another here.
    """
    map_ = TrafficMap.of_site(load_site(SITE))
    chance = random.Random(seed)
    places = [place.vertex for place in load_site(SITE).places.values()]
    starts = {f"r{i}": vertex for i, vertex in enumerate(chance.sample(places, 10))}
    world = TrafficWorld(
        map_,
        starts,
        lambda _: lambda: chance.choice(places),
        chance=Chance(draw=chance.random, loss=0.05, repeats=0.05, latency_s_max=0.3, stalls=0.02),
        work_s=8.0,
        edge_s=2.5,
    )
    world.run(3600)
    under_way_s = [
        max(robot.waited_s_max, world.now_s - robot.goal_since_s) for robot in world.robots.values()
    ]
    assert max(under_way_s) < 420
    assert sum(len(robot.arrivals) for robot in world.robots.values()) > 600
