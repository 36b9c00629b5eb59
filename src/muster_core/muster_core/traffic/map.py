"""The site as traffic sees it: a graph with names, places in the plane, and limited zones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from muster_core.site import Site, Zone
from muster_core.traffic.graph import Graph, graph_of_site
from muster_core.traffic.guidance import bridges_of, guided_costs


@dataclass(frozen=True, slots=True)
class ZoneRule:
    """Limits of some vertices. One-way and speed limits are in the map's graph instead.

    :param vertices: their numbers.
    :param robots_max: how many robots may hold vertices of it at once; None = any number.
    :param is_closed: nobody may enter; who is inside may leave.
    """

    name: str
    vertices: frozenset[int]
    robots_max: int | None = None
    is_closed: bool = False


def zone_rule(site: Site, zone: Zone) -> ZoneRule:
    """What a site's zone asks of traffic beyond what is in the graph."""
    return ZoneRule(
        zone.name,
        frozenset(map(site.vertex_index, zone.vertices)),
        zone.limits.robots_max,
        zone.limits.is_closed,
    )


@dataclass(frozen=True, eq=False)
class TrafficMap:
    """Everything about a site that decides who may drive where.

    :param names: of the vertices, by number.
    :param positions_m: (x, y) of the vertices in the site's frame, m.
    :param is_guided: whether streets have directions that robots prefer; see ``guidance.py``.
    """

    names: tuple[str, ...]
    positions_m: tuple[tuple[float, float], ...]
    graph: Graph
    zones: tuple[ZoneRule, ...] = ()
    is_guided: bool = False

    @cached_property
    def guided(self) -> Graph:
        """The same graph with the costs by which robots choose their ways."""
        if not self.is_guided:
            return self.graph
        graph = self.graph
        return Graph(graph.indptr, graph.ends, guided_costs(graph, self.positions_m))

    @classmethod
    def of_site(cls, site: Site, zones: Sequence[ZoneRule] = ()) -> TrafficMap:
        """The map of a site under the limits of its zones; robots prefer directions on its lanes.

        When limits change while robots run, the map of ``site.with_limits(...)`` goes into
        :class:`MapChanged`: vertices keep their names and numbers.

        :param zones: further rules.
        """
        return cls(
            tuple(vertex.name for vertex in site.vertices),
            tuple((vertex.x, vertex.y) for vertex in site.vertices),
            graph_of_site(site),
            (*(zone_rule(site, zone) for zone in site.zones.values()), *zones),
            is_guided=True,
        )

    @classmethod
    def of_graph(cls, graph: Graph, zones: Sequence[ZoneRule] = ()) -> TrafficMap:
        """A map whose vertices have their numbers as names and stand in a row."""
        numbers = range(graph.count)
        names = tuple(str(number) for number in numbers)
        return cls(names, tuple((float(number), 0.0) for number in numbers), graph, tuple(zones))

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The vertices' numbers by their names."""
        return {name: number for number, name in enumerate(self.names)}

    @cached_property
    def after(self) -> tuple[tuple[int, ...], ...]:
        """For each vertex, those that an edge leads to, in ascending order."""
        return tuple(tuple(self.graph.after(vertex)) for vertex in range(self.graph.count))

    @cached_property
    def before(self) -> tuple[tuple[int, ...], ...]:
        """For each vertex, those that an edge leads from, in ascending order."""
        before: list[list[int]] = [[] for _ in self.names]
        for vertex, ends in enumerate(self.after):
            for end in ends:
                before[end].append(vertex)
        return tuple(map(tuple, before))

    @cached_property
    def mouths(self) -> dict[int, int]:
        """For each dead end of a single vertex, the vertex that one comes and goes by."""
        return {
            vertex: after[0]
            for vertex, (after, before) in enumerate(zip(self.after, self.before, strict=True))
            if len(after) == 1 and after == before
        }

    @cached_property
    def narrows(self) -> frozenset[int]:
        """Vertices with an edge that no other way leads round.

        Priority inheritance alone gets nobody past another there; elsewhere it does.
        """
        return frozenset(vertex for pair in bridges_of(self.graph) for vertex in pair)

    @cached_property
    def cost_common(self) -> int:
        """What an edge costs that is neither one of the shorter nor one of the longer ones."""
        costs = self.graph.costs
        return int(np.median(costs)) if len(costs) else 1

    @cached_property
    def costs(self) -> dict[tuple[int, int], int]:
        """What each edge costs, by its ends."""
        return _costs_of(self.graph)

    @cached_property
    def guided_costs(self) -> dict[tuple[int, int], int]:
        """What each edge counts where ways are chosen, by its ends."""
        return _costs_of(self.guided) if self.is_guided else self.costs

    @cached_property
    def zones_of(self) -> dict[int, tuple[ZoneRule, ...]]:
        """The zones that a vertex is in, for vertices that are in any."""
        zones: dict[int, tuple[ZoneRule, ...]] = {}
        for zone in self.zones:
            for vertex in zone.vertices:
                zones[vertex] = (*zones.get(vertex, ()), zone)
        return zones

    def nearest(self, x: float, y: float) -> int:
        """The vertex nearest to a point as the crow flies."""
        squares = [(px - x) ** 2 + (py - y) ** 2 for px, py in self.positions_m]
        return squares.index(min(squares))


def _costs_of(graph: Graph) -> dict[tuple[int, int], int]:
    ends = zip(graph.starts.tolist(), graph.ends.tolist(), strict=True)
    return dict(zip(ends, graph.costs.tolist(), strict=True))
