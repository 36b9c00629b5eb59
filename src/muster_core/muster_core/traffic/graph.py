"""The graph that traffic plans on: vertices and edges as numbers and flat arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

from muster_core.site import Site

MS_PER_S = 1000
Int32s = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Graph:
    """Vertices 0 to ``count - 1`` and directed edges, sorted by start, then end (CSR).

    :param indptr: int32 [vertices + 1]; the edges of vertex v are ``indptr[v]`` to
        ``indptr[v + 1]``.
    :param ends: int32 [edges].
    :param costs: int32 [edges], at least 1; steps on a grid, ms on a site.
    """

    indptr: Int32s
    ends: Int32s
    costs: Int32s

    @classmethod
    def of_edges(cls, count: int, starts: Int32s, ends: Int32s, costs: Int32s | int = 1) -> Graph:
        """The graph of ``count`` vertices with these edges, given in any order."""
        order = np.lexsort((ends, starts))
        costs_all = np.broadcast_to(np.asarray(costs, dtype=np.int32), (len(order),))[order]
        indptr = np.zeros(count + 1, dtype=np.int32)
        np.cumsum(np.bincount(starts, minlength=count), out=indptr[1:])
        return cls(indptr, np.asarray(ends, dtype=np.int32)[order], costs_all.copy())

    @property
    def count(self) -> int:
        """How many vertices there are."""
        return len(self.indptr) - 1

    @cached_property
    def starts(self) -> Int32s:
        """int32 [edges], the first vertex of each edge."""
        return np.repeat(np.arange(self.count, dtype=np.int32), np.diff(self.indptr))

    @cached_property
    def near(self) -> Int32s:
        """int32 [vertices, 1 + greatest degree]: a vertex itself, what follows it, and -1."""
        degrees = np.diff(self.indptr)
        near = np.full((self.count, 1 + int(degrees.max(initial=0))), -1, dtype=np.int32)
        near[:, 0] = np.arange(self.count)
        near[self.starts, 1 + np.arange(len(self.ends)) - self.indptr[self.starts]] = self.ends
        return near

    @cached_property
    def backward(self) -> csr_matrix:
        """Costs, float64 [end, start]: what leads to a vertex, for searches from the goal."""
        shape = (self.count, self.count)
        return csr_matrix((self.costs.astype(np.float64), (self.ends, self.starts)), shape=shape)

    @cached_property
    def is_symmetric(self) -> bool:
        """Whether each edge can be driven both ways."""
        ways = self.starts.astype(np.int64) * self.count + self.ends
        back = self.ends.astype(np.int64) * self.count + self.starts
        return bool(np.array_equal(ways, np.sort(back)))

    @cached_property
    def bridges(self) -> npt.NDArray[np.bool_]:
        """bool, as ``near``: whether the graph falls apart without that edge, driven both ways.

        (R. E. Tarjan, 1974: an edge that no way back leads round.)
        """
        ends = [
            row[1 : 1 + n] for row, n in zip(self.near.tolist(), np.diff(self.indptr), strict=True)
        ]
        order, parents = _depth_first(ends)
        came = {vertex: number for number, vertex in enumerate(order)}
        is_bridge = np.zeros(self.near.shape, dtype=np.bool_)
        back = dict(came)  # the earliest visit that a way from below a vertex leads back to
        for vertex in reversed(order):
            parent = parents[vertex]
            for end in ends[vertex]:
                if end != parent:
                    back[vertex] = min(
                        back[vertex], back[end] if parents[end] == vertex else came[end]
                    )
            if parent >= 0 and back[vertex] == came[vertex]:
                is_bridge[vertex, 1 + ends[vertex].index(parent)] = True
                is_bridge[parent, 1 + ends[parent].index(vertex)] = True
        return is_bridge

    @cached_property
    def is_uniform(self) -> bool:
        """Whether every edge costs 1, as on a grid."""
        return bool((self.costs == 1).all())

    def after(self, vertex: int) -> list[int]:
        """The vertices that an edge leads to from ``vertex``, in ascending order."""
        ends: list[int] = self.ends[self.indptr[vertex] : self.indptr[vertex + 1]].tolist()
        return ends


def _depth_first(ends: list[list[int]]) -> tuple[list[int], list[int]]:
    """The vertices in the order of a depth first search, and from where each was come to, or -1."""
    parents = [-2] * len(ends)
    order = []
    for root in range(len(ends)):
        if parents[root] != -2:
            continue
        parents[root] = -1
        order.append(root)
        stack = [iter(ends[root])]
        path = [root]
        while stack:
            for end in stack[-1]:
                if parents[end] == -2:
                    parents[end] = path[-1]
                    order.append(end)
                    stack.append(iter(ends[end]))
                    path.append(end)
                    break
            else:
                stack.pop()
                path.pop()
    return order, parents


def graph_of_site(site: Site) -> Graph:
    """What may be driven of a site under the limits of its zones, one-way and speed included.

    Vertices are numbered as in ``site.vertices``; costs are ms.
    """
    edges, access = site.edge_arrays, site.access
    speeds_mps = np.minimum(access.speeds_mps, site.speed_mps)
    costs = np.maximum(1, np.rint(edges.lengths_m / speeds_mps * MS_PER_S)).astype(np.int32)
    kept = access.is_open
    return Graph.of_edges(
        len(site.vertices),
        edges.starts[kept].astype(np.int32),
        edges.ends[kept].astype(np.int32),
        costs[kept],
    )
