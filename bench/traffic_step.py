"""What one traffic decision costs for 1000 robots in a warehouse of 140 x 500 cells.

Robots drive to goals drawn from a fixed pool and get new ones when they arrive, so the traffic is
that of a working day. Fleets of 250, 500 and 1000 take turns in the same run, round by round; the
time is that of ``Pibt.step`` alone, with the distances to the pool's goals known before (a new
goal costs about a millisecond once). No ROS takes part.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from figure import Better, Figure, percentile

from muster_core.compiled import IS_COMPILED
from muster_core.traffic.distances import Distances
from muster_core.traffic.grid import Grid, warehouse
from muster_core.traffic.pibt import Pibt

FLEETS = (250, 500, 1000)
GOALS = 1000
ROUNDS, ROUNDS_QUICK = 10, 3
STEPS = 30
GROWTH_MAX = 2.2
"""Twice the robots may cost twice the time, and a tenth for the noise of a shared machine."""
STEP_MS_MAX = 20.0
SEED = 7


@dataclass(slots=True)
class _Fleet:
    """Robots on their way, and how long each decision about them took, ms."""

    pibt: Pibt
    positions: np.ndarray
    goals: np.ndarray
    waited: np.ndarray
    times_ms: list[float] = field(default_factory=list)

    def drive(self, pool: np.ndarray, chance: np.random.Generator) -> None:
        for _ in range(STEPS):
            began_ns = time.perf_counter_ns()
            after = self.pibt.step(self.positions, self.goals, self.waited)
            self.times_ms.append((time.perf_counter_ns() - began_ns) / 1e6)
            self.positions = after
            has_arrived = after == self.goals
            self.waited = np.where(has_arrived, 0, self.waited + 1)
            fresh = chance.choice(pool, len(after)).astype(np.int32)
            self.goals = np.where(has_arrived, fresh, self.goals)


def measure(is_quick: bool) -> list[Figure]:
    """Milliseconds for a decision, and how they grow with the fleet."""
    chance = np.random.default_rng(SEED)
    grid = Grid.of_free(warehouse())
    vertices = grid.graph.count
    pool = chance.choice(vertices, GOALS, replace=False).astype(np.int32)
    distances = Distances(grid.graph)
    distances.rows(pool.tolist())
    fleets = {robots: _fleet(robots, distances, pool, chance) for robots in FLEETS}
    for fleet in fleets.values():  # compiles, if there is a compiler
        fleet.drive(pool, chance)
        fleet.times_ms.clear()
    for _ in range(ROUNDS_QUICK if is_quick else ROUNDS):
        for fleet in fleets.values():
            fleet.drive(pool, chance)
    return [_figure(fleets, robots, vertices) for robots in (1000, 500)]


def _fleet(
    robots: int, distances: Distances, pool: np.ndarray, chance: np.random.Generator
) -> _Fleet:
    vertices = distances.graph.count
    positions = chance.choice(vertices, robots, replace=False).astype(np.int32)
    goals = chance.choice(pool, robots).astype(np.int32)
    return _Fleet(Pibt(distances), positions, goals, np.zeros(robots, dtype=np.int64))


def _figure(fleets: dict[int, _Fleet], robots: int, vertices: int) -> Figure:
    times_ms, half_ms = fleets[robots].times_ms, fleets[robots // 2].times_ms
    p50, p99 = percentile(times_ms, 50), percentile(times_ms, 99)
    verdict = "within" if p99 <= STEP_MS_MAX else "BEYOND"
    return Figure(
        name=f"traffic_step_{robots}",
        value=p50,
        unit="ms",
        baseline=percentile(half_ms, 50),
        better=Better.LOWER,
        target=GROWTH_MAX,
        note=f"{len(times_ms)} decisions on {vertices} cells, "
        f"{'compiled' if IS_COMPILED else 'plain Python'}; p99 {p99:.2f} ms, {verdict} "
        f"{STEP_MS_MAX:g} ms; baseline: {robots // 2} robots",
    )
