"""Traffic's turn: what arrived goes into the core, what comes of it goes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from muster_core.clock import NS_PER_S, Instant
from muster_core.ids import RobotId
from muster_core.site import Site
from muster_core.site.zones_in_force import ZonesInForce
from muster_core.traffic import inputs as inp
from muster_core.traffic.core import TrafficCore
from muster_core.traffic.duty import Duty, Standing, next_epoch
from muster_core.traffic.effects import CallRoll, Effect, Release, TellTrouble, TroubleKind
from muster_core.traffic.map import TrafficMap
from muster_core.traffic.troubles import Troubles
from muster_traffic import requests as req
from muster_traffic.config import NodeConfig
from muster_traffic.desk import Desk
from muster_traffic.memory import Book, Memory, MemoryFailedError, remembered

BOOK_PERIOD_S = 1.0
"""How late the book may be in telling what robots have left; what they are given is in it first."""


class Outlets(Protocol):
    """Where traffic's words go."""

    def call_roll(self, epoch: int, site: Site) -> None:
        """Ask all agents to report."""

    def send(self, release: Release) -> None:
        """Tell an agent what its robot may drive."""

    def tell_zones(self, zones: ZonesInForce, epoch: int) -> None:
        """Tell everybody the limits in force."""

    def forget(self, robot_id: RobotId) -> None:
        """The robot is off the site."""


class Worker:
    """The core, and what it needs of disk and peers. For one thread.

    What the core releases is in the book before it leaves. Nothing else has to be durable first:
    see :class:`TrafficCore` for why.

    :param zones: those in force at a start.
    """

    def __init__(
        self,
        config: NodeConfig,
        memory: Memory,
        zones: ZonesInForce,
        *,
        outlets: Outlets,
        logs: Any,
    ) -> None:
        self.config = config
        self.memory = memory
        self.zones = zones
        self.outlets = outlets
        self.logs = logs
        self.core: TrafficCore | None = None
        self.duty = Duty(0)
        self.troubles = Troubles()
        self.unbelieved = 0
        self.starts = 0
        self.storage_problem = ""
        self._map = TrafficMap.of_site(zones.site)
        self._kept: Book = {}  # what is on the disk
        self._book_before: Book = {}  # what was known when another took over
        self._book_due_ns = 0
        desk = Desk(self)
        self._handlers: dict[type, Callable[[Any, Instant], None]] = {
            req.Reported: self._on_reported,
            req.RollHeard: self._on_roll_heard,
            req.RivalGone: self._on_rival_gone,
            **desk.handlers,
        }

    def start(self, now: Instant) -> None:
        """Begin to decide, and wait for the robots that are remembered.

        :raises MemoryFailedError: when the new epoch cannot be kept.
        """
        try:
            book = self.memory.book()
        except MemoryFailedError as error:
            book = {}
            self.logs.error("what robots held is not known any more", reason=str(error))
        self._begin(remembered(book, self.config.robots), now)

    def handle(self, batch: Sequence[req.Item], now: Instant) -> None:
        """Take in ``batch``, which may be empty, and do what comes of it."""
        for item in batch:
            self._handlers[type(item)](item, now)
        standing = self.duty.standing
        if standing is Standing.STANDS_BY:
            self._stand_by()
        elif standing is Standing.BEGINS_ANEW:
            self._begin(self._book_before if self.core is None else self.core.book(), now)
        if self.core is not None:
            self._go_on(self.core, batch, now)

    def use_site(self, zones: ZonesInForce, now: Instant) -> None:
        """Put the site, or other limits, in force, and tell everybody."""
        self.zones = zones
        self._map = TrafficMap.of_site(zones.site)
        if self.core is not None:
            self.core.step(inp.MapChanged(self._map), now)
            self.outlets.tell_zones(zones, self.duty.epoch)

    def _begin(self, book: Book, now: Instant) -> None:
        epoch = next_epoch(self.memory.epoch(), self.duty.heard, now)
        self.memory.keep_epoch(epoch)
        self.duty.begin(epoch)
        self.starts += 1
        self.core = TrafficCore(self.config, self._map, epoch=epoch, now=now)
        self.troubles = Troubles()  # the new core tells what is the matter as it sees it
        for robot_id, held in book.items():
            self.core.step(inp.RobotKnown(robot_id, held), now)
        self.logs.info("decides", epoch=epoch, robots_awaited=len(book))
        self.outlets.tell_zones(self.zones, epoch)

    def _stand_by(self) -> None:
        if self.core is None:
            return
        self._book_before, self.core = self.core.book(), None
        self.logs.warning(
            "stands by", reason=f"{self.duty.rival} has the newer epoch {self.duty.rival_epoch}"
        )

    def _go_on(self, core: TrafficCore, batch: Sequence[req.Item], now: Instant) -> None:
        effects = core.ready(now).effects
        self._keep_book(core, effects, now)
        for effect in effects:
            match effect:
                case Release():
                    self.outlets.send(effect)
                case CallRoll(epoch=epoch):
                    self.outlets.call_roll(epoch, self.zones.site)
                case TellTrouble():
                    self._take_trouble(effect)
        self._note_heard(batch, effects)

    def _keep_book(self, core: TrafficCore, effects: Sequence[Effect], now: Instant) -> None:
        is_releasing = any(isinstance(effect, Release) for effect in effects)
        if not is_releasing and now.steady_ns < self._book_due_ns:
            return
        self._book_due_ns = now.steady_ns + int(BOOK_PERIOD_S * NS_PER_S)
        book = core.book()
        if book == self._kept:
            return
        try:
            self.memory.keep_book(book)
        except MemoryFailedError as error:
            # It is needed only for robots that nobody hears after a restart: no reason to stand.
            if not self.storage_problem:
                self.logs.error("what robots hold cannot be kept", reason=str(error))
            self.storage_problem = str(error)
            return
        self._kept, self.storage_problem = book, ""

    def _take_trouble(self, told: TellTrouble) -> None:
        if not self.troubles.take(told):
            return
        ids = {"kind": told.kind.value, "robot_id": told.robot_id}
        if told.is_over:
            self.logs.info("trouble is over", **ids)
        else:
            self.logs.warning("trouble", **ids, reason=told.sentence)

    def _note_heard(self, batch: Sequence[req.Item], effects: Sequence[Effect]) -> None:
        """Robots whose reports could be used are neither unheard nor refused any more."""
        heard = {item.report.robot_id for item in batch if isinstance(item, req.Reported)}
        refused = {
            effect.robot_id
            for effect in effects
            if isinstance(effect, TellTrouble) and effect.kind is TroubleKind.REFUSED
        }
        for robot_id in heard - refused:
            self.troubles.hear(robot_id)

    # What arrives

    def _on_reported(self, item: req.Reported, now: Instant) -> None:
        if not self.duty.hear_agent(item.report.epoch):
            self.unbelieved += 1
        elif self.core is not None:
            self.core.step(inp.RobotReported(item.report), now)

    def _on_roll_heard(self, item: req.RollHeard, now: Instant) -> None:
        if not self.duty.hear_traffic(item.epoch, item.caller):
            self.unbelieved += 1

    def _on_rival_gone(self, item: req.RivalGone, now: Instant) -> None:
        if self.duty.standing is Standing.STANDS_BY:
            self.logs.info("nobody else calls the roll any more", was=self.duty.rival)
            self.duty.lose_rival()
            self._begin(self._book_before, now)
