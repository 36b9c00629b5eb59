"""Which robot fetches which task."""

from __future__ import annotations

import numpy as np

from muster_core.traffic.distances import Distances
from muster_core.traffic.graph import Int32s
from muster_core.traffic.grid import Grid
from muster_core.traffic.matching import CANDIDATES_MAX, NOTHING, Availability, Waiting, match

LANE = Grid.of_text("." * 20)


def ints(*values: int) -> Int32s:
    return np.array(values, dtype=np.int32)


def waiting(*tasks: tuple[int, int]) -> Waiting:
    pickups, dropoffs = ints(*(t[0] for t in tasks)), ints(*(t[1] for t in tasks))
    return Waiting(pickups, dropoffs, np.abs(pickups - dropoffs))


def match_in_lane(at: tuple[int, ...], steps: tuple[int, ...], tasks: Waiting) -> list[int]:
    robots = Availability(ints(*at), ints(*steps))
    return [int(index) for index in match(robots, tasks, Distances(LANE.graph))]


def test_sum_of_ways_is_the_least() -> None:
    """The first robot is nearer to both; alone it would take the second task."""
    assert match_in_lane((5, 6), (0, 0), waiting((0, 9), (6, 9))) == [0, 1]


def test_robot_about_to_deliver_takes_part() -> None:
    """It will be free next to the pickup sooner than the free one can be there."""
    assert match_in_lane((0, 10), (0, 2), waiting((11, 0))) == [NOTHING, 0]
    assert match_in_lane((0, 10), (0, 12), waiting((11, 0))) == [0, NOTHING]


def test_of_many_tasks_the_short_one_is_first() -> None:
    assert match_in_lane((10,), (0,), waiting((9, 0), (11, 12))) == [1]


def test_of_many_tasks_the_one_that_ends_where_another_begins_is_first() -> None:
    assert match_in_lane((5,), (0,), waiting((6, 10), (4, 0), (10, 14))) == [0]


def test_task_that_robot_has_no_way_to_is_not_its() -> None:
    grid = Grid.of_text("..@..")
    robots = Availability(ints(0), ints(0))
    assert match(robots, waiting((2, 3)), Distances(grid.graph)).tolist() == [NOTHING]


def test_only_the_oldest_tasks_are_looked_at() -> None:
    tasks = waiting(*[(19, 0)] * CANDIDATES_MAX, (0, 1))
    assert match_in_lane((0,), (0,), tasks)[0] < CANDIDATES_MAX


def test_nothing_to_match_matches_nothing() -> None:
    assert match_in_lane((0,), (0,), waiting()) == [NOTHING]
    assert match_in_lane((), (), waiting((0, 1))) == []
