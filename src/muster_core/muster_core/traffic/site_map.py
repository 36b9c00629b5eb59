"""A site's map under the limits of its zones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from muster_core.site import Site
from muster_core.traffic.graph import MS_PER_S, Graph
from muster_core.traffic.map import TrafficMap, ZoneRule


def map_of_site(site: Site) -> TrafficMap:
    """The map of ``site`` as its zones leave it now: what may be driven, how fast, by how many."""
    if not site.zones:
        return TrafficMap.of_site(site)
    edges, access = site.edge_arrays, site.access
    speeds_mps = np.minimum(access.speeds_mps, site.speed_mps)
    costs_ms = np.maximum(1, np.rint(edges.lengths_m / speeds_mps * MS_PER_S)).astype(np.int32)
    is_open = access.is_open
    graph = Graph.of_edges(
        len(site.vertices), edges.starts[is_open], edges.ends[is_open], costs_ms[is_open]
    )
    zones = tuple(
        ZoneRule(
            zone.name,
            frozenset(site.vertex_index(vertex) for vertex in zone.vertices),
            zone.limits.robots_max,
            zone.limits.is_closed,
        )
        for zone in site.zones.values()
        if zone.limits.robots_max is not None or zone.limits.is_closed
    )
    return replace(TrafficMap.of_site(site), graph=graph, zones=zones)
