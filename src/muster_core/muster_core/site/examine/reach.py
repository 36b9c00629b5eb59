"""What robots cannot reach, or cannot leave."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from muster_core.site.examine.finding import Finding, FindingKind, Gravity
from muster_core.site.examine.ways import Flags, Ways
from muster_core.site.model import Site
from muster_core.site.names import listed


def find_reach(site: Site, ways: Ways) -> Iterable[Finding]:
    """Vertices outside the main part, by what is wrong with the way there; places by name."""
    outside = ways.is_open & ~ways.is_main
    reached, leaving = ways.reached(), ways.leaving()
    kinds = (
        (
            FindingKind.TRAP,
            outside & reached & ~leaving,
            "can be entered but not left: a robot that drives in stays there",
            "open a way back: make an edge two-way, or add one",
            Gravity.FAULT,
        ),
        (
            FindingKind.NO_WAY_IN,
            outside & ~reached & leaving,
            "can be left but not reached",
            "open a way in: make an edge two-way, or add one",
            Gravity.WARNING,
        ),
        (
            FindingKind.CUT_OFF,
            outside & ~reached & ~leaving,
            "cannot be reached from the rest of the site",
            "add an edge, or leave them out",
            Gravity.WARNING,
        ),
    )
    for kind, is_in, trouble, remedy, gravity in kinds:
        if is_in.any():
            yield _finding(site, is_in, (kind, trouble, remedy, gravity))


def _finding(site: Site, is_in: Flags, words: tuple[FindingKind, str, str, Gravity]) -> Finding:
    kind, trouble, remedy, gravity = words
    vertices = tuple(site.vertices[i].name for i in np.flatnonzero(is_in).tolist())
    names = frozenset(vertices)
    places = [place.name for place in site.places.values() if place.vertex in names]
    said = f"{len(vertices)} vertices" if len(vertices) > 1 else "1 vertex"
    there = f" with {_said(places)}" if places else ""
    return Finding(
        kind,
        Gravity.FAULT if places else gravity,
        f"{said} ({listed(vertices)}){there} {trouble}; {remedy}",
        vertices,
    )


def _said(places: list[str]) -> str:
    return f"the place{'s' if len(places) > 1 else ''} {listed(places)}"


def find_closed(site: Site) -> Iterable[Finding]:
    """Places in closed zones."""
    for zone in site.zones.values():
        if not zone.limits.is_closed:
            continue
        names = frozenset(zone.vertices)
        places = [place.name for place in site.places.values() if place.vertex in names]
        if places:
            yield Finding(
                FindingKind.CLOSED,
                Gravity.NOTE,
                f"zone {zone.name} is closed, and with it {_said(places)}: orders that go there "
                "are refused until it is opened",
                zone.vertices,
            )
