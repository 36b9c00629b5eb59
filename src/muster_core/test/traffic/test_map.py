"""A site as traffic sees it, its zones, and what becomes of robots when zones change."""

from __future__ import annotations

import pytest

from muster_core.clock import NS_PER_S, Instant
from muster_core.ids import RobotId
from muster_core.site import Site, ZoneLimits, parse_site
from muster_core.traffic.config import TrafficConfig
from muster_core.traffic.core import TrafficCore
from muster_core.traffic.effects import Effect, Release, TellTrouble, TroubleKind
from muster_core.traffic.inputs import MapChanged, RobotReported, TrafficReport
from muster_core.traffic.map import TrafficMap

SITE = parse_site(
    """
site: two_ways
speed_mps: 1.0
vertices: {a: [0, 0], n1: [2, 2], n2: [4, 2], s1: [2, -2], s2: [4, -3], b: [6, 0]}
edges: [[a, n1, n2, b, s2, s1, a]]
zones:
  north: {vertices: [n1, n2]}
"""
)


def site_with(**limits: object) -> Site:
    return SITE.with_limits("north", ZoneLimits(**limits))  # type: ignore[arg-type]


def ends_of(site: Site) -> set[tuple[str, str]]:
    map_ = TrafficMap.of_site(site)
    return {(map_.names[start], map_.names[end]) for start, end in map_.costs}


def test_one_way_zone_leaves_out_edges_against_it() -> None:
    ends = ends_of(site_with(one_way_deg=0.0))
    assert ("n1", "n2") in ends and ("n2", "n1") not in ends
    assert ("s1", "s2") in ends and ("s2", "s1") in ends


def test_slow_zone_costs_more_and_robots_go_the_other_way() -> None:
    bench = Bench(SITE)
    bench.report("r", "a", goal="b")
    assert bench.released("r")[1] == "n1", "the north is shorter"
    slow = Bench(site_with(speed_mps_max=0.2))
    slow.report("r", "a", goal="b")
    assert slow.released("r")[1] == "s1"
    numbers = slow.core.map.numbers
    assert slow.core.map.costs[numbers["n1"], numbers["n2"]] == 10_000


def test_closed_zone_is_not_entered_and_left() -> None:
    ends = ends_of(site_with(is_closed=True))
    assert ("a", "n1") not in ends and ("n1", "a") in ends and ("n1", "n2") in ends


def test_limit_of_robots_is_a_rule() -> None:
    [rule] = TrafficMap.of_site(site_with(robots_max=1)).zones
    assert (rule.name, rule.robots_max, rule.is_closed) == ("north", 1, False)
    assert {SITE.vertices[v].name for v in rule.vertices} == {"n1", "n2"}


@pytest.mark.parametrize("limits", [{}, {"robots_max": 2}, {"speed_mps_max": 0.5}])
def test_costs_are_the_travel_times_that_zones_leave(limits: dict[str, float]) -> None:
    site = site_with(**limits)
    map_ = TrafficMap.of_site(site)
    for edge in site.open_edges():
        seconds = edge.length_m / min(site.speed_mps, edge.speed_mps_max or site.speed_mps)
        ends = (map_.numbers[edge.start], map_.numbers[edge.end])
        assert map_.costs[ends] == pytest.approx(1000 * seconds, abs=1)


# While robots run


class Bench:
    def __init__(self, site: Site) -> None:
        self.told: list[Effect] = []
        self.now_s = 0.0
        config = TrafficConfig(hearing_s_min=0.0, silence_s_max=1e6, stretch_vertices_max=1)
        self.core = TrafficCore(config, TrafficMap.of_site(site), epoch=1, now=Instant(0, 0))
        self._numbers = 0

    def report(self, robot: str, *held: str, goal: str = "", left: int = 0) -> None:
        self._numbers += 1
        report = TrafficReport(
            robot_id=RobotId(robot),
            session=1,
            number=self._numbers,
            epoch=1,
            left=left,
            held=held,
            at=left,
            goal=goal,
        )
        self.core.step(RobotReported(report), self._now())
        self.look()

    def change(self, site: Site) -> None:
        self.core.step(MapChanged(TrafficMap.of_site(site)), self._now())
        self.look()

    def look(self) -> None:
        self.now_s += 1.0
        self.told += self.core.ready(self._now()).effects

    def released(self, robot: str) -> tuple[str, ...]:
        return [e for e in self.told if isinstance(e, Release) and e.robot_id == robot][-1].vertices

    def troubles(self, kind: TroubleKind) -> list[TellTrouble]:
        return [e for e in self.told if isinstance(e, TellTrouble) and e.kind is kind]

    def _now(self) -> Instant:
        return Instant(0, int(self.now_s * NS_PER_S))


def test_routes_are_redone_when_a_zone_becomes_slow() -> None:
    bench = Bench(SITE)
    bench.report("r", "a", goal="n2")
    bench.change(site_with(speed_mps_max=0.02))
    bench.report("r", "n1", left=1, goal="b")
    assert bench.released("r") == ("n1", "a"), "back out of the zone and round the south"


def test_robot_that_drives_on_an_edge_that_is_gone_comes_to_its_end() -> None:
    bench = Bench(SITE)
    bench.report("r", "n2", goal="a")
    assert bench.released("r") == ("n2", "n1")
    bench.change(site_with(one_way_deg=0.0))
    assert not bench.troubles(TroubleKind.ASTRAY)
    bench.report("r", "n1", left=1, goal="a")
    assert bench.released("r")[-1] == "n2", "there is no other way out any more"


def test_robot_whose_goal_was_closed_is_told_until_it_is_open_again() -> None:
    bench = Bench(SITE)
    bench.report("r", "a", goal="n2")
    bench.change(site_with(is_closed=True))
    bench.report("r", "n1", left=1, goal="n2")
    bench.report("q", "b", goal="n2")
    bench.look()
    [told] = bench.troubles(TroubleKind.UNREACHABLE)
    assert told.robot_id == "q" and "robot q cannot get from b to n2" in told.sentence
    bench.change(SITE)
    bench.look()
    assert bench.troubles(TroubleKind.UNREACHABLE)[-1].is_over


def test_robot_on_a_vertex_that_the_site_lost_is_told_by_name() -> None:
    bench = Bench(SITE)
    bench.report("r", "s1")
    shorter = parse_site(
        """
site: one_way_left
vertices: {a: [0, 0], n1: [2, 2], n2: [4, 2], b: [6, 0]}
edges: [[a, n1, n2, b]]
"""
    )
    bench.change(shorter)
    [told] = bench.troubles(TroubleKind.ASTRAY)
    assert told.robot_id == "r"
    assert "robot r holds 's1', which the site does not have any more" in told.sentence
