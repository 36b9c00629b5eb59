"""An agent's process: production's worker and core, with a body for a driver."""

from __future__ import annotations

from functools import cache
from typing import Any

from muster_core.agent import Abilities, AgentConfig, AgentCore, fold_journal, shortest
from muster_core.agent.effects import TellProgress
from muster_core.agent.ground import Ground
from muster_core.agent.inputs import LeasesReceived, ReleaseReceived, TaskOffered
from muster_core.agent.records import to_entries
from muster_core.agent.worker import Worker
from muster_core.clock import NS_PER_S, Instant
from muster_core.errors import LogError, MusterError
from muster_core.ids import RobotId
from muster_core.log import MemoryLog
from muster_core.robot import RobotDescription, RobotReport
from muster_core.scheduler.inputs import RobotDescribed, RobotReported
from muster_core.site import PlaceKind
from muster_core.task import Outcome
from muster_core.traffic.inputs import TrafficReport
from muster_twin.simulation.body import Body
from muster_twin.simulation.clock import Clock
from muster_twin.simulation.disk import Disk, Pause
from muster_twin.simulation.driver import CAPABILITIES, VERBS, BodyDriver
from muster_twin.simulation.floor import Work, floor_routes, floor_site
from muster_twin.simulation.processes.process import Machinery, Process

COMPACTION_SHARE = 0.2
"""How often a start rewrites the journal. Real ones do when it is long."""
ANNOUNCE_PERIOD_S = 3.0
"""How often a description is sent again. Real ones are kept for late joiners by the middleware."""


class AgentProcess(Process):
    """The agent of one robot."""

    pauses = (Pause.WRITE, Pause.WRITE, Pause.SYNCED, Pause.STEP, Pause.SEND)

    def __init__(
        self,
        robot_id: RobotId,
        machinery: Machinery,
        clock: Clock,
        *,
        config: AgentConfig,
        disk: Disk,
        body: Body,
    ) -> None:
        super().__init__(robot_id, machinery, clock, tick_s=config.tick_s)
        self.robot_id = robot_id
        self.disk = disk
        self.config = config
        self._body = body

    def open(self) -> None:
        """See :class:`Process`."""
        if dropped := self.disk.recover():
            self._note("{} finds {} records half written and drops them", dropped)
        remembered_max = self.config.attempts_remembered_max
        if self._machinery.chance.random() < COMPACTION_SHARE:
            self._compact(remembered_max)
        journal = self.disk.open(self.pause)
        driver = BodyDriver(self._body, self._work, self.pause)
        self.core = AgentCore(
            self.config,
            self.robot_id,
            abilities=_abilities(driver),
            state=fold_journal(journal, attempts_remembered_max=remembered_max),
            now=self.now(),
        )
        self._worker = Worker(self.core, driver, journal, self)
        self._announce_ns = 0

    def handle(self, batch: list[Any]) -> None:
        """See :class:`Process`."""
        for message in batch:
            if isinstance(message, TaskOffered | LeasesReceived):
                self._machinery.witness.tell("agent_heard", self.robot_id, message)
            elif isinstance(message, ReleaseReceived):
                self._machinery.witness.tell("release_heard", message.release)
        self._worker.handle(batch, self.now())
        if self._timeline.now_ns >= self._announce_ns:
            self._announce()

    def switch_off(self) -> None:
        """See :class:`Process`. The whole robot is, in the middle of whatever it does."""
        self._body.switch_off(has_taken=self._machinery.chance.random() < 0.5)
        super().switch_off()

    def close(self) -> None:
        """See :class:`Process`."""
        self._body.let_go()

    def ends_by(self, error: MusterError) -> bool:
        """See :class:`Process`."""
        return isinstance(error, LogError) and self.disk.is_full

    # Effects; called by the worker.

    def publish(self, report: RobotReport, now: Instant) -> None:
        """See :class:`Outlets`."""
        self._machinery.witness.tell("report_made", self.robot_id, report)
        for scheduler in self._machinery.schedulers:
            self.send(scheduler, RobotReported(report))

    def tell(self, progress: TellProgress) -> None:
        """See :class:`Outlets`. Nobody follows."""

    def finish(self, outcome: Outcome) -> None:
        """See :class:`Outlets`. Nobody follows."""

    def report_traffic(self, report: TrafficReport) -> None:
        """See :class:`Outlets`."""
        for traffic in self._machinery.traffics_up:
            self.send(traffic, report)

    def _compact(self, remembered_max: int) -> None:
        """Have the journal be as short as it can be, as a long one is made at a start."""
        state = fold_journal(MemoryLog(self.disk.entries), attempts_remembered_max=remembered_max)
        records = tuple(shortest(state))
        entries = to_entries(records, first_seq=1, epoch=state.epoch, now=self.now())
        self.disk.entries[:] = entries

    def _announce(self) -> None:
        self._announce_ns = self._timeline.now_ns + int(ANNOUNCE_PERIOD_S * NS_PER_S)
        description = RobotDescription(
            robot_id=self.robot_id,
            capabilities=VERBS + CAPABILITIES,
            driver=BodyDriver.name,
            driver_version=BodyDriver.version,
            site=floor_site().name,
            site_digest=floor_site().digest,
        )
        for scheduler in self._machinery.schedulers:
            self.send(scheduler, RobotDescribed(description))

    def _work(self) -> Work | None:
        """What the body works on: only to tell whose item it is after."""
        attempt = self.core.state.attempt
        if attempt is None:
            return None
        return Work(attempt.order_id, attempt.task_id, attempt.attempt_id)


@cache
def floor_ground() -> Ground:
    """The site as agents see it; only a cache, so all simulations of a process share it."""
    return Ground(floor_site(), floor_routes())


def _abilities(driver: BodyDriver) -> Abilities:
    parkings = floor_site().places_of_kind(PlaceKind.PARKING)
    vertices = {place.vertex for place in parkings}

    def nearest_parking(vertex: str) -> str:
        routes = floor_routes()
        return min(parkings, key=lambda place: routes.travel_time_s(vertex, place.vertex)).name

    return Abilities(
        verbs=VERBS,
        nearest_parking=nearest_parking,
        is_safe_place=vertices.__contains__,
        estimate_s=driver.estimate_s,
        ground=floor_ground(),
    )
