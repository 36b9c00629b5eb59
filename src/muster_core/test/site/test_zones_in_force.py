"""Claims about zones that persons change while robots run."""

from __future__ import annotations

import pytest

from muster_core.errors import SiteError
from muster_core.site import Zone, ZoneLimits, parse_site
from muster_core.site.zones_in_force import ZoneChange, ZonesInForce

SITE = parse_site(
    """
site: line
vertices: {a: [0, 0], b: [5, 0], c: [10, 0], d: [15, 0]}
edges: [[a, b, c, d]]
places: {park_1: {kind: parking, vertex: a}}
zones:
  aisle: {vertices: [b, c], robots_max: 1}
"""
)
SHORTER = parse_site(
    """
site: line
vertices: {a: [0, 0], b: [5, 0]}
edges: [[a, b]]
places: {park_1: {kind: parking, vertex: a}}
"""
)


def closed(name: str, *vertices: str) -> ZoneChange:
    return ZoneChange(zone=Zone(name, vertices, ZoneLimits(is_closed=True)))


def test_only_the_fields_named_are_set() -> None:
    zones = ZonesInForce(SITE)
    wanted = Zone("aisle", (), ZoneLimits(is_closed=True, speed_mps_max=0.5))
    zone = zones.change(ZoneChange(zone=wanted, fields=frozenset({"closed"})))
    assert zone == Zone("aisle", ("b", "c"), ZoneLimits(robots_max=1, is_closed=True))
    assert zones.site.zone("aisle") == zone and SITE.zone("aisle") != zone
    assert zones.number == 1 and list(zones.changes) == ["aisle"]


def test_without_fields_all_limits_are_set() -> None:
    zone = ZonesInForce(SITE).change(closed("aisle"))
    assert zone.limits == ZoneLimits(is_closed=True)


def test_zone_of_a_new_name_is_added_with_its_vertices() -> None:
    zones = ZonesInForce(SITE)
    zones.change(closed("spill", "d"))
    assert zones.site.is_closed("d") and not zones.site.is_closed("c")
    assert zones.site.digest == SITE.digest, "the site is the same one"


def test_reset_brings_back_what_the_file_says() -> None:
    zones = ZonesInForce(SITE)
    zones.change(closed("aisle"))
    zones.change(closed("spill", "d"))
    assert zones.reset("aisle") == SITE.zone("aisle")
    assert zones.reset("spill") is None and "spill" not in zones.site.zones
    assert zones.number == 4 and not zones.changes


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (closed("aisl"), "no zone 'aisl'; did you mean 'aisle'?; to make a new one"),
        (closed("spill", "x"), "'x' is not a vertex"),
        (
            ZoneChange(zone=Zone("aisle", ()), fields=frozenset({"colour"})),
            "a zone has no 'colour'; what can be set is robots_max",
        ),
        (
            ZoneChange(zone=Zone("aisle", (), ZoneLimits(robots_max=0))),
            "robots_max is 0; it must be 1 or more",
        ),
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(change: ZoneChange, words: str) -> None:
    zones = ZonesInForce(SITE)
    with pytest.raises(SiteError, match=words.replace("?", r"\?")):
        zones.change(change)
    assert zones.site == SITE and zones.number == 0


def test_zone_that_nobody_knows_cannot_be_reset() -> None:
    with pytest.raises(SiteError, match="no zone 'spill'"):
        ZonesInForce(SITE).reset("spill")


def test_changes_that_do_not_fit_another_site_are_dropped_by_name() -> None:
    zones = ZonesInForce(SITE)
    zones.change(closed("aisle"))
    zones.change(closed("dock", "a"))
    assert zones.move_to(SHORTER) == ("aisle",)
    assert list(zones.site.zones) == ["dock"] and zones.number == 3


def test_what_was_kept_is_taken_up_again_with_its_number() -> None:
    before = ZonesInForce(SITE)
    before.change(closed("spill", "d"))
    after = ZonesInForce(SITE, before.changes, number=before.number)
    assert after.site == before.site and after.number == before.number
    assert not after.dropped
