"""Makespan and service time of pickup and delivery, beside the programs of those who stated it.

The instances are those of H. Ma, J. Li, T. K. S. Kumar and S. Koenig (Lifelong Multi-Agent Path
Finding for Online Pickup and Delivery Tasks, AAMAS 2017), as are the programs: token passing (TP),
token passing with task swaps (TPTS), and CENTRAL, which decides for all robots together. Muster's
fleet is ``DeliveryFleet``, with nothing known of an instance beforehand. A judge that shares no
code with it checks what the robots did; a single violation fails the bench.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from figure import Better, Figure, percentile
from shared_data import shared_file

from muster_core.compiled import IS_COMPILED
from muster_core.site.mapd_file import parse_mapd
from muster_core.site.mapd_tasks import MapdTask, parse_mapd_tasks
from muster_core.site.model import Site
from muster_core.testing.delivery_family import make_instance
from muster_core.testing.step_judge import (
    JudgedHandover,
    JudgedTask,
    judge_deliveries,
    judge_moves,
)
from muster_core.traffic.delivery_fleet import Delivery, DeliveryFleet
from muster_core.traffic.grid import Grid

CENTRAL_RATIO_MAX = 1.05
CPU_MS_MAX = 5.0
STEPS_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Known:
    """What another program reached: the last delivery, and the mean of delivery - release."""

    makespan: float
    service: float


KNOWN = {
    10: {"TP": Known(1198, 311.78), "TPTS": Known(1182, 301.03), "CENTRAL": Known(1143, 285.67)},
    30: {"TP": Known(607, 53.80), "TPTS": Known(561, 42.84), "CENTRAL": Known(557, 30.26)},
    50: {"TP": Known(597, 49.14), "TPTS": Known(554, 30.27), "CENTRAL": Known(552, 26.55)},
}


@dataclass(frozen=True, slots=True)
class Run:
    """What Muster reached, and the CPU that each step took."""

    makespan: int
    service: float
    times_ms: Sequence[float]


class ViolationError(Exception):
    """The fleet did what no fleet can do."""


def measure(is_quick: bool) -> list[Figure]:
    """Makespan and service time for 10, 30 and 50 robots; ``--quick`` takes 50 only."""
    figures = []
    _warm_up()
    for robots, others in KNOWN.items():
        if not is_quick or robots == max(KNOWN):
            map_path = shared_file(f"mapd/kiva-{robots}-500-5.map")
            task_path = shared_file("mapd/kiva-1.task")
            run = run_instance(map_path.read_bytes(), task_path.read_bytes())
            figures += _figures(robots, run, others)
    return figures


def run_instance(map_content: bytes, task_content: bytes) -> Run:
    """Let the fleet do the tasks, and have it judged.

    :raises ViolationError: when it does not keep the rules.
    """
    site = parse_mapd(map_content, "mapd")
    grid = Grid.of_site(site)
    endpoints, homes = _places(site, "endpoint"), _places(site, "home")
    tasks = parse_mapd_tasks(task_content, len(endpoints))
    fleet = DeliveryFleet(grid.graph, grid.vertices_of(homes), grid.vertices_of(endpoints))
    times_ms: list[float] = []
    handovers: list[JudgedHandover] = []
    walk = [fleet.positions]
    waiting = sorted(range(len(tasks)), key=lambda number: tasks[number].release, reverse=True)
    while waiting or fleet.open_tasks:
        now = len(walk) - 1
        began = time.process_time()
        while waiting and tasks[waiting[-1]].release <= now:
            number = waiting.pop()
            start, goal = endpoints[tasks[number].start], endpoints[tasks[number].goal]
            pickup, dropoff = grid.vertices_of([start, goal]).tolist()
            fleet.release(Delivery(number, pickup, dropoff))
        done = fleet.hand_over()
        walk.append(fleet.move())
        times_ms.append((time.process_time() - began) * 1e3)
        handovers += [JudgedHandover(now, h.robot, h.task, h.is_pickup) for h in done]
        if now == STEPS_MAX:
            raise ViolationError(f"{fleet.open_tasks} tasks are not done after {now} steps")
    cells = [[tuple(grid.cells[v].tolist()) for v in positions.tolist()] for positions in walk]
    _judge(map_content, tasks, handovers, cells)
    ends = {h.task: h.time for h in handovers if not h.is_pickup}
    service = sum(ends[n] - task.release for n, task in enumerate(tasks)) / len(tasks)
    return Run(max(ends.values()), service, times_ms)


def _warm_up() -> None:
    """Have everything imported and compiled before the first step is timed."""
    draw = random.Random(0).random
    made = make_instance(draw, robots=10, tasks=20, tasks_a_step=1.0)
    run_instance(made.map_text.encode(), made.task_text.encode())


def _places(site: Site, kind: str) -> list[tuple[int, int]]:
    """The cells of all places ``kind_0``, ``kind_1`` and so on."""
    cells = []
    while (place := site.places.get(f"{kind}_{len(cells)}")) is not None:
        row, column = place.vertex.removeprefix("r").split("c")
        cells.append((int(row), int(column)))
    return cells


def _judge(
    map_content: bytes,
    tasks: Sequence[MapdTask],
    handovers: Sequence[JudgedHandover],
    cells: Sequence[Sequence[tuple[int, int]]],
) -> None:
    """Check everything against the file itself, read once more."""
    rows = map_content.decode().split()[4:]
    free = {(r, c) for r, row in enumerate(rows) for c, letter in enumerate(row) if letter != "@"}
    ends = sorted((r, c) for r, c in free if rows[r][c] == "e")
    homes = sorted((r, c) for r, c in free if rows[r][c] == "r")
    judged = [JudgedTask(task.release, ends[task.start], ends[task.goal]) for task in tasks]
    found = judge_moves(free, cells) + judge_deliveries(judged, handovers, cells)
    if list(cells[0]) != homes:
        found.append("robots do not begin at their homes")
    if found:
        raise ViolationError(f"{len(found)} violations, the first: {found[0]}")


def _figures(robots: int, run: Run, others: dict[str, Known]) -> list[Figure]:
    mean_ms = sum(run.times_ms) / len(run.times_ms)
    cpu = (
        f"CPU a step {mean_ms:.2f} ms ({'within' if mean_ms <= CPU_MS_MAX else 'BEYOND'} "
        f"{CPU_MS_MAX:g} ms), p99 {percentile(run.times_ms, 99):.2f} ms, "
        f"{'compiled' if IS_COMPILED else 'plain Python'}; no violations"
    )
    figures = []
    for name, unit in (("makespan", "steps"), ("service", "steps")):
        found = float(getattr(run, name))
        known = {program: float(getattr(of, name)) for program, of in others.items()}
        behind = [p for p in ("TP", "TPTS") if found >= known[p]]
        verdict = f"NOT better than {' and '.join(behind)}" if behind else "better than both"
        figures.append(
            Figure(
                name=f"mapd_{robots}_{name}",
                value=found,
                unit=unit,
                baseline=known["CENTRAL"],
                better=Better.LOWER,
                target=CENTRAL_RATIO_MAX,
                note=f"baseline: CENTRAL; TP {known['TP']:g}, TPTS {known['TPTS']:g}: {verdict}; "
                f"{cpu}",
            )
        )
    return figures
