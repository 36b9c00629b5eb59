"""A robot's agent in the twin: production's core and worker, with a body for a driver."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from muster_core import __version__
from muster_core.agent import Abilities, AgentConfig, AgentCore, AgentState, Worker
from muster_core.agent.effects import TellProgress
from muster_core.clock import Instant
from muster_core.ids import RobotId
from muster_core.log import MemoryLog
from muster_core.robot import RobotDescription, RobotReport
from muster_core.scheduler.inputs import RobotDescribed, RobotReported
from muster_core.site import Place, PlaceKind
from muster_core.task import Outcome
from muster_core.traffic.inputs import TrafficReport
from muster_twin.simulation.clock import Clock
from muster_twin.simulation.timeline import Timeline
from muster_twin.warehouse.driver import BodyDriver
from muster_twin.warehouse.ground import Ground
from muster_twin.warehouse.stopwatch import Stopwatch
from muster_twin.warehouse.turns import Turns

HEARTBEAT_S = 10.0
"""How often a robot reports when nothing changes. Real ones do so ten times as often, for links
that lose messages; nothing is lost here, and each change is told at once."""
DELAY_S = 0.02


class Agent:
    """One robot's agent.

    :param tell: takes what the scheduler is to hear.
    :param phase_s: when it starts, s from now.
    """

    def __init__(
        self,
        robot_id: RobotId,
        driver: BodyDriver,
        ground: Ground,
        *,
        timeline: Timeline,
        clock: Clock,
        stopwatch: Stopwatch,
        tell: Callable[[Any], None],
        phase_s: float,
    ) -> None:
        self.robot_id = robot_id
        self._tell = tell
        self._clock = clock
        self._stopwatch = stopwatch
        config = AgentConfig(
            site=ground.site.name,
            driver=driver.name,
            heartbeat_period_s=HEARTBEAT_S,
            tick_s=HEARTBEAT_S,
            alone_after_s=86_400.0,  # the scheduler is never away
        )
        core = AgentCore(
            config,
            robot_id,
            abilities=_abilities(driver, ground),
            state=AgentState(attempts_remembered_max=config.attempts_remembered_max),
            now=clock.now(),
        )
        self._worker = Worker(core, driver, MemoryLog(), self)
        self._turns = Turns(
            timeline, self._handle, delay_s=DELAY_S, tick_s=HEARTBEAT_S, phase_s=phase_s
        )
        self.receive, self.wake = self._turns.put, self._turns.soon
        tell(RobotDescribed(_description(robot_id, driver, ground)))

    def _handle(self, batch: Sequence[Any]) -> None:
        with self._stopwatch.measure("agents"):
            self._worker.handle(batch, self._clock.now())

    # Effects; called by the worker.

    def publish(self, report: RobotReport, now: Instant) -> None:
        """See :class:`Outlets`."""
        self._tell(RobotReported(report))

    def tell(self, progress: TellProgress) -> None:
        """See :class:`Outlets`. Nobody follows."""

    def finish(self, outcome: Outcome) -> None:
        """See :class:`Outlets`. Nobody follows."""

    def report_traffic(self, report: TrafficReport) -> None:
        """See :class:`Outlets`. The body tells traffic by itself."""


def _description(robot_id: RobotId, driver: BodyDriver, ground: Ground) -> RobotDescription:
    return RobotDescription(
        robot_id=robot_id,
        capabilities=tuple(dict.fromkeys((*driver.verbs, *driver.capabilities))),
        speed_mps_max=driver.speed_mps_max,
        driver=driver.name,
        driver_version=driver.version,
        agent_version=__version__,
        site=ground.site.name,
        site_digest=ground.site.digest,
    )


def _abilities(driver: BodyDriver, ground: Ground) -> Abilities:
    chargers = ground.site.places_of_kind(PlaceKind.CHARGER)
    parkings = ground.site.places_of_kind(PlaceKind.PARKING)
    safe = frozenset(place.vertex for place in (*chargers, *parkings))
    return Abilities(
        verbs=driver.verbs,
        nearest_charger=lambda vertex: _nearest(chargers, vertex, ground),
        nearest_parking=lambda vertex: _nearest(parkings, vertex, ground),
        is_safe_place=safe.__contains__,
        estimate_s=driver.estimate_s,
    )


def _nearest(places: Sequence[Place], vertex: str, ground: Ground) -> str | None:
    """The place that is quickest to reach; None when none is."""
    times_s = [ground.routes.travel_time_s(vertex, place.vertex) for place in places]
    nearest = min(range(len(places)), key=times_s.__getitem__, default=None)
    return None if nearest is None or math.isinf(times_s[nearest]) else places[nearest].name
