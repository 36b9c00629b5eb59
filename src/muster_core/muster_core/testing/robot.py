"""One robot on virtual time: the agent's core and worker, a fake driver, a journal in memory.

For tests of the agent's rules, and of schedulers against real agents.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from muster_core.agent import (
    Abilities,
    AgentConfig,
    AgentCore,
    AgentState,
    Worker,
    fold,
    read_journal,
)
from muster_core.agent.effects import TellProgress
from muster_core.agent.ground import Ground
from muster_core.agent.inputs import (
    Grant,
    Input,
    LeasesReceived,
    ReleaseReceived,
    TaskOffered,
    Ticked,
)
from muster_core.agent.records import AgentRecord, decode_record
from muster_core.clock import Instant
from muster_core.driver.protocol import StepState, Way
from muster_core.ids import AttemptId, OrderId, RobotId, TaskId
from muster_core.log import MemoryLog
from muster_core.robot import RobotReport
from muster_core.site import Routes, Site, parse_site
from muster_core.task import STEPS_MAX, Outcome, Step
from muster_core.testing.driver import FAKE_VERBS, FakeDriver, FakeSettings
from muster_core.traffic.effects import Release
from muster_core.traffic.inputs import TrafficReport

LEASE_S = 10.0
TICK_S = 0.1
ALONE_AFTER_S = 1000.0
REMEMBERED_MAX = 1000
ROBOT = RobotId("robot_1")
SAFE_VERTICES = ("parking", "charger")
ROW = """
site: row
vertices: {a: [0, 0], b: [1, 0], c: [2, 0], d: [3, 0], e: [4, 0], f: [5, 0],
           parking: [0, 1], charger: [1, 1], island: [9, 9]}
edges: [[a, b, c, d, e, f], [a, parking], [b, charger]]
places:
  shelf_1: {vertex: d, kind: shelf}
  park_1: {vertex: parking, kind: parking}
  charger_1: {vertex: charger, kind: charger}
  far: {vertex: island, kind: shelf}
"""


@cache
def row_site() -> Site:
    """Where a :class:`Robot` is that traffic leads: a row of six vertices from ``a`` to ``f``."""
    return parse_site(ROW, "row.yaml")


@cache
def row_positions_m() -> dict[str, tuple[float, float]]:
    """Where its vertices are, m."""
    return {vertex.name: (vertex.x, vertex.y) for vertex in row_site().vertices}


def steps(*verbs: str) -> tuple[Step, ...]:
    """Steps of these verbs, all at one shelf."""
    return tuple(Step(verb, "shelf_1") for verb in verbs)


class Begun(NamedTuple):
    """A step that the driver was given. ``attempt_id`` is empty for an errand."""

    attempt_id: str
    step_index: int
    step: Step
    now: Instant


@dataclass(slots=True)
class Turn:
    """What came of one turn of the loop."""

    records: tuple[AgentRecord, ...] = ()
    published: list[RobotReport] = field(default_factory=list)
    told: list[TellProgress] = field(default_factory=list)
    finished: list[Outcome] = field(default_factory=list)
    stops: int = 0


class _Body(FakeDriver):
    """A fake driver that says what it was told."""

    def __init__(self, robot: Robot) -> None:
        positions_m = row_positions_m() if robot.config.traffic else None
        super().__init__(robot.settings, vertex=robot.vertex, positions_m=positions_m)
        self._robot = robot

    def start(self, step: Step, now: Instant) -> None:
        """See :class:`Driver`."""
        assert self.poll(now).step_state is not StepState.RUNNING, "one step at a time"
        state = self._robot.core.state
        attempt_id = state.attempt.attempt_id if state.attempt else ""
        self._robot.on_begun(Begun(attempt_id, state.steps_finished, step, now))
        super().start(step, now)

    def drive(self, way: Way, now: Instant) -> None:
        """See :class:`WayDriver`."""
        assert not self.is_in_step(now), "no drive begins in the middle of a step"
        super().drive(way, now)

    def stop(self, now: Instant) -> None:
        """See :class:`Driver`."""
        self._robot.turn.stops += 1
        super().stop(now)


class Robot:
    """Does what the node does, and checks at every turn that the journal tells the state (I6).

    Its words are kept: ``published`` and ``begun`` over all restarts, ``turn`` of the last turn.

    :param step_s: how long every step takes, s.
    :param vertex: where it stands; ``SAFE_VERTICES`` are fit to park.
    :param traffic: whether it drives only along ways that are released to it, on ``ROW``; else it
        stays where it is.
    :param tail_m: how far it reaches behind itself, m.
    """

    def __init__(
        self,
        *,
        step_s: float = 1.0,
        battery: float = 1.0,
        outcomes_kept_max: int = 100,
        alone_after_s: float = ALONE_AFTER_S,
        vertex: str = "a",
        traffic: bool = False,
        tail_m: float = 0.0,
    ) -> None:
        self.config = AgentConfig(
            site="site.yaml",
            outcomes_kept_max=outcomes_kept_max,
            attempts_remembered_max=REMEMBERED_MAX,
            alone_after_s=alone_after_s,
            traffic=traffic,
            tail_m=tail_m,
        )
        self.settings = FakeSettings(step_s=step_s, battery=battery)
        self.vertex = vertex
        self.now = Instant(10**18, 10**9)
        self.journal = MemoryLog()
        self.published: list[RobotReport] = []
        self.traffic_reports: list[TrafficReport] = []
        self.begun: list[Begun] = []
        self.turn = Turn()
        self.restart()
        self.run(TICK_S)

    @property
    def report(self) -> RobotReport:
        """What the agent would tell of itself now."""
        return self.core.report()

    @property
    def heard_report(self) -> int:
        """The number of the newest report that it has told."""
        return self.published[-1].report_number

    def outcome(self, attempt_id: str) -> Outcome:
        """How the attempt ended.

        :raises KeyError: when it has not.
        """
        return self.core.state.ended[AttemptId(attempt_id)]

    def kept(self) -> AgentState:
        """The state that the journal tells."""
        return fold(read_journal(self.journal), attempts_remembered_max=REMEMBERED_MAX)

    def restart(self, *, is_driver_kept: bool = False) -> None:
        """Crash and start again from the journal.

        :param is_driver_kept: the robot goes on with its step meanwhile; otherwise it stands where
            it was last and knows of none.
        """
        if not is_driver_kept:
            if self.journal.last_seq:
                self.vertex = self.driver.poll(self.now).vertex
            self.driver: FakeDriver = _Body(self)
        self._open()

    def reactivate(self) -> None:
        """Start again from the journal, on a robot that was told to stop just now."""
        self.worker.leave(self.now)
        self._open()

    def _open(self) -> None:
        self.core = AgentCore(
            self.config,
            ROBOT,
            abilities=Abilities(
                verbs=FAKE_VERBS,
                nearest_charger=lambda vertex: "charger_1",
                nearest_parking=lambda vertex: "park_1",
                is_safe_place=lambda vertex: vertex in SAFE_VERTICES,
                estimate_s=self.driver.estimate_s,
                ground=Ground(row_site(), Routes(row_site())) if self.config.traffic else None,
            ),
            state=self.kept(),
            now=self.now,
        )
        self.worker = Worker(self.core, self.driver, self.journal, self)

    def run(self, duration_s: float, *, granting: bool = False) -> None:
        """Let time pass, tick by tick; with ``granting``, a scheduler is there all the while."""
        for _ in range(round(duration_s / TICK_S)):
            self.now = self.now.later(TICK_S)
            attempt = self.core.state.attempt
            if granting and attempt is not None:
                self.leases(granted=(attempt.attempt_id,))
            self.put(Ticked())

    def put(self, *items: Input, crash_after: int | None = None) -> Turn:
        """One turn of the loop with ``items``.

        :param crash_after: so many pieces of the turn are done, then the process crashes and is
            started again.
        """
        last_seq = self.journal.last_seq
        turn = self.turn = Turn()
        if crash_after is not None:
            pieces = self.worker.turn(items, self.now)
            for _ in range(crash_after):
                next(pieces, None)
            self.restart()
            return turn
        self.worker.handle(items, self.now)
        assert self.kept() == self.core.state, "the journal must tell the state (I6)"
        entries = self.journal.entries(last_seq + 1)
        turn.records = tuple(decode_record(entry.body) for entry in entries)
        return turn

    def offer(
        self,
        attempt_id: str,
        offered: tuple[Step, ...],
        *,
        epoch: int = 1,
        lease_s: float = LEASE_S,
        heard_report: int | None = None,
        steps_permitted: int = STEPS_MAX,
        crash_after: int | None = None,
    ) -> Turn:
        """Offer an attempt.

        :param heard_report: the newest by default, as in all that this robot is told.
        :param steps_permitted: all by default.
        """
        offer = TaskOffered(
            epoch=epoch,
            attempt_id=AttemptId(attempt_id),
            task_id=TaskId(attempt_id.partition("#")[0]),
            order_id=OrderId(attempt_id.partition("/")[0]),
            lease_s=lease_s,
            heard_report=self.heard_report if heard_report is None else heard_report,
            steps_permitted=steps_permitted,
            steps=offered,
        )
        return self.put(offer, crash_after=crash_after)

    def leases(
        self,
        *,
        epoch: int | None = None,
        granted: tuple[str, ...] = (),
        revoked: tuple[str, ...] = (),
        acknowledged: tuple[str, ...] = (),
        duration_s: float = LEASE_S,
        heard_report: int | None = None,
        steps_permitted: int = STEPS_MAX,
        crash_after: int | None = None,
    ) -> Turn:
        """Have a scheduler grant, revoke and acknowledge; its epoch is the newest by default."""
        number = self.heard_report if heard_report is None else heard_report
        leases = LeasesReceived(
            epoch=self.core.state.epoch if epoch is None else epoch,
            duration_s=duration_s,
            granted=tuple(Grant(AttemptId(name), number, steps_permitted) for name in granted),
            revoked=tuple(map(AttemptId, revoked)),
            acknowledged=tuple(map(AttemptId, acknowledged)),
        )
        return self.put(leases, crash_after=crash_after)

    def release(
        self,
        *vertices: str,
        number: int,
        first: int = 0,
        epoch: int = 1,
        session: int | None = None,
        is_halted: bool = False,
    ) -> Turn:
        """Have traffic release ``vertices``; for this start of the agent by default."""
        release = Release(
            robot_id=ROBOT,
            session=self.core.state.incarnation if session is None else session,
            epoch=epoch,
            number=number,
            first=first,
            vertices=vertices,
            is_halted=is_halted,
        )
        return self.put(ReleaseReceived(release))

    @property
    def told_traffic(self) -> TrafficReport:
        """What traffic was told last."""
        return self.traffic_reports[-1]

    def on_begun(self, begun: Begun) -> None:
        """The driver was given a step."""
        self.begun.append(begun)

    def publish(self, report: RobotReport, now: Instant) -> None:
        """See :class:`Outlets`."""
        incarnation = self.kept().incarnation
        assert incarnation == self.core.state.incarnation, "the start is on disk before any report"
        self.published.append(report)
        self.turn.published.append(report)

    def tell(self, progress: TellProgress) -> None:
        """See :class:`Outlets`."""
        self.turn.told.append(progress)

    def finish(self, outcome: Outcome) -> None:
        """See :class:`Outlets`."""
        self.turn.finished.append(outcome)

    def report_traffic(self, report: TrafficReport) -> None:
        """See :class:`Outlets`."""
        epoch = self.kept().traffic_epoch
        assert report.epoch <= epoch, "an epoch is on disk before traffic hears of it"
        self.traffic_reports.append(report)
