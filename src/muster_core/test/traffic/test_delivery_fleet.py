"""Fleets that pick up and deliver, on seeded instances of the benchmark's family."""

from __future__ import annotations

import random
import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster_core.site.grid import cell_of
from muster_core.site.mapd_file import parse_mapd
from muster_core.site.mapd_tasks import parse_mapd_tasks
from muster_core.testing.delivery_family import DeliveryInstance, make_instance
from muster_core.testing.step_judge import (
    JudgedHandover,
    JudgedTask,
    judge_deliveries,
    judge_moves,
)
from muster_core.traffic.delivery_fleet import Delivery, DeliveryError, DeliveryFleet, Handover
from muster_core.traffic.grid import Grid

Cell = tuple[int, int]


class Trial:
    """One instance, done and judged."""

    def __init__(self, instance: DeliveryInstance, steps_max: int) -> None:
        site = parse_mapd(instance.map_text.encode(), "trial")
        self.grid = Grid.of_site(site)
        cells = {name: cell_of(place.vertex) for name, place in site.places.items()}
        ends = [cell for name, cell in cells.items() if name.startswith("endpoint") and cell]
        homes = [cell for name, cell in cells.items() if name.startswith("home") and cell]
        tasks = parse_mapd_tasks(instance.task_text.encode(), len(ends))
        self.tasks = [JudgedTask(t.release, ends[t.start], ends[t.goal]) for t in tasks]
        fleet = DeliveryFleet(
            self.grid.graph, self.grid.vertices_of(homes), self.grid.vertices_of(ends)
        )
        self.handovers: list[JudgedHandover] = []
        self.walk: list[list[Cell]] = [self.cells(fleet)]
        while len(self.walk) <= steps_max:
            now = len(self.walk) - 1
            for number, task in enumerate(self.tasks):
                if task.release == now:
                    pickup, dropoff = self.grid.vertices_of([task.pickup, task.dropoff]).tolist()
                    fleet.release(Delivery(number, pickup, dropoff))
            for done in fleet.hand_over():
                self.handovers.append(JudgedHandover(now, done.robot, done.task, done.is_pickup))
            fleet.move()
            self.walk.append(self.cells(fleet))

    def cells(self, fleet: DeliveryFleet) -> list[Cell]:
        return [(int(r), int(c)) for r, c in self.grid.cells[fleet.positions]]

    def violations(self) -> list[str]:
        free = {(int(r), int(c)) for r, c in self.grid.cells}
        moves = judge_moves(free, self.walk)
        return moves + judge_deliveries(self.tasks, self.handovers, self.walk)

    def service(self) -> float:
        ends = {event.task: event.time for event in self.handovers if not event.is_pickup}
        return float(np.mean([ends[n] - task.release for n, task in enumerate(self.tasks)]))


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    robots=st.integers(1, 40),
    tasks_a_step=st.sampled_from([0.2, 1.0, 10.0]),
)
def test_all_tasks_are_delivered_and_nobody_collides(
    seed: int, robots: int, tasks_a_step: float
) -> None:
    """A robot alone needs at most 34 steps from any place to any other one."""
    instance = make_instance(
        random.Random(seed).random,
        robots=robots,
        tasks=20,
        tasks_a_step=tasks_a_step,
        blocks=(2, 1),
        margin_endpoints=20,
    )
    assert Trial(instance, 100 + 20 * 70 // min(robots, 4)).violations() == []


def test_same_instance_is_done_in_the_same_way() -> None:
    made = [
        make_instance(random.Random(5).random, robots=8, tasks=30, tasks_a_step=1.0)
        for _ in range(2)
    ]
    one, other = (Trial(instance, 250) for instance in made)
    assert one.violations() == []
    assert one.walk == other.walk and one.handovers == other.handovers


def test_idle_fleet_is_soon_where_tasks_come_up() -> None:
    """With few tasks and many robots a task takes hardly longer than its own way."""
    instance = make_instance(random.Random(1).random, robots=40, tasks=40, tasks_a_step=0.5)
    trial = Trial(instance, 200)
    ways = [abs(t.pickup[0] - t.dropoff[0]) + abs(t.pickup[1] - t.dropoff[1]) for t in trial.tasks]
    assert trial.violations() == []
    assert trial.service() < np.mean(ways) + 6


def test_task_at_a_robots_feet_is_done_at_once() -> None:
    fleet = DeliveryFleet(Grid.of_text("...").graph, vertices(1), vertices(0, 1, 2))
    fleet.release(Delivery(7, 1, 1))
    assert fleet.hand_over() == [Handover(0, 7, True), Handover(0, 7, False)]
    assert fleet.open_tasks == 0


def test_robot_goes_from_task_to_task_without_a_pause() -> None:
    fleet = DeliveryFleet(Grid.of_text("......").graph, vertices(0), vertices(0, 5))
    for task in (Delivery(1, 1, 3), Delivery(2, 3, 5)):
        fleet.release(task)
    seen = []
    for _ in range(6):
        seen.append([(done.task, done.is_pickup) for done in fleet.hand_over()])
        fleet.move()
    assert seen == [[], [(1, True)], [], [(1, False), (2, True)], [], [(2, False)]]


def test_what_was_picked_up_is_not_exchanged() -> None:
    """The second robot is nearer to the drop-off from the start, and stays free."""
    fleet = DeliveryFleet(Grid.of_text("........").graph, vertices(1, 6), vertices(0, 7))
    fleet.release(Delivery(1, 0, 7))
    events: list[Handover] = []
    for _ in range(30):
        events += fleet.hand_over()
        before = fleet.positions.tolist()
        assert len(set(before)) == 2
        fleet.move()
        if not fleet.open_tasks:
            break
    for first, last in pairwise(events):
        assert first.robot == last.robot


@pytest.mark.parametrize(
    ("task", "sentence"),
    [
        (Delivery(1, 0, 1), "task 1 is there already; give it another number"),
        (Delivery(2, 0, 9), "task 2: vertex 9 is not one of the vertices 0 to 4"),
        (Delivery(2, 0, 4), "task 2: no way leads from vertex 0 to 4"),
        (Delivery(2, 4, 3), "task 2: no robot has a way to vertex 4, its pickup"),
    ],
)
def test_bad_task_is_refused_in_a_sentence(task: Delivery, sentence: str) -> None:
    fleet = DeliveryFleet(Grid.of_text("...@..").graph, vertices(0), vertices(0, 1))
    fleet.release(Delivery(1, 2, 1))
    with pytest.raises(DeliveryError, match=re.escape(sentence)):
        fleet.release(task)
    assert fleet.open_tasks == 1


@pytest.mark.parametrize(
    ("positions", "places", "sentence"),
    [
        ((0, 0), (1,), "positions repeat; each may be given once"),
        ((0, 9), (1,), "position 9 is not one of the vertices 0 to 2"),
        ((0,), (), "no places; name at least one vertex that tasks may come from"),
    ],
)
def test_bad_fleet_is_refused_in_a_sentence(
    positions: tuple[int, ...], places: tuple[int, ...], sentence: str
) -> None:
    with pytest.raises(DeliveryError, match=re.escape(sentence)):
        DeliveryFleet(Grid.of_text("...").graph, vertices(*positions), vertices(*places))


def vertices(*numbers: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array(numbers, dtype=np.int32)
