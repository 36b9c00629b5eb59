"""The floor under the bodies of one process, which their agents' threads share."""

from __future__ import annotations

import threading
from random import Random

from muster_core.site import Site
from muster_twin.warehouse.ground import Ground
from muster_twin.warehouse.referee import Referee
from muster_twin.warehouse.starts import start_vertices

SITES_MAX = 8


class SharedReferee(Referee):
    """A referee for bodies whose agents have a thread each.

    A robot drives to a vertex only after its last holder was seen to have left it, so what one
    thread tells comes after what it follows from; how the threads are scheduled changes nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.bumps: dict[str, str] = {}
        self._lock = threading.RLock()

    def arrive(self, robot: str, start: str) -> None:
        """See :class:`Referee`."""
        with self._lock:
            super().arrive(robot, start)

    def remove(self, robot: str) -> None:
        """See :class:`Referee`."""
        with self._lock:
            super().remove(robot)
            self.bumps.pop(robot, None)

    def _enter(self, robot: str, vertex: str, at_s: float) -> None:
        with self._lock:
            before = self.collisions_total
            super()._enter(robot, vertex, at_s)
            if self.collisions_total > before:
                other = self._at[vertex]
                self.bumps.setdefault(robot, f"{other} at {vertex}")
                self.bumps.setdefault(other, f"{robot} at {vertex}")


class Floor:
    """One site as the bodies of this process drive it."""

    def __init__(self, site: Site, seed: int) -> None:
        self.ground = Ground(site)
        self.referee = SharedReferee()
        self.starts = start_vertices(self.ground, Random(f"{seed}/starts"))


_floors: dict[tuple[str, int], Floor] = {}
_lock = threading.Lock()


def floor_of(site: Site, seed: int) -> Floor:
    """The floor that all bodies of this process on that site share."""
    key = (site.digest, seed)
    with _lock:
        if key not in _floors:
            if len(_floors) >= SITES_MAX:
                del _floors[next(iter(_floors))]
            _floors[key] = Floor(site, seed)
        return _floors[key]
