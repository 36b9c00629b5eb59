"""A fleet that picks up and delivers, decided on together, step by step: who, where to, which way.

(H. Ma, J. Li, T. K. S. Kumar, S. Koenig: Lifelong Multi-Agent Path Finding for Online Pickup and
Delivery Tasks, AAMAS 2017, states the problem.) Time goes in steps. In each, robots pick up and put
down where they stand, which takes no time, and then all move at once. Tasks are known from when
they are released. A robot carries one thing at a time; what it has picked up it delivers, and until
then tasks are matched to robots anew at every step.

The parts: ``matching.py`` says who fetches what, ``posts.py`` where the idle ones wait, and
``joint_plan.py`` how all of them get there without detours and collisions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from muster_core.errors import MusterError
from muster_core.traffic.distances import FAR
from muster_core.traffic.graph import Graph, Int32s
from muster_core.traffic.joint_plan import JointPlan
from muster_core.traffic.matching import NOTHING, Availability, Waiting, match
from muster_core.traffic.motion import PlainMotion
from muster_core.traffic.posts import Posts

WEIGHT_BUSY, WEIGHT_IDLE = 8, 1
"""What a step of delay weighs for a robot with a task and for one without."""


class DeliveryError(MusterError):
    """A fleet or a task that cannot be."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A task: from one vertex to another. The number is the caller's, and unique."""

    number: int
    pickup: int
    dropoff: int


@dataclass(frozen=True, slots=True)
class Handover:
    """A robot has picked up or put down the thing of a task, where it stands."""

    robot: int
    task: int
    is_pickup: bool


class DeliveryFleet:
    """All robots and tasks. At each step: :meth:`release`, :meth:`hand_over`, :meth:`move`.

    How many tasks wait is the caller's to bound; a match looks at the oldest ``CANDIDATES_MAX``.

    :param positions: int32 [robots], vertices, all different.
    :param places: int32 [places], the vertices that tasks may come from; at least one.
    :raises DeliveryError: when positions or places are not such.
    """

    def __init__(self, graph: Graph, positions: Int32s, places: Int32s) -> None:
        _check_vertices("position", positions, graph)
        _check_vertices("place", places, graph)
        if len(places) == 0:
            raise DeliveryError("no places; name at least one vertex that tasks may come from")
        self.positions = positions.astype(np.int32)
        """int32 [robots]: where they are now."""
        motion = PlainMotion(graph)
        self._distances = motion.distances
        self._plan = JointPlan(motion)
        self._posts = Posts(places.astype(np.int32), motion.distances)
        self._waiting: dict[int, Delivery] = {}
        self._lengths: dict[int, int] = {}
        self._carried: list[Delivery | None] = [None] * len(positions)
        self._fetched: list[Delivery | None] = [None] * len(positions)

    @property
    def open_tasks(self) -> int:
        """How many tasks are not yet delivered."""
        return len(self._lengths)

    def release(self, task: Delivery) -> None:
        """Take in a task.

        :raises DeliveryError: when its number is in use or no way leads there.
        """
        if task.number in self._lengths:
            raise DeliveryError(f"task {task.number} is there already; give it another number")
        _check_vertices(
            f"task {task.number}: vertex",
            np.array([task.pickup, task.dropoff]),
            self._distances.graph,
            may_repeat=True,
        )
        length = int(self._distances.to(task.dropoff)[task.pickup])
        if length >= FAR:
            raise DeliveryError(
                f"task {task.number}: no way leads from vertex {task.pickup} to {task.dropoff}"
            )
        if (self._distances.to(task.pickup)[self.positions] >= FAR).all():
            raise DeliveryError(
                f"task {task.number}: no robot has a way to vertex {task.pickup}, its pickup"
            )
        self._waiting[task.number] = task
        self._lengths[task.number] = length
        self._posts.note_task(task.pickup)

    def hand_over(self) -> list[Handover]:
        """What is picked up and put down where the robots stand, in this order."""
        done: list[Handover] = []
        while True:
            done += self._put_down()
            self._match()
            picked = self._pick_up()
            if not picked:
                return done
            done += picked

    def move(self) -> Int32s:
        """Move all robots by a step; their new positions."""
        availability = self._availability()
        carried = _vertices(self._carried, "dropoff")
        fetched = _vertices(self._fetched, "pickup")
        is_carrying, is_fetching = carried >= 0, fetched >= 0
        is_idle = ~is_carrying & ~is_fetching
        posts = self._posts.spread(self._without_fetching(availability), is_idle)
        goals = np.where(is_carrying, carried, np.where(is_fetching, fetched, posts))
        afterwards = np.where(is_carrying, fetched, _vertices(self._fetched, "dropoff"))
        left = np.where(is_carrying, availability.steps, 0)
        self.positions = self._plan.step(
            self.positions,
            goals.astype(np.int32),
            then=afterwards.astype(np.int32),
            weights=np.where(is_idle, WEIGHT_IDLE, WEIGHT_BUSY).astype(np.int32),
            priorities=2 * FAR * is_carrying + FAR * is_fetching - left.astype(np.int64),
        )
        return self.positions

    def _put_down(self) -> list[Handover]:
        done = []
        for robot, task in enumerate(self._carried):
            if task is not None and self.positions[robot] == task.dropoff:
                self._carried[robot] = None
                del self._lengths[task.number]
                done.append(Handover(robot, task.number, is_pickup=False))
        return done

    def _pick_up(self) -> list[Handover]:
        done = []
        for robot, task in enumerate(self._fetched):
            if task is None or self._carried[robot] or self.positions[robot] != task.pickup:
                continue
            self._carried[robot], self._fetched[robot] = task, None
            del self._waiting[task.number]
            done.append(Handover(robot, task.number, is_pickup=True))
        return done

    def _match(self) -> None:
        """Say anew which of the waiting tasks each robot fetches next."""
        tasks = list(self._waiting.values())
        waiting = Waiting(
            np.array([task.pickup for task in tasks], dtype=np.int32),
            np.array([task.dropoff for task in tasks], dtype=np.int32),
            np.array([self._lengths[task.number] for task in tasks], dtype=np.int32),
        )
        matched = match(self._availability(), waiting, self._distances).tolist()
        self._fetched = [None if index == NOTHING else tasks[index] for index in matched]

    def _availability(self) -> Availability:
        """When and where each robot has delivered what it carries."""
        carried = _vertices(self._carried, "dropoff")
        is_carrying = carried >= 0
        rows = self._distances.rows(carried[is_carrying].tolist())
        steps = np.zeros(len(carried), dtype=np.int32)
        row_of = [rows[vertex] for vertex in carried[is_carrying].tolist()]
        steps[is_carrying] = self._distances.table[row_of, self.positions[is_carrying]]
        return Availability(np.where(is_carrying, carried, self.positions), steps)

    def _without_fetching(self, availability: Availability) -> Availability:
        """The same, but for robots that are going to fetch something: those are long away."""
        is_fetching = _vertices(self._fetched, "pickup") >= 0
        return Availability(
            availability.vertices, np.where(is_fetching, FAR, availability.steps).astype(np.int32)
        )


def _vertices(tasks: list[Delivery | None], end: str) -> Int32s:
    """int32 [robots]: where each robot's task begins or ends; -1 = none."""
    return np.array([-1 if t is None else getattr(t, end) for t in tasks], dtype=np.int32)


def _check_vertices(what: str, vertices: Int32s, graph: Graph, *, may_repeat: bool = False) -> None:
    for vertex in vertices.tolist():
        if not 0 <= vertex < graph.count:
            raise DeliveryError(
                f"{what} {vertex} is not one of the vertices 0 to {graph.count - 1}"
            )
    if not may_repeat and len(set(vertices.tolist())) < len(vertices):
        raise DeliveryError(f"{what}s repeat; each may be given once")
