"""A traffic's process: production's core and duty, in a shell that can be killed anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from muster_core.agent.inputs import ReleaseReceived, RollCalled
from muster_core.ids import RobotId
from muster_core.traffic.config import TrafficConfig
from muster_core.traffic.core import TrafficCore
from muster_core.traffic.duty import Duty, Standing, next_epoch
from muster_core.traffic.effects import CallRoll, Effect, Release, TellTrouble
from muster_core.traffic.inputs import RobotKnown, RobotReported, TrafficReport
from muster_core.traffic.map import TrafficMap
from muster_twin.simulation.clock import Clock
from muster_twin.simulation.disk import Pause
from muster_twin.simulation.floor import floor_site
from muster_twin.simulation.history import Source
from muster_twin.simulation.processes.process import Machinery, Process

TICK_S = 0.5

Book = Mapping[RobotId, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class RollHeard:
    """A traffic calls the roll, and the others hear it as well."""

    epoch: int
    caller: str


@dataclass(slots=True)
class TrafficMemory:
    """What a traffic keeps on its disk; a write is all or nothing."""

    epoch: int = 0
    book: Book = field(default_factory=dict)


@cache
def floor_map() -> TrafficMap:
    """The floor as traffic sees it; only a cache, so all simulations of a process share it."""
    return TrafficMap.of_site(floor_site())


class TrafficProcess(Process):
    """One of the fleet's traffics, of which one should decide.

    :param memory: outlives the process.
    """

    pauses = (Pause.WRITE, Pause.SYNCED, Pause.SEND)
    turn_delay_s_max = 0.2

    def __init__(
        self,
        name: str,
        machinery: Machinery,
        clock: Clock,
        *,
        config: TrafficConfig,
        memory: TrafficMemory,
    ) -> None:
        super().__init__(name, machinery, clock, tick_s=TICK_S)
        self.memory = memory
        self.core: TrafficCore | None = None
        self._config = config

    def open(self) -> None:
        """See :class:`Process`."""
        self.core = None
        self._machinery.traffics_up.append(self.name)
        self._duty = Duty(0)
        self._kept: Book = self.memory.book
        self._begin(self._kept)

    def close(self) -> None:
        """See :class:`Process`."""
        self._machinery.traffics_up.remove(self.name)

    def handle(self, batch: list[Any]) -> None:
        """See :class:`Process`."""
        is_alone = self._machinery.traffics_up == [self.name]
        if is_alone and self._duty.standing is Standing.STANDS_BY:
            # It sees that nobody else is there to call the roll any more.
            self._duty.lose_rival()
            self._begin(self._kept)
        for message in batch:
            self._take(message)
        match self._duty.standing:
            case Standing.STANDS_BY if self.core is not None:
                self._kept, self.core = self.core.book(), None
                self._note("{} stands by: {} has a newer epoch", self._duty.rival)
            case Standing.BEGINS_ANEW:
                self._begin(self._kept if self.core is None else self.core.book())
        if self.core is not None:
            self._go_on(self.core)

    def _take(self, message: Any) -> None:
        match message:
            case TrafficReport():
                if self._duty.hear_agent(message.epoch) and self.core is not None:
                    self.core.step(RobotReported(message), self.now())
            case RollHeard(epoch=epoch, caller=caller):
                self._duty.hear_traffic(epoch, caller)

    def _begin(self, book: Book) -> None:
        """Begin to decide, under a newer epoch than anybody's."""
        now = self.now()
        epoch = next_epoch(self.memory.epoch, self._duty.heard, now)
        self.pause(Pause.WRITE)
        self.memory.epoch = epoch
        self.pause(Pause.SYNCED)
        self._duty.begin(epoch)
        core = self.core = TrafficCore(self._config, floor_map(), epoch=epoch, now=now)
        for robot_id in self._machinery.robots:
            core.step(RobotKnown(robot_id, tuple(book.get(robot_id, ()))), now)

    def _go_on(self, core: TrafficCore) -> None:
        effects = core.ready(self.now()).effects
        if any(isinstance(effect, Release) for effect in effects):
            self._keep(core.book())
        for effect in effects:
            self._perform(effect)

    def _keep(self, book: Book) -> None:
        """What is released is on the disk before it leaves."""
        self.pause(Pause.WRITE)
        self.memory.book = book
        self.pause(Pause.SYNCED)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Release(robot_id=robot_id):
                self.send(robot_id, ReleaseReceived(effect))
            case CallRoll(epoch=epoch):
                for robot_id in self._machinery.robots:
                    self.send(robot_id, RollCalled(epoch))
                for peer in self._machinery.traffics_up:
                    if peer != self.name:
                        self.send(peer, RollHeard(epoch, self.name))
            case TellTrouble(robot_id=robot_id, kind=kind, sentence=sentence):
                told = sentence or f"{robot_id} is not {kind.value} any more"
                self._machinery.history.note(Source.TALK, (robot_id,), "{}: {}", self.name, told)
