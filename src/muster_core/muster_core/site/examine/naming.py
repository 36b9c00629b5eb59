"""Names that people and programs will take for one another, and places on one vertex."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from muster_core.site.elements import Place, PlaceKind
from muster_core.site.examine.finding import Finding, FindingKind, Gravity, bounded
from muster_core.site.model import Site
from muster_core.site.names import listed

_BETWEEN = re.compile(r"[\s_.\-]+")
_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")


def find_alike(site: Site) -> Iterable[Finding]:
    """Names that differ only in case, separators or leading zeros; places named like vertices."""
    findings: list[Finding] = []
    for what, vertex_of in (
        ("vertices", {vertex.name: vertex.name for vertex in site.vertices}),
        ("places", {place.name: place.vertex for place in site.places.values()}),
    ):
        alike: dict[str, list[str]] = {}
        for name in vertex_of:
            alike.setdefault(_folded(name), []).append(name)
        findings += [
            Finding(
                FindingKind.NAMES_ALIKE,
                Gravity.WARNING,
                f"the {what} {listed(names)} have names that are easily taken for one another; "
                "rename all but one",
                tuple(vertex_of[name] for name in names),
            )
            for names in alike.values()
            if len(names) > 1
        ]
    findings += [
        Finding(
            FindingKind.NAMES_ALIKE,
            Gravity.WARNING,
            f"place {place.name} is on vertex {place.vertex}, but there is a vertex {place.name} "
            f"too, which is another place (@{place.name}); rename one",
            (place.vertex, place.name),
        )
        for place in site.places.values()
        if place.vertex != place.name and site.has_vertex(place.name)
    ]
    yield from bounded(findings, "{} more groups of names are easily taken for one another")


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).casefold()
    return _ZEROS.sub("", _BETWEEN.sub("_", plain))


def find_shared(site: Site) -> Iterable[Finding]:
    """Places on one vertex."""
    by_vertex: dict[str, list[Place]] = {}
    for place in site.places.values():
        by_vertex.setdefault(place.vertex, []).append(place)
    findings = [
        Finding(
            FindingKind.SHARED_VERTEX,
            Gravity.WARNING,
            f"the places {listed(place.name for place in places)} are all on vertex {vertex}: only "
            "one of them can be used at a time; give each a vertex of its own",
            (vertex,),
        )
        for vertex, places in by_vertex.items()
        if len(places) > 1
    ]
    yield from bounded(findings, "{} more vertices have several places each")


_USES = {
    PlaceKind.CHARGER: "robots cannot charge",
    PlaceKind.PARKING: "robots without work stay where they are, in the way of others",
}


def find_missing(site: Site) -> Iterable[Finding]:
    """Kinds of place that fleets need and the site has none of."""
    for kind, trouble in _USES.items():
        if not site.places_of_kind(kind):
            yield Finding(
                FindingKind.MISSING_KIND,
                Gravity.NOTE,
                f"the site has no {kind.value}: {trouble}; add places of that kind",
            )
