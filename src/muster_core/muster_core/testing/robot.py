"""One robot on virtual time: the agent's core, a fake driver, a journal in memory.

For tests of the agent's rules, and of schedulers against real agents.
"""

from __future__ import annotations

from muster_core.agent import Abilities, AgentConfig, AgentCore, Ready, fold, read_journal
from muster_core.agent.effects import PublishState, StartStep, StopDriver
from muster_core.agent.inputs import DriverReported, Input, LeasesReceived, TaskOffered, Ticked
from muster_core.agent.records import encode_record
from muster_core.clock import Instant
from muster_core.driver.protocol import StepState
from muster_core.ids import AttemptId, OrderId, RobotId, TaskId
from muster_core.log import LogEntry, MemoryLog
from muster_core.robot import RobotReport
from muster_core.task import Outcome, Step
from muster_core.testing.driver import FAKE_VERBS, FakeDriver, FakeSettings

LEASE_S = 10.0
TICK_S = 0.1
REMEMBERED_MAX = 1000
ROBOT = RobotId("robot_1")


def steps(*verbs: str) -> tuple[Step, ...]:
    """Steps of these verbs, all at one shelf."""
    return tuple(Step(verb, "shelf_1") for verb in verbs)


class Robot:
    """Does what the node does, and checks at every turn that the journal tells the state (I6).

    :param step_s: how long every step takes, s.
    """

    def __init__(
        self, *, step_s: float = 1.0, battery: float = 1.0, outcomes_kept_max: int = 100
    ) -> None:
        self.config = AgentConfig(
            site="site.yaml",
            outcomes_kept_max=outcomes_kept_max,
            attempts_remembered_max=REMEMBERED_MAX,
        )
        self.settings = FakeSettings(step_s=step_s, battery=battery)
        self.now = Instant(10**18, 10**9)
        self.journal = MemoryLog()
        self.published: list[RobotReport] = []
        self.restart()
        self.run(TICK_S)

    @property
    def report(self) -> RobotReport:
        """What the agent tells of itself now."""
        return self.core.report()

    def outcome(self, attempt_id: str) -> Outcome:
        """How the attempt ended.

        :raises KeyError: when it has not.
        """
        return self.core.state.ended[AttemptId(attempt_id)]

    def restart(self) -> None:
        """Start again from the journal, on a robot that stands."""
        self.driver = FakeDriver(self.settings, vertex="a")
        self._open()

    def reactivate(self) -> None:
        """Start again from the journal, on a robot that was told to stop just now."""
        self.driver.stop(self.now)
        self._open()

    def _open(self) -> None:
        self.core = AgentCore(
            self.config,
            ROBOT,
            abilities=Abilities(
                verbs=FAKE_VERBS,
                nearest_charger=lambda vertex: "charger_1",
                estimate_s=self.driver.estimate_s,
            ),
            state=fold(read_journal(self.journal), attempts_remembered_max=REMEMBERED_MAX),
            now=self.now,
        )

    def run(self, duration_s: float, *, granting: bool = False) -> None:
        """Let time pass, tick by tick."""
        for _ in range(round(duration_s / TICK_S)):
            self.now = self.now.later(TICK_S)
            attempt = self.core.state.attempt
            if granting and attempt is not None:
                self.leases(granted=(attempt.attempt_id,))
            self.put(Ticked())

    def put(self, *items: Input) -> Ready:
        """One turn of the loop with ``items``."""
        self.core.step(DriverReported(self.driver.poll(self.now)), self.now)
        for item in items:
            self.core.step(item, self.now)
        ready = self.core.ready(self.now)
        self._append(ready)
        for effect in ready.effects:
            if isinstance(effect, StartStep):
                standing = self.driver.poll(self.now).step_state
                assert standing is not StepState.RUNNING, "one step at a time"
                self.driver.start(effect.step, self.now)
            elif isinstance(effect, StopDriver):
                self.driver.stop(self.now)
            elif isinstance(effect, PublishState):
                self.published.append(effect.report)
        return ready

    def offer(
        self,
        attempt_id: str,
        offered: tuple[Step, ...],
        *,
        epoch: int = 1,
        lease_s: float = LEASE_S,
    ) -> Ready:
        """Offer an attempt."""
        return self.put(
            TaskOffered(
                epoch=epoch,
                attempt_id=AttemptId(attempt_id),
                task_id=TaskId(attempt_id.partition("#")[0]),
                order_id=OrderId(attempt_id.partition("/")[0]),
                lease_s=lease_s,
                steps=offered,
            )
        )

    def leases(
        self,
        *,
        epoch: int | None = None,
        granted: tuple[str, ...] = (),
        revoked: tuple[str, ...] = (),
        acknowledged: tuple[str, ...] = (),
    ) -> Ready:
        """Have a scheduler grant, revoke and acknowledge; its epoch is the newest by default."""
        return self.put(
            LeasesReceived(
                epoch=self.core.state.epoch if epoch is None else epoch,
                duration_s=LEASE_S,
                granted=tuple(map(AttemptId, granted)),
                revoked=tuple(map(AttemptId, revoked)),
                acknowledged=tuple(map(AttemptId, acknowledged)),
            )
        )

    def _append(self, ready: Ready) -> None:
        first = self.journal.last_seq + 1
        self.journal.append(
            [
                LogEntry(seq, self.now.wall_ns, self.core.state.epoch, encode_record(record))
                for seq, record in enumerate(ready.records, first)
            ]
        )
        told = fold(read_journal(self.journal), attempts_remembered_max=REMEMBERED_MAX)
        assert told == self.core.state, "the journal must tell the state (I6)"
