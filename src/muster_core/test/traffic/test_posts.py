"""Where idle robots wait."""

from __future__ import annotations

import numpy as np

from muster_core.traffic.distances import FAR, Distances
from muster_core.traffic.graph import Int32s
from muster_core.traffic.grid import Grid
from muster_core.traffic.matching import Availability
from muster_core.traffic.posts import PLACES_MAX, Posts

LANE = Grid.of_text("." * 30)
ALL = np.arange(30, dtype=np.int32)


def ints(*values: int) -> Int32s:
    return np.array(values, dtype=np.int32)


def spread(posts: Posts, at: Int32s, steps: Int32s, is_idle: list[bool]) -> list[int]:
    return posts.spread(Availability(at, steps), np.array(is_idle)).tolist()


def test_robots_spread_out_over_the_places() -> None:
    posts = Posts(ALL, Distances(LANE.graph))
    at = ints(0, 1, 2)
    for _ in range(20):
        at = ints(*spread(posts, at, ints(0, 0, 0), [True] * 3))
    far = np.abs(ALL[:, np.newaxis] - at).min(axis=1)
    assert far.mean() < 3.5  # 2.4 at best, 13 at first


def test_busy_robots_stay_as_they_are_and_cover_what_they_come_to() -> None:
    posts = Posts(ALL, Distances(LANE.graph))
    assert spread(posts, ints(20, 28), ints(0, 0), [True, False])[1] == 28
    near, far = (
        spread(posts, ints(10, 25), ints(0, steps), [True, False])[0] for steps in (0, FAR)
    )
    assert near < 10 < far


def test_places_where_tasks_come_from_draw_robots() -> None:
    posts = Posts(ALL, Distances(LANE.graph))
    for _ in range(200):
        posts.note_task(3)
    assert spread(posts, ints(20), ints(0), [True]) == [3]


def test_many_places_are_stood_for_by_some() -> None:
    grid = Grid.of_text("." * (3 * PLACES_MAX))
    posts = Posts(np.arange(3 * PLACES_MAX, dtype=np.int32), Distances(grid.graph))
    middle = spread(posts, ints(0), ints(0), [True])[0]
    assert abs(middle - 1.5 * PLACES_MAX) <= 3


def test_robot_that_no_place_is_nearest_to_stays() -> None:
    posts = Posts(ints(0), Distances(LANE.graph))
    assert spread(posts, ints(1, 5), ints(0, 0), [True, True]) == [0, 5]
