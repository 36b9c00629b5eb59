"""The open part of a site as a graph, and what its shape says; by vertices' numbers."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csgraph, csr_matrix  # type: ignore[import-untyped]

from muster_core.site.model import Site
from muster_core.site.routing import Routes

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """The edges that may be driven between vertices that are not closed.

    :param is_open: bool [vertices], whether the vertex is in no closed zone.
    :param is_main: bool [vertices], whether it is reached from, and left for, most of the site.
    :param forward: bool [vertices, vertices], from start to end.
    """

    is_open: Flags
    is_main: Flags
    forward: csr_matrix

    @staticmethod
    def of(site: Site) -> Ways:
        """Those of the site, under the limits in force."""
        edges, access = site.edge_arrays, site.access
        is_open = ~access.is_closed
        is_kept = access.is_open & is_open[edges.starts] & is_open[edges.ends]
        starts, ends = edges.starts[is_kept], edges.ends[is_kept]
        size = len(site.vertices)
        shape = (np.ones(len(starts), dtype=np.int8), (starts, ends))
        return Ways(is_open, Routes(site).main, csr_matrix(shape, shape=(size, size)))

    def reached(self) -> Flags:
        """Bool [vertices]: whether there is a way from the main part."""
        return self._from_main(self.forward)

    def leaving(self) -> Flags:
        """Bool [vertices]: whether there is a way to the main part."""
        return self._from_main(self.forward.T.tocsr())

    def _from_main(self, matrix: csr_matrix) -> Flags:
        is_found = np.zeros(len(self.is_main), dtype=np.bool_)
        order = csgraph.breadth_first_order(
            matrix, int(np.argmax(self.is_main)), directed=True, return_predecessors=False
        )
        is_found[order] = True
        return is_found

    def neighbours(self, is_in: Flags) -> csr_matrix:
        """Bool [vertices, vertices]: which of these vertices an edge joins, in either direction."""
        both = self.forward.maximum(self.forward.T)
        rows, columns = both.nonzero()
        is_kept = is_in[rows] & is_in[columns]
        rows, columns = rows[is_kept], columns[is_kept]
        shape = (np.ones(len(rows), dtype=np.int8), (rows, columns))
        return csr_matrix(shape, shape=both.shape)


def peeled(joined: csr_matrix) -> Flags:
    """Bool [vertices]: which vertices fall away when ends of one neighbour are taken off in turn.

    :param joined: symmetric. What is left is where every vertex lies between two others.
    """
    degrees = np.diff(joined.indptr)
    left = degrees.tolist()
    is_peeled = np.zeros(len(left), dtype=np.bool_)
    queue = deque(np.flatnonzero(degrees == 1).tolist())
    while queue:
        at = queue.popleft()
        is_peeled[at] = True
        for beside in joined.indices[joined.indptr[at] : joined.indptr[at + 1]].tolist():
            if not is_peeled[beside]:
                left[beside] -= 1
                if left[beside] == 1:
                    queue.append(beside)
    return is_peeled


def pieces(joined: csr_matrix, is_in: Flags) -> list[list[int]]:
    """The connected parts of these vertices, the largest first, each in ascending order."""
    inside = np.flatnonzero(is_in)
    if not len(inside):
        return []
    _, labels = csgraph.connected_components(joined[inside][:, inside], directed=False)
    order = np.argsort(labels, kind="stable")
    parts = np.split(inside[order], np.flatnonzero(np.diff(labels[order])) + 1)
    return sorted((part.tolist() for part in parts), key=lambda part: (-len(part), part[0]))


def cut_vertices(joined: csr_matrix) -> dict[int, int]:
    """The vertices without which a part falls apart, each with how many others it cuts off.

    What it cuts off is all but the largest of what remains of its part. By depth-first search
    (J. Hopcroft and R. Tarjan, 1973), without recursion.

    :param joined: symmetric.
    """
    bounds, beside = joined.indptr.tolist(), joined.indices.tolist()
    count = len(bounds) - 1
    found, lowest = [-1] * count, [0] * count  # when a vertex was found, and what it gets back to
    size, parent = [1] * count, [-1] * count
    next_edge = bounds[:-1]
    hung: dict[int, list[int]] = {}  # sizes of what hangs on a vertex alone
    cuts: dict[int, int] = {}
    clock = 0
    for root in range(count):
        if found[root] >= 0 or bounds[root] == bounds[root + 1]:
            continue
        first, path = clock, [root]
        found[root] = lowest[root] = clock
        clock += 1
        while path:
            at = path[-1]
            if next_edge[at] < bounds[at + 1]:
                there = beside[next_edge[at]]
                next_edge[at] += 1
                if found[there] < 0:
                    parent[there] = at
                    found[there] = lowest[there] = clock
                    clock += 1
                    path.append(there)
                elif there != parent[at]:
                    lowest[at] = min(lowest[at], found[there])
                continue
            path.pop()
            above = parent[at]
            if above >= 0:
                size[above] += size[at]
                lowest[above] = min(lowest[above], lowest[at])
                if lowest[at] >= found[above]:
                    hung.setdefault(above, []).append(size[at])
        total = clock - first
        for vertex, sizes in hung.items():
            rest = total - 1 - sum(sizes)
            parts = sizes if vertex == root else [*sizes, rest]
            if len(parts) > 1:
                cuts[vertex] = sum(parts) - max(parts)
        hung = {}
    return cuts
