"""Errands done in 500 steps by 100 robots in a warehouse of the League of Robot Runners.

Robots go forward, turn a quarter or wait, an action a step. 150 errands are visible at any time,
each that is done is replaced by the next of the file (and after its last by its first again, as in
the League); any robot may be given any visible one. The baseline is what the League's default
planner and scheduler finish on the same input, using their full second a step. Muster's fleet is
``ErrandFleet``. A judge that shares no code with it checks what the robots did; a single violation
fails the bench.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from figure import Better, Figure, percentile
from shared_data import shared_file

from muster_core.compiled import IS_COMPILED
from muster_core.site.movingai_file import parse_movingai
from muster_core.testing.step_judge import (
    JudgedErrand,
    Pose,
    judge_errands,
    judge_moves,
    judge_turns,
)
from muster_core.traffic.errand_fleet import ErrandFleet
from muster_core.traffic.grid import Grid
from muster_core.traffic.motion import TurningMotion

STEPS, STEPS_QUICK = 500, 100
VISIBLE_A_ROBOT = 1.5
DEFAULT_PLANNER = 6270
STEP_S_MAX = 1.0


class ViolationError(Exception):
    """The fleet did what no fleet can do."""


def measure(is_quick: bool) -> list[Figure]:
    """Errands done; ``--quick`` takes fewer steps, and a share of the baseline."""
    map_content = shared_file("sites/warehouse_small.map").read_bytes()
    starts = _numbers(shared_file("sites/warehouse_small_100.agents").read_text())
    places = _numbers(shared_file("sites/warehouse_small.tasks").read_text())
    steps = STEPS_QUICK if is_quick else STEPS
    run_errands(map_content, starts, places, steps=1)  # compiles, if there is a compiler
    done, times_s = run_errands(map_content, starts, places, steps=steps)
    longest_s = max(times_s)
    verdict = "within" if longest_s <= STEP_S_MAX else "BEYOND"
    return [
        Figure(
            name="league",
            value=float(done),
            unit="errands",
            baseline=DEFAULT_PLANNER * steps / STEPS,
            better=Better.HIGHER,
            target=1.0,
            note=f"{len(starts)} robots, {steps} steps; CPU a step p50 "
            f"{percentile(times_s, 50) * 1e3:.0f} ms, longest {longest_s * 1e3:.0f} ms, {verdict} "
            f"{STEP_S_MAX:g} s, {'compiled' if IS_COMPILED else 'plain Python'}; no violations; "
            "baseline: the League's default planner and scheduler",
        )
    ]


def run_errands(
    map_content: bytes, starts: Sequence[int], places: Sequence[int], *, steps: int
) -> tuple[int, list[float]]:
    """How many errands the fleet does, and the seconds of CPU that each step takes.

    :param starts: where robots begin, all facing east, as row * columns + column; so ``places``.
    :raises ViolationError: when it does not keep the rules.
    """
    grid = Grid.of_site(parse_movingai(map_content, "league"))
    rows = map_content.decode().partition("map\n")[2].split()
    cells = [divmod(place, len(rows[0])) for place in places]
    vertices = grid.vertices_of(cells).tolist()
    begins = grid.vertices_of([divmod(start, len(rows[0])) for start in starts])
    motion = TurningMotion(grid)
    fleet = ErrandFleet(motion, begins * motion.headings)
    visible = int(VISIBLE_A_ROBOT * len(starts))
    fleet.come_up({number: vertices[number] for number in range(visible)})
    poses = [_poses(grid, fleet.states, motion.headings)]
    done: list[JudgedErrand] = []
    times_s = []
    for step in range(steps):
        began = time.process_time()
        fleet.match()
        ended = fleet.move()
        first = visible + len(done)
        fresh = range(first, first + len(ended))
        fleet.come_up({number: vertices[number % len(vertices)] for number in fresh})
        times_s.append(time.process_time() - began)
        done += [JudgedErrand(step + 1, robot, number) for number, robot in ended.items()]
        poses.append(_poses(grid, fleet.states, motion.headings))
    free = {(r, c) for r, row in enumerate(rows) for c, letter in enumerate(row) if letter in ".ES"}
    walk = [[(row, column) for row, column, _ in at] for at in poses]
    found = judge_moves(free, walk) + judge_turns(poses)
    found += judge_errands(cells, visible, done, walk)
    if poses[0] != [(*divmod(start, len(rows[0])), 0) for start in starts]:
        found.append("robots do not begin where they should")
    if found:
        raise ViolationError(f"{len(found)} violations, the first: {found[0]}")
    return len(done), times_s


def _numbers(text: str) -> list[int]:
    """The numbers of a file that begins with how many there are."""
    count, *numbers = map(int, text.split())
    if count != len(numbers):
        raise ValueError(f"line 1 says {count}, but {len(numbers)} numbers follow")
    return numbers


def _poses(grid: Grid, states: np.ndarray, headings: int) -> list[Pose]:
    cells = grid.cells[states // headings].tolist()
    return [(r, c, h) for (r, c), h in zip(cells, (states % headings).tolist(), strict=True)]
