"""The agent's loop: the one thread that touches the core, the driver and the journal."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from muster_agent.goals import Goals
from muster_core.agent import AgentCore, Ready
from muster_core.agent.effects import (
    Effect,
    FinishGoal,
    PublishState,
    StartStep,
    StopDriver,
    TellProgress,
)
from muster_core.agent.inputs import DriverReported, Input, Ticked
from muster_core.agent.records import encode_record
from muster_core.clock import Instant
from muster_core.driver.protocol import Driver
from muster_core.log import EventLog, LogEntry
from muster_core.robot import RobotMode, RobotReport
from muster_ros.clock import read_clock

Publish = Callable[[RobotReport, Instant], None]


class Worker:
    """Takes batches through driver, core and journal, and performs what comes of them.

    :param publish: tells everybody the robot's state.
    """

    def __init__(
        self, core: AgentCore, driver: Driver, journal: EventLog, *, goals: Goals, publish: Publish
    ) -> None:
        self._core = core
        self._driver = driver
        self._journal = journal
        self._goals = goals
        self._publish = publish

    def handle(self, batch: list[Input]) -> None:
        """Take in ``batch``, which may be empty; nothing leaves before the journal has it."""
        now = read_clock()
        self._core.step(DriverReported(self._driver.poll(now)), now)
        for item in batch:
            self._core.step(item, now)
        if not batch:
            self._core.step(Ticked(), now)
        ready = self._core.ready(now)
        self._append(ready, now)
        for effect in ready.effects:
            self._perform(effect, now)

    def leave(self) -> None:
        """Have the robot stop, and tell everybody that it cannot be given work."""
        now = read_clock()
        self._driver.stop(now)
        report = msgspec.structs.replace(
            self._core.report(), mode=RobotMode.OFFLINE, message="the agent is not active"
        )
        self._publish(report, now)

    def _append(self, ready: Ready, now: Instant) -> None:
        if not ready.records:
            return
        first, epoch = self._journal.last_seq + 1, self._core.state.epoch
        self._journal.append(
            [
                LogEntry(seq, now.wall_ns, epoch, encode_record(record))
                for seq, record in enumerate(ready.records, first)
            ]
        )

    def _perform(self, effect: Effect, now: Instant) -> None:
        match effect:
            case StartStep(step=step):
                self._driver.start(step, now)
            case StopDriver():
                self._driver.stop(now)
            case PublishState(report=report):
                self._publish(report, now)
            case TellProgress():
                self._goals.tell(effect)
            case FinishGoal(outcome=outcome):
                self._goals.finish(outcome)
