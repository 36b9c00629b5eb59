"""Where robots get into each other's way because of the site's shape."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from muster_core.site.examine.finding import Finding, FindingKind, Gravity, bounded
from muster_core.site.examine.ways import Ways, cut_vertices, peeled, pieces
from muster_core.site.model import Site
from muster_core.site.names import listed


def find_shape(site: Site, ways: Ways) -> Iterable[Finding]:
    """Dead ends, bays, and single vertices that hold the site together."""
    joined = ways.neighbours(ways.is_main)
    is_dead = peeled(joined)
    parts = pieces(joined, is_dead)
    ends = [_names(site, part) for part in parts if len(part) > 1]
    yield from _dead_ends(site, ends, int(ways.is_main.sum()))
    yield from _bays([_names(site, part)[0] for part in parts if len(part) == 1])
    core = ways.neighbours(ways.is_main & ~is_dead)
    yield from _cuts(site, cut_vertices(core))


def _names(site: Site, numbers: Sequence[int]) -> tuple[str, ...]:
    return tuple(site.vertices[number].name for number in numbers)


def _dead_ends(site: Site, ends: list[tuple[str, ...]], main_count: int) -> Iterable[Finding]:
    """Dead ends of two vertices and more, unless a zone lets in one robot at a time."""
    single = [frozenset(z.vertices) for z in site.zones.values() if z.limits.robots_max == 1]
    if ends and len(ends[0]) >= main_count - 1 > 1:  # a tree that is no star loses all but one
        yield Finding(
            FindingKind.DEAD_END,
            Gravity.WARNING,
            f"no two ways lead to any of the site's {main_count} vertices, so robots that meet "
            "cannot pass each other; add edges that make rings",
            ends[0],
        )
        return
    findings = [
        Finding(
            FindingKind.DEAD_END,
            Gravity.WARNING,
            f"{len(names)} vertices are a dead end ({listed(names)}): a robot there is trapped by "
            "the next one that comes in; join its end to the rest, or make it a zone with "
            "robots_max 1",
            names,
        )
        for names in ends
        if not any(zone.issuperset(names) for zone in single)
    ]
    yield from bounded(findings, "{} more dead ends can trap robots in the same way")


def _bays(names: Sequence[str]) -> Iterable[Finding]:
    if names:
        said = f"{len(names)} vertices are bays" if len(names) > 1 else "1 vertex is a bay"
        yield Finding(
            FindingKind.BAY,
            Gravity.NOTE,
            f"{said} ({listed(names)}): the only way out is over the one vertex beside, so a robot "
            "that waits there for another to come out waits for ever; have it wait elsewhere",
            tuple(names),
        )


def _cuts(site: Site, cuts: dict[int, int]) -> Iterable[Finding]:
    """Vertices of which each alone joins round ways."""
    if not cuts:
        return
    worst = sorted(cuts, key=lambda number: (-cuts[number], number))
    words = [f"{site.vertices[n].name} (cuts off {cuts[n]})" for n in worst]
    said = f"{len(cuts)} vertices hold" if len(cuts) > 1 else "1 vertex holds"
    yield Finding(
        FindingKind.NOT_BICONNECTED,
        Gravity.WARNING,
        f"{said} parts of the site together alone: {listed(words)}; that every robot gets to its "
        "goal is certain only where two ways lead everywhere, so add a second way",
        _names(site, np.sort(np.array(worst)).tolist()),
    )
