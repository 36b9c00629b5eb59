"""Where vertices stand too close, and lengths that cannot be."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.spatial import cKDTree  # type: ignore[import-untyped]

from muster_core.site.examine.finding import Finding, FindingKind, Gravity
from muster_core.site.model import Site
from muster_core.site.names import listed

SAME_POINT_M = 0.01
"""Vertices nearer to each other stand on one point, whatever the size of robots."""
SHORTER_SHARE = 0.99
"""An edge shorter than this share of the straight line is contradicted by where its ends are."""


def find_close(site: Site, robot_m: float | None) -> Iterable[Finding]:
    """Vertices at which two robots would touch.

    :param robot_m: how far apart the middles of two robots must be, m; None = not known, so that
        only vertices on one point are found.
    """
    if len(site.vertices) < 2:
        return
    near_m = max(robot_m or 0.0, SAME_POINT_M)
    distances_m, nearest = cKDTree(site.positions_m).query(site.positions_m, k=2)
    single = [frozenset(z.vertices) for z in site.zones.values() if z.limits.robots_max == 1]
    pairs = []
    for number in np.flatnonzero(distances_m[:, 1] < near_m).tolist():
        # The point itself is one of the two, but which one is open when both are on one point.
        other = int(nearest[number, 1] if nearest[number, 1] != number else nearest[number, 0])
        pair = tuple(site.vertices[i].name for i in sorted((number, other)))
        if not any(zone.issuperset(pair) for zone in single):
            pairs.append((float(distances_m[number, 1]), pair))
    if not pairs:
        return
    pairs = sorted(set(pairs))
    vertices = tuple(dict.fromkeys(name for _, pair in pairs for name in pair))
    words = [f"{a} and {b} ({distance_m:.2f} m)" for distance_m, (a, b) in pairs]
    yield Finding(
        FindingKind.TOO_CLOSE,
        Gravity.FAULT if pairs[0][0] < SAME_POINT_M else Gravity.WARNING,
        f"{len(vertices)} vertices stand closer than {near_m:.10g} m to another, so that robots on "
        f"both would touch: {listed(words)}; move or merge them, or make a zone of both with "
        "robots_max 1",
        vertices,
    )


def find_short(site: Site) -> Iterable[Finding]:
    """Edges that are shorter than the straight line between their ends."""
    edges = site.edge_arrays
    offsets_m = site.positions_m[edges.ends] - site.positions_m[edges.starts]
    straight_m = np.hypot(offsets_m[:, 0], offsets_m[:, 1])
    short = np.flatnonzero(edges.lengths_m < SHORTER_SHARE * straight_m).tolist()
    if not short:
        return
    words, vertices = [], []
    for number in short:
        edge = site.edges[number]
        words.append(
            f"{edge.start} -> {edge.end} ({edge.length_m:.2f} m for {straight_m[number]:.2f} m)"
        )
        vertices += [edge.start, edge.end]
    said = f"{len(short)} edges are" if len(short) > 1 else "1 edge is"
    yield Finding(
        FindingKind.TOO_SHORT,
        Gravity.WARNING,
        f"{said} shorter than the straight line between the ends: {listed(words)}; correct the "
        "length or the vertices",
        tuple(dict.fromkeys(vertices)),
    )
