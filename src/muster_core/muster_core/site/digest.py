"""The digest of a site's content, by which processes know that they share a site."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from muster_core.site.elements import Edge, Place, Vertex
from muster_core.site.zone import Zone


def site_digest(
    head: tuple[str, str, float, bool],
    vertices: Sequence[Vertex],
    edges: Sequence[Edge],
    places: Iterable[Place],
    zones: Iterable[Zone],
) -> str:
    """SHA-256 of the content; lengths to the micrometre, for their last bits differ by machine.

    What came to sites later is left out where it is not used, so that old sites keep their digest.

    :param head: name, frame, reference speed in m/s, and whether robots may take items over.
    """
    name, frame, speed_mps, allows_fetch = head
    lengths = {edge.length_m: f"{edge.length_m:.6f}" for edge in edges}
    content: tuple[object, ...] = (
        name,
        frame,
        float(speed_mps),
        [(v.name, float(v.x) + 0.0, float(v.y) + 0.0) for v in vertices],  # + 0.0: no -0.0
        [
            (
                e.start,
                e.end,
                lengths[e.length_m],
                None if e.speed_mps_max is None else float(e.speed_mps_max),
            )
            for e in edges
        ],
        [(p.name, p.vertex, p.kind.value) for p in places],
    )
    if allows_fetch:
        content = (*content, "allows_fetch")
    described = [_zone(zone) for zone in zones]
    if described:
        content = (*content, ("zones", described))
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()


def _zone(zone: Zone) -> tuple[object, ...]:
    limits = zone.limits
    return (
        zone.name,
        zone.vertices,
        limits.robots_max,
        None if limits.speed_mps_max is None else float(limits.speed_mps_max),
        None if limits.one_way_deg is None else float(limits.one_way_deg),
        bool(limits.is_closed),
    )
