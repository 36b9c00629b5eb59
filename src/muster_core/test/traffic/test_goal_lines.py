"""Robots that want the same place, and robots that stand where others want to be."""

from __future__ import annotations

import random

import numpy as np
import pytest

from muster_core.clock import NS_PER_S, Instant
from muster_core.ids import RobotId
from muster_core.testing.traffic_world import Chance, TrafficWorld, errands
from muster_core.traffic.config import TrafficConfig
from muster_core.traffic.core import TrafficCore
from muster_core.traffic.effects import Effect, Release
from muster_core.traffic.goal_lines import OVERDUE_S, GoalLines
from muster_core.traffic.graph import Graph
from muster_core.traffic.holdings import Holdings
from muster_core.traffic.inputs import Motion, RobotReported, TrafficReport
from muster_core.traffic.map import TrafficMap
from muster_core.traffic.track import Track
from muster_core.traffic.ways import Ways

RING = 12
NORTH, EAST, SOUTH, WEST = 12, 13, 14, 15
"""Dead ends beside the ring's vertices 0, 3, 6 and 9."""


def ring_with_dead_ends() -> TrafficMap:
    pairs = [(v, (v + 1) % RING) for v in range(RING)]
    pairs += [(0, NORTH), (3, EAST), (6, SOUTH), (9, WEST)]
    both = np.array([*pairs, *((b, a) for a, b in pairs)], dtype=np.int32)
    return TrafficMap.of_graph(Graph.of_edges(16, both[:, 0], both[:, 1]))


class Bench:
    def __init__(self) -> None:
        self.told: list[Effect] = []
        self.now_s = 0.0
        self._numbers = 0
        config = TrafficConfig(hearing_s_min=0.0, silence_s_max=1e6, lock_s=1e6)
        self.core = TrafficCore(config, ring_with_dead_ends(), epoch=1, now=Instant(0, 0))

    def say(self, robot: str, at: int, goal: int | None, motion: Motion = Motion.MOVABLE) -> None:
        self._numbers += 1
        report = TrafficReport(
            robot_id=RobotId(robot),
            session=1,
            number=self._numbers,
            epoch=1,
            left=0,
            held=(str(at),),
            at=0,
            goal="" if goal is None else str(goal),
            motion=motion,
        )
        self.core.step(RobotReported(report), self._now())

    def look(self, later_s: float = 1.0) -> None:
        self.now_s += later_s
        self.told += self.core.ready(self._now()).effects

    def released(self, robot: str) -> tuple[str, ...]:
        told = [e for e in self.told if isinstance(e, Release) and e.robot_id == robot]
        return told[-1].vertices if told else ()

    def _now(self) -> Instant:
        return Instant(0, int(self.now_s * NS_PER_S))


def busy_place_with_one_on_its_way() -> Bench:
    """``worker`` works in the south, and ``next`` stands on the ring and is to go there."""
    bench = Bench()
    bench.say("worker", SOUTH, None, Motion.BUSY)
    bench.say("next", 4, SOUTH)
    return bench


def test_robot_waits_in_its_dead_end_until_it_is_its_turn() -> None:
    bench = busy_place_with_one_on_its_way()
    bench.look()
    bench.say("late", EAST, SOUTH)
    bench.look()
    assert bench.released("next") == ("4", "5"), "it waits before the mouth"
    assert bench.released("late") == ()


def test_robot_leaves_a_dead_end_that_somebody_else_wants() -> None:
    bench = busy_place_with_one_on_its_way()
    bench.look()
    bench.say("late", EAST, SOUTH)
    bench.say("other", 1, EAST)
    bench.look()
    assert bench.released("late")[:2] == (str(EAST), "3")


def test_robot_on_a_lane_waits_in_a_dead_end_that_nobody_needs() -> None:
    bench = busy_place_with_one_on_its_way()
    bench.look()
    bench.say("late", 8, SOUTH)
    bench.look()
    assert bench.released("late") == ("8", "9", str(WEST))


def test_robot_that_has_waited_long_sets_off() -> None:
    bench = busy_place_with_one_on_its_way()
    bench.look()
    bench.say("late", EAST, SOUTH)
    bench.look(OVERDUE_S)
    assert bench.released("late") == ()
    bench.look(2.0)
    assert bench.released("late")[:2] == (str(EAST), "3")


@pytest.mark.parametrize("seed", range(5))
def test_robots_in_dead_ends_change_places_in_a_ring(seed: int) -> None:
    places = [NORTH, EAST, SOUTH, WEST]
    starts = {f"r{i}": str(place) for i, place in enumerate(places)}
    goals = {f"r{i}": [str(places[(i + k) % 4]) for k in (1, 2, 3)] for i in range(4)}
    world = TrafficWorld(
        ring_with_dead_ends(),
        starts,
        errands(goals),
        chance=Chance(draw=random.Random(seed).random, loss=0.1, latency_s_max=0.3),
    )
    assert world.run(600, is_done=world.is_everybody_done)
    assert world.core.manoeuvres_started == 0


def test_oldest_in_line_keeps_its_urgency_though_another_is_nearer() -> None:
    map_ = ring_with_dead_ends()
    old, near, third = (
        Track(
            robot_id=RobotId(name),
            session=1,
            number=1,
            window=[vertex],
            first=0,
            at=0,
            heard_ns=0,
            moved_ns=0,
            goal=6,
            goal_since_ns=since_ns,
            is_current=True,
        )
        for name, vertex, since_ns in (("old", 9, 1), ("near", 7, 2), ("third", 4, 3))
    )
    tracks = {track.robot_id: track for track in (old, near, third)}
    lines = GoalLines(map_, tracks, Holdings(map_), Ways(map_, bytes_max=1 << 20))
    lines.form(now_ns=4)
    assert [t.is_goal_taken for t in (old, near, third)] == [False, False, True]
    assert [t.is_held_back for t in (old, near, third)] == [False, False, False]
    assert old.own_urgency < near.own_urgency < third.own_urgency
