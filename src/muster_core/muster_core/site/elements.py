"""What a site is made of: vertices, edges, and the places that orders can name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class PlaceKind(str, Enum):
    """What a place is for."""

    SHELF = "shelf"
    STATION = "station"
    CHARGER = "charger"
    PARKING = "parking"


@dataclass(frozen=True, slots=True)
class Vertex:
    """A point where a robot can stand; ``x`` and ``y`` in m, in the site's frame (REP-103)."""

    name: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from one vertex to another, in this direction only.

    :param speed_mps_max: the greatest speed allowed here, m/s; None = the site's speed.
    """

    start: str
    end: str
    length_m: float
    speed_mps_max: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A vertex that orders can name, and what is there."""

    name: str
    vertex: str
    kind: PlaceKind


def kind_names() -> str:
    """The kinds of place, as a list for people."""
    return ", ".join(kind.value for kind in PlaceKind)
