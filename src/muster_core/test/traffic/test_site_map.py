"""Claims about a site's map under the limits of its zones."""

from __future__ import annotations

from dataclasses import replace

from muster_core.site import Site, ZoneLimits, parse_site
from muster_core.traffic.map import TrafficMap, ZoneRule
from muster_core.traffic.site_map import map_of_site

SITE = parse_site(
    """
site: line
speed_mps: 1.0
vertices: {a: [0, 0], b: [5, 0], c: [10, 0]}
edges: [[a, b, c]]
places: {park_1: {kind: parking, vertex: a}}
zones: {east: {vertices: [c]}}
"""
)


def limited(**limits: object) -> Site:
    return SITE.with_limits("east", ZoneLimits(**limits))  # type: ignore[arg-type]


def edges(map_: TrafficMap) -> dict[tuple[str, str], int]:
    names = map_.names
    return {(names[start], names[end]): cost for (start, end), cost in map_.costs.items()}


def test_zone_without_limits_leaves_the_site_as_it_is() -> None:
    map_ = map_of_site(SITE)
    assert edges(map_) == edges(TrafficMap.of_site(SITE)) and not map_.zones


def test_closed_zone_is_not_led_into_but_out_of() -> None:
    map_ = map_of_site(limited(is_closed=True))
    assert ("b", "c") not in edges(map_) and ("c", "b") in edges(map_)
    assert map_.zones == (ZoneRule("east", frozenset({2}), None, True),)


def test_limits_of_speed_and_direction_are_in_the_graph_and_of_number_in_the_zones() -> None:
    map_ = map_of_site(limited(speed_mps_max=0.5, one_way_deg=0.0, robots_max=2))
    assert edges(map_) == {("a", "b"): 5000, ("b", "a"): 5000, ("b", "c"): 10000}
    assert map_.zones == (replace(ZoneRule("east", frozenset({2})), robots_max=2),)
