"""Claims about nodes that keep up with zones and sites."""

from __future__ import annotations

from pathlib import Path

from muster_core.site import Zone, ZoneLimits, load_site
from muster_ros.site_in_force import SiteInForce
from muster_ros.traffic_conversions import zones_message

LINE = """
site: line
vertices: {a: [0, 0], b: [5, 0], c: [10, 0]}
edges: [[a, b, c]]
places: {park_1: {kind: parking, vertex: a}}
zones: {aisle: {vertices: [b]}}
"""
LONGER = LINE.replace("c: [10, 0]", "c: [11, 0]")
CLOSED = Zone("aisle", ("b",), ZoneLimits(is_closed=True))
SPILL = Zone("spill", ("c",), ZoneLimits(is_closed=True))


def told(site, number, epoch=1):
    return zones_message(site, frozenset(), epoch=epoch, number=number)


def test_zones_are_put_in_force_on_the_files_site(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(LINE)
    site = load_site(path)
    ours = SiteInForce(str(path), site)
    assert ours.hear(told(site, 1)) is None, "nothing has changed"
    changed = ours.hear(told(site.with_zones(CLOSED, SPILL), 2))
    assert changed is ours.site and changed.is_closed("b") and changed.is_closed("c")
    back = ours.hear(told(site, 3))
    assert back == site, "a zone that is gone from the list is gone"


def test_older_lists_and_those_of_older_traffics_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(LINE)
    site = load_site(path)
    ours = SiteInForce(str(path), site)
    assert ours.hear(told(site.with_zones(CLOSED), 5, epoch=7))
    assert ours.hear(told(site, 4, epoch=7)) is None
    assert ours.hear(told(site, 9, epoch=6)) is None
    assert ours.hear(told(site, 1, epoch=8)) == site


def test_file_that_was_replaced_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(LINE)
    ours = SiteInForce(str(path), load_site(path))
    path.write_text(LONGER)
    longer = load_site(path)
    assert ours.hear(told(longer, 1)) == longer and not ours.problem


def test_file_that_was_not_replaced_is_told_until_it_is(tmp_path: Path) -> None:
    path, other = tmp_path / "site.yaml", tmp_path / "other.yaml"
    path.write_text(LINE)
    other.write_text(LONGER)
    ours, longer = SiteInForce(str(path), load_site(path)), load_site(other)
    assert ours.hear(told(longer, 1)) is None
    assert longer.digest in ours.problem and "install the same file everywhere" in ours.problem
    path.write_text(LONGER)
    assert ours.hear(told(longer, 1)) == longer, "the same list again will do"
    assert not ours.problem


def test_zone_that_does_not_fit_is_told(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(LINE)
    site = load_site(path)
    message = told(site.with_zones(SPILL), 1)
    message.zones[-1].vertices = ["nowhere"]
    ours = SiteInForce(str(path), site)
    assert ours.hear(message) is None and "'nowhere' is not a vertex" in ours.problem
