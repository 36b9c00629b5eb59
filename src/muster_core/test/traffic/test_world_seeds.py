"""Many small worlds, each drawn from a seed: nobody ever collides, and everybody arrives.

``MUSTER_TRAFFIC_SEEDS=1000`` runs so many of each kind; a failure names its seed.
"""

from __future__ import annotations

import os
import random
from itertools import pairwise

import numpy as np
import pytest

from muster_core.testing.traffic_world import Chance, TrafficWorld
from muster_core.traffic.config import TrafficConfig
from muster_core.traffic.graph import Graph
from muster_core.traffic.map import TrafficMap, ZoneRule

SEEDS = int(os.environ.get("MUSTER_TRAFFIC_SEEDS", "60"))
GOALS_EACH = 2
WAIT_S_MAX = 3000.0


def biconnected(chance: random.Random) -> Graph:
    """A ring with ears (H. Whitney, 1932): connected without any one vertex."""
    count = chance.randint(3, 6)
    pairs = {(i, (i + 1) % count) for i in range(count)}
    for _ in range(chance.randint(0, 3)):
        start, end = chance.sample(range(count), 2)
        ear = [start, *range(count, count + chance.randint(0, 3)), end]
        count += len(ear) - 2
        pairs |= set(pairwise(ear))
    return graph_of(count, pairs)


def tree(chance: random.Random) -> Graph:
    count = chance.randint(6, 14)
    return graph_of(
        count, {(max(0, v - chance.choice((1, 1, 1, 2, 3))), v) for v in range(1, count)}
    )


def graph_of(count: int, pairs: set[tuple[int, int]]) -> Graph:
    both = sorted({(a, b) for a, b in pairs} | {(b, a) for a, b in pairs})
    starts, ends = (np.array(side, dtype=np.int32) for side in zip(*both, strict=True))
    return Graph.of_edges(count, starts, ends)


def rough(chance: random.Random) -> Chance:
    return Chance(draw=chance.random, loss=0.1, repeats=0.1, latency_s_max=0.5, stalls=0.1)


def world_of(
    graph: Graph, robots: int, chance: random.Random, *, zones: tuple[ZoneRule, ...] = ()
) -> TrafficWorld:
    def goals(_: str) -> object:
        left = [str(chance.randrange(graph.count)) for _ in range(GOALS_EACH)]
        return lambda: left.pop() if left else None

    return TrafficWorld(
        TrafficMap.of_graph(graph, zones),
        {f"r{i}": str(v) for i, v in enumerate(chance.sample(range(graph.count), robots))},
        goals,  # type: ignore[arg-type]
        chance=rough(chance),
        config=TrafficConfig(hearing_s_min=0.0, stretch_vertices_max=chance.randint(1, 5)),
        work_s=chance.choice((0.0, 3.0)),
    )


# 265: two that wanted one place took each other's urgency in turns, for ever.
@pytest.mark.parametrize("seed", sorted({*range(SEEDS), 265}))
def test_everybody_arrives_on_biconnected_sites_with_one_vertex_free(seed: int) -> None:
    chance = random.Random(seed)
    graph = biconnected(chance)
    world = world_of(graph, chance.randint(1, graph.count - 1), chance)
    assert world.run(WAIT_S_MAX, is_done=world.is_everybody_done)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_everybody_arrives_where_places_are_dead_ends_of_a_biconnected_site(seed: int) -> None:
    chance = random.Random(4_000_000 + seed)
    lanes = biconnected(chance)
    count = lanes.count
    mouths = chance.sample(range(count), chance.randint(1, max(1, count // 2)))
    pairs = {(start, end) for start in range(count) for end in lanes.after(start)}
    pairs |= {(mouth, count + number) for number, mouth in enumerate(mouths)}
    graph = graph_of(count + len(mouths), pairs)
    world = world_of(graph, chance.randint(2, count - 1), chance)
    assert world.run(WAIT_S_MAX, is_done=world.is_everybody_done)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_others_go_on_and_nobody_collides_when_robots_die_and_programs_restart(seed: int) -> None:
    """Who can still get there does; here it is enough that the site stays safe for all."""
    chance = random.Random(1_000_000 + seed)
    graph = biconnected(chance) if seed % 2 else tree(chance)
    world = world_of(graph, chance.randint(1, max(1, graph.count // 2)), chance)
    names = sorted(world.robots)
    for _ in range(chance.randint(0, len(names) // 2)):
        name = chance.choice(names)
        world.later(60 * chance.random(), lambda name=name: world.kill(name))
    for _ in range(chance.randint(0, 2)):
        away_s = 60 * chance.random()
        world.later(away_s, world.lose_traffic)
        world.later(away_s + 10 * chance.random(), world.restart_traffic)
    world.run(200)
    assert world.core.is_open


@pytest.mark.parametrize("seed", range(SEEDS))
def test_two_get_past_each_other_wherever_a_tree_has_room(seed: int) -> None:
    """With a vertex where three ways meet, two robots on a tree can always change places."""
    chance = random.Random(2_000_000 + seed)
    graph = tree(chance)
    if max(len(graph.after(v)) for v in range(graph.count)) < 3:
        return  # a row, where nobody can pass
    world = world_of(graph, 2, chance)
    assert world.run(WAIT_S_MAX, is_done=world.is_everybody_done)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_zone_never_has_more_robots_than_it_may(seed: int) -> None:
    chance = random.Random(3_000_000 + seed)
    graph = biconnected(chance)
    inside = frozenset(chance.sample(range(graph.count), max(1, graph.count // 3)))
    zone = ZoneRule("zone", inside, robots_max=1)
    world = world_of(graph, 2, chance, zones=(zone,))
    names = {str(vertex) for vertex in inside}
    least = max(1, sum(bool(names & set(r.stretch.held)) for r in world.robots.values()))
    for _ in range(200):
        world.run(world.now_s + 0.5)
        robots = sum(bool(names & set(r.stretch.held)) for r in world.robots.values())
        assert robots <= least
        least = max(1, robots)
