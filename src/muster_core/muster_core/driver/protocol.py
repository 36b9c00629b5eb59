"""What moves a robot: a driver, one per robot, chosen by name (entry points ``muster.drivers``).

A driver is asked to do one step at a time and is polled. It keeps no promise of its own: what was
accepted, finished or failed is kept by the agent.

In a fleet without traffic a driver finds its own way in a step ``go``. In a fleet with traffic no
``go`` is ever started: the agent has the robot drive along vertices that it holds, which takes a
:class:`WayDriver` (interface version 2). Drivers of version 1 serve fleets without traffic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Protocol, runtime_checkable

from muster_core.clock import Instant
from muster_core.config import Config
from muster_core.ids import RobotId
from muster_core.site import Site
from muster_core.task import Step

DRIVER_API_VERSION = 2
DRIVER_API_VERSION_MIN = 1
"""The oldest version of the interface that fleets without traffic still take."""
WAY_API_VERSION = 2
"""The first version in which drivers drive along ways."""


class StepState(str, Enum):
    """How far the driver is with the step it was given.

    ``FAILED`` and ``STOPPED`` say that the step was not done: of one that cannot be repeated, such
    as a pick, nothing may be left then. A driver that cannot be sure tells a fault while it is
    ``RUNNING``, or ``NONE``, a step that was forgotten; the agent then says that nobody knows.
    """

    NONE = "none"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class DriverReport:
    """What a driver knows. Position in m and rad, frame ``map``.

    :param vertex: the vertex it is at, or was at last; empty when unknown.
    :param battery: charge, 0 to 1.
    :param step_state: of the step or the drive begun last; stays until the next ``start``,
        ``drive`` or ``stop``.
    :param progress: of that step, 0 to 1.
    :param remaining_s: s until that step is expected to end; 0 when unknown.
    :param fault: why a person is needed; empty when none is.
    :param next_vertex: the other end of the edge that it is on; empty when it is at ``vertex``.
        Only for drivers that drive along ways.
    :param reached: the number of the vertex of its :class:`Way` that it has reached last; without
        meaning before the first ``drive``.
    """

    x: float
    y: float
    heading: float
    vertex: str
    battery: float
    step_state: StepState
    progress: float = 0.0
    remaining_s: float = 0.0
    message: str = ""
    fault: str = ""
    next_vertex: str = ""
    reached: int = 0


@dataclass(frozen=True, slots=True)
class Way:
    """Vertices that a robot may drive along, one after the other, each led to by an edge.

    The vertices of all ways of one driver are counted through, so that a vertex that is passed
    twice has two numbers.

    :param first: the number of ``vertices[0]``.
    :param vertices: from the one that the robot has reached last, as far as the caller knows, to
        the one where it is to stand.
    """

    first: int
    vertices: tuple[str, ...]

    @property
    def last(self) -> int:
        """The number of the vertex where the robot is to stand."""
        return self.first + len(self.vertices) - 1


class Driver(Protocol):
    """Moves one robot. Calls come from one thread and must return at once."""

    api_version: ClassVar[int]
    name: ClassVar[str]
    version: ClassVar[str]
    settings_type: ClassVar[type[Config]]

    @classmethod
    def create(cls, robot_id: RobotId, site: Site, settings: Any, now: Instant) -> Driver:
        """A driver that holds the robot.

        A robot that still moves for a driver before this one is told to stop; until it stands,
        ``poll`` says ``RUNNING``.

        :param settings: a ``settings_type``, made from the agent's ``driver_settings``.
        :raises MusterError: when the settings do not fit the site, or the robot cannot be held.
        """

    @property
    def verbs(self) -> tuple[str, ...]:
        """The verbs it can do."""

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What else orders may require of the robot; need not repeat the verbs."""

    @property
    def speed_mps_max(self) -> float:
        """The robot's greatest speed, m/s."""

    def estimate_s(self, steps: Sequence[Step], vertex: str) -> float:
        """How long ``steps`` take from ``vertex`` on, s; 0 when unknown. Changes nothing."""

    def start(self, step: Step, now: Instant) -> None:
        """Begin ``step``. What is wrong with it is told by ``poll`` as ``FAILED``, not raised."""

    def stop(self, now: Instant) -> None:
        """Stop at the next safe point; ``poll`` says ``STOPPED`` once it stands.

        Also called when the agent must end, which then waits a while for the robot to stand.

        A step that ends before such a point (a pick is not left half done) is ``FINISHED``, and so
        stays one that had ended already. Stopping what stands changes nothing.
        """

    def poll(self, now: Instant) -> DriverReport:
        """What is true now."""

    def close(self) -> None:
        """Let go of the robot. Closing twice is fine."""


class WayDriver(Driver, Protocol):
    """A driver that a fleet with traffic can use: it drives where it is led, and nowhere else.

    After Nav2's waypoints and the base of a VDA 5050 order: what is given may be driven, and is
    made longer while the robot drives.
    """

    def drive(self, way: Way, now: Instant) -> None:
        """Drive along ``way`` and stand at its end; not one vertex farther, whatever comes.

        ``poll`` says ``RUNNING`` from now on, then ``FINISHED`` once the robot stands at the end of
        the way given last. What is wrong is told by ``poll`` as ``FAILED``.

        Given again while the robot drives, a way has the same vertices under the same numbers as
        the one before, as far as both go. A longer one is gone on with without a stop. On a shorter
        one the robot stands at its end or, if it is past that, at the next vertex of the way before
        it; ``reached`` tells. Not called while a step is under way. A ``stop`` ends the drive at
        the next vertex; so does the end of the program that holds the robot, sooner or later.
        """


@runtime_checkable
class SiteFollower(Protocol):
    """A driver that keeps up with the site and the limits of its zones while it runs."""

    def use_site(self, site: Site, now: Instant) -> None:
        """Go by ``site`` from now on: its edges, and the speeds that its zones leave them.

        The robot may stand on, or be on its way to, a vertex that is not there any more; it goes on
        to tell that one.
        """
