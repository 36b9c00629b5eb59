"""The floor that is real: where each item is, whatever anybody believes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from random import Random
from typing import NamedTuple

from muster_core.ids import AttemptId, OrderId, RobotId, TaskId
from muster_core.site import Routes, Site, parse_site
from muster_core.task import Step
from muster_twin.simulation.history import History, Source
from muster_twin.simulation.timeline import Timeline

NOBODY = RobotId("")
SHELVES = 8
EDGE_M = 2.0

_COLUMNS = range(SHELVES + 2)
_SITE_TEXT = f"""
site: floor
allows_fetch: true
vertices:
{"".join(f"  v{i}: [{i * EDGE_M:g}, 0]" + chr(10) for i in _COLUMNS)}
{"".join(f"  w{i}: [{i * EDGE_M:g}, {EDGE_M:g}]" + chr(10) for i in _COLUMNS)}
edges:
  - [{", ".join(f"v{i}" for i in _COLUMNS)}]
  - [{", ".join(f"w{i}" for i in _COLUMNS)}]
{"".join(f"  - [v{i}, w{i}]" + chr(10) for i in _COLUMNS)}
places:
  pack_1: {{vertex: v0, kind: station}}
  pack_2: {{vertex: v{SHELVES + 1}, kind: station}}
  parking_1: {{vertex: v4, kind: parking}}
  parking_2: {{vertex: v5, kind: parking}}
"""


@cache
def floor_site() -> Site:
    """Two aisles side by side: ``shelf_1`` to ``shelf_8`` along one, a packing station at its ends.

    The other is there to go round who stands in the way; every place leads to it.
    """
    shelves = "".join(
        f"  shelf_{i}: {{vertex: v{i}, kind: shelf}}\n" for i in range(1, SHELVES + 1)
    )
    return parse_site(_SITE_TEXT + shelves, "floor.yaml")


@cache
def floor_routes() -> Routes:
    """The ways of the site; only a cache, so all simulations of a process share it."""
    return Routes(floor_site())


@cache
def path_between(start: str, end: str) -> tuple[str, ...]:
    """The vertices from ``start`` to ``end``, both included."""
    return floor_routes().path(start, end)


@cache
def neighbours_of(vertex: str) -> frozenset[str]:
    """The vertices that an edge leads to from ``vertex``."""
    return frozenset(edge.end for edge in floor_site().edges if edge.start == vertex)


class Work(NamedTuple):
    """What a step is done for."""

    order_id: OrderId
    task_id: TaskId
    attempt_id: AttemptId


class PickState(Enum):
    """What is known for certain of a pick, by one who sees everything."""

    RUNNING = "running"
    TAKEN = "taken"
    NOT_TAKEN = "not taken"  # the robot says so itself
    BROKEN_OFF = "broken off"  # the robot does not know


@dataclass(slots=True)
class Pick:
    """A pick that a robot has begun. ``place``: a place, or ``@vertex`` where a robot stands."""

    robot_id: RobotId
    place: str
    state: PickState = PickState.RUNNING

    @property
    def is_takeover(self) -> bool:
        """Whether it takes the item from a robot that stands somewhere."""
        return self.place.startswith("@")


@dataclass(slots=True)
class Item:
    """The thing that an order is about.

    :param place: where it lies; empty when a robot carries it.
    :param robot_id: who carries it; empty when it lies somewhere.
    :param picks: those begun since the item was put where it was first, or a person put it back.
    """

    order_id: OrderId
    place: str
    robot_id: RobotId = NOBODY
    picks: list[Pick] = field(default_factory=list)

    @property
    def whereabouts(self) -> str:
        """In words."""
        return f"on {self.robot_id}" if self.robot_id else f"at {self.place}"


class Floor:
    """All items, and a note of everything that is done to them.

    ``standing_at`` tells the vertex where a robot stands; empty while it moves.
    """

    def __init__(self, timeline: Timeline, chance: Random, history: History) -> None:
        self.timeline = timeline
        self.chance = chance
        self.history = history
        self.items: dict[OrderId, Item] = {}
        self.scanned: dict[OrderId, list[str]] = {}
        self.standing_at: Callable[[RobotId], str] = lambda _robot: ""

    def put(self, order_id: OrderId, place: str) -> None:
        """Put the order's item where the order will find it, unless it is in the world already."""
        self.items.setdefault(order_id, Item(order_id, place))

    def begin_pick(self, robot_id: RobotId, step: Step, work: Work) -> Pick:
        """A robot reaches for the order's item."""
        pick = Pick(robot_id, step.place)
        item = self.items.get(work.order_id)
        if item is not None:
            item.picks.append(pick)
        return pick

    def take(self, pick: Pick, work: Work) -> str:
        """Finish a pick; why it failed, or empty."""
        item = self.items.get(work.order_id)
        if item is None or not self._is_there(item, pick):
            pick.state = PickState.NOT_TAKEN
            return f"there is nothing of {work.order_id} at {pick.place}"
        if any(other.robot_id == pick.robot_id for other in self.items.values()):
            pick.state = PickState.NOT_TAKEN
            return "its hands are full"
        pick.state = PickState.TAKEN
        item.robot_id, item.place = pick.robot_id, ""
        self._note(item, "{} has the item of {}", pick.robot_id, item.order_id)
        return ""

    def set_down(self, robot_id: RobotId, place: str, work: Work) -> str:
        """Put the order's item down; why that failed, or empty."""
        item = self.items.get(work.order_id)
        if item is None or item.robot_id != robot_id:
            return f"it does not have the item of {work.order_id}"
        item.robot_id, item.place = NOBODY, place
        self._note(item, "{} puts the item of {} down at {}", robot_id, item.order_id, place)
        return ""

    def carry_by_hand(self, item: Item, place: str) -> None:
        """A person takes the item to ``place``; what was begun with it before counts no more."""
        self._note(item, "a person takes the item of {} to {}", item.order_id, place)
        item.robot_id, item.place = NOBODY, place
        item.picks.clear()

    def scan(self, place: str, work: Work) -> None:
        """A robot has looked at ``place``."""
        self.scanned.setdefault(work.order_id, []).append(place)

    def _is_there(self, item: Item, pick: Pick) -> bool:
        if not pick.is_takeover:
            return item.place == pick.place
        holder = item.robot_id
        is_apart = bool(holder) and holder != pick.robot_id
        return is_apart and self.standing_at(holder) == pick.place[1:]

    def _note(self, item: Item, *words: object) -> None:
        about = (item.order_id, item.robot_id) if item.robot_id else (item.order_id,)
        self.history.note(Source.FLOOR, about, *words)
