"""An agent's turn: driver, core, journal, effects, in the one order that keeps its promises."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, cast

from muster_core.agent.core import AgentCore, Ready
from muster_core.agent.effects import (
    Drive,
    Effect,
    FinishGoal,
    PublishState,
    ReportTraffic,
    StartStep,
    StopDriver,
    TellProgress,
)
from muster_core.agent.inputs import DriverReported, Input, Ticked
from muster_core.agent.records import to_entries
from muster_core.clock import Instant
from muster_core.driver.protocol import Driver, WayDriver
from muster_core.errors import LogError
from muster_core.log import EventLog
from muster_core.robot import RobotReport
from muster_core.task import Outcome
from muster_core.traffic.inputs import TrafficReport


class Outlets(Protocol):
    """Where an agent's words go."""

    def publish(self, report: RobotReport, now: Instant) -> None:
        """Tell everybody the robot's state."""

    def tell(self, progress: TellProgress) -> None:
        """Tell those who follow the attempt how far its step is."""

    def finish(self, outcome: Outcome) -> None:
        """Tell those who follow the attempt how it ended."""

    def report_traffic(self, report: TrafficReport) -> None:
        """Tell traffic where the robot is; never called in fleets without traffic."""


class Worker:
    """Takes batches through driver, core and journal, and performs what comes of them.

    :param driver: a :class:`WayDriver` where the core is configured for traffic.

    For one thread. After an exception it must not be used again: the core may be ahead of the
    journal, and only a fresh start from the journal knows what is true.
    """

    def __init__(
        self, core: AgentCore, driver: Driver, journal: EventLog, outlets: Outlets
    ) -> None:
        self._core = core
        self._driver = driver
        self._journal = journal
        self._outlets = outlets
        self._is_broken = False

    def handle(self, batch: Sequence[Input], now: Instant) -> None:
        """Take in ``batch``, which may be empty; nothing leaves before the journal has it.

        :raises LogError: when the journal cannot be written; the robot was told to stop.
        """
        try:
            for _ in self.turn(batch, now):
                pass
        except BaseException:
            # Whatever went wrong, a robot whose agent ends must come to stand.
            self._is_broken = True
            self._driver.stop(now)
            raise

    def turn(self, batch: Sequence[Input], now: Instant) -> Iterator[None]:
        """The same piece by piece, for simulation: at each yield the process may crash."""
        self._core.step(DriverReported(self._driver.poll(now)), now)
        for item in batch:
            self._core.step(item, now)
        if not batch:
            self._core.step(Ticked(), now)
        ready = self._core.ready(now)
        yield
        self._append(ready, now)
        for effect in ready.effects:
            yield
            self._perform(effect, now)

    def leave(self, now: Instant) -> None:
        """Have the robot stop, and tell everybody that it cannot be given work.

        :raises LogError: as ``handle``.
        """
        self._driver.stop(now)
        if self._is_broken:
            return
        # Should this be the first report of all, its number must be durable before it.
        self._append(self._core.ready(now), now)
        self._outlets.publish(self._core.farewell(now), now)
        report = self._core.farewell_to_traffic()
        if report is not None:
            self._outlets.report_traffic(report)

    def _append(self, ready: Ready, now: Instant) -> None:
        if not ready.records:
            return
        first_seq, epoch = self._journal.last_seq + 1, self._core.state.epoch
        try:
            self._journal.append(
                to_entries(ready.records, first_seq=first_seq, epoch=epoch, now=now)
            )
        except LogError as error:
            raise LogError(
                f"{error}. The robot stops at its next safe point and its agent ends, for it must "
                f"do nothing that its journal does not know; see to the disk (is it full?), then "
                f"start the agent again"
            ) from error

    def _perform(self, effect: Effect, now: Instant) -> None:
        match effect:
            case StartStep(step=step):
                self._driver.start(step, now)
            case Drive(way=way):
                cast(WayDriver, self._driver).drive(way, now)
            case StopDriver():
                self._driver.stop(now)
            case PublishState(report=report):
                self._outlets.publish(report, now)
            case TellProgress():
                self._outlets.tell(effect)
            case FinishGoal(outcome=outcome):
                self._outlets.finish(outcome)
            case ReportTraffic(report=report):
                self._outlets.report_traffic(report)
