"""Where robots wait that have nothing to do: spread out, so that the next task is near to one.

Each place that tasks may come from counts for the robot that could be there first, busy ones
included. An idle robot goes to the middle of its places: to the one from which the sum of the
steps to all of them, each as often as tasks have come from it, is the least. Done at every step,
that is Lloyd's way to place facilities (S. P. Lloyd, 1982; known as k-medians).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from muster_core.traffic.distances import FAR, Distances
from muster_core.traffic.graph import Int32s
from muster_core.traffic.matching import Availability

PLACES_MAX = 400
"""How many places are told apart; of more, so many of them evenly stand for all."""
PRIOR_TASKS = 2
"""As how many tasks each place counts from which none has come yet."""


class Posts:
    """Knows the places that tasks may come from, and how often they did.

    :param places: vertices, int32 [places], all different; at least one.
    :param distances: those of the fleet's graph, of which every way can be driven back.
    """

    def __init__(self, places: Int32s, distances: Distances) -> None:
        picked = np.linspace(0, len(places) - 1, min(len(places), PLACES_MAX)).round()
        self._places: Int32s = places[picked.astype(np.int64)]
        self._tables = np.stack([distances.to(place) for place in self._places.tolist()])
        np.minimum(self._tables, FAR // PLACES_MAX, out=self._tables)  # so that sums fit
        self._between = self._tables[:, self._places].astype(np.int64)
        self._tasks = np.full(len(self._places), PRIOR_TASKS, dtype=np.int64)

    def note_task(self, pickup: int) -> None:
        """A task came from there; counts for the place that is nearest."""
        self._tasks[int(self._tables[:, pickup].argmin())] += 1

    def spread(self, robots: Availability, is_idle: npt.NDArray[np.bool_]) -> Int32s:
        """Where each idle robot should wait, int32 [robots]; the others' places stay as they are.

        :param robots: when and where each is free; leave out nobody who will be there for tasks.
        """
        goals = robots.vertices.copy()
        if not is_idle.any():
            return goals
        reach = self._tables[:, robots.vertices] + robots.steps
        owners = reach.argmin(axis=1)
        order = np.argsort(owners, kind="stable")
        held, begins = np.unique(owners[order], return_index=True)
        sums = np.add.reduceat(self._between[order] * self._tasks[order, np.newaxis], begins)
        middles = self._places[sums.argmin(axis=1)]
        is_moved = is_idle[held]
        goals[held[is_moved]] = middles[is_moved]
        return goals
