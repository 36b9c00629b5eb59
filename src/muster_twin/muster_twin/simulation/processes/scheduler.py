"""A scheduler's process: production's candidate and engine, in a shell that can be killed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from muster_core.errors import LogError, MusterError
from muster_core.events import Record
from muster_core.gateway.inputs import EventPublished, EventsRead
from muster_core.leadership import Candidate, DeposedError, Lead, Leadership
from muster_core.log import LogEntry
from muster_core.scheduler.codec import replay, to_record
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.core import SchedulerCore
from muster_core.scheduler.effects import Effect, PublishLeases, Query, Reply, SendTask
from muster_core.scheduler.engine import Engine
from muster_core.scheduler.ledger import Ledger
from muster_core.scheduler.ledger_state import LedgerState
from muster_twin.simulation.clock import Clock
from muster_twin.simulation.disk import Disk, Pause
from muster_twin.simulation.floor import floor_routes, floor_site
from muster_twin.simulation.history import Source
from muster_twin.simulation.messages import (
    Answer,
    EventsAsked,
    PolicyAsked,
    Response,
    to_leases,
    to_logged_event,
    to_offer,
)
from muster_twin.simulation.processes.process import Machinery, Process

GATEWAY, POLICY = "gateway", "policy"
CHECKPOINT_SHARE = 0.5
"""How often a start goes on from a checkpoint, where there is one."""


class SchedulerProcess(Process):
    """One of the fleet's schedulers: a candidate, and once it leads, an engine.

    :param make_leadership: gives a process that starts its own view of the lead.
    :param leader_lease_s: how long a lead lasts after each renewal, s.
    """

    pauses = (Pause.WRITE, Pause.SYNCED, Pause.REPLY, Pause.SEND)

    def __init__(
        self,
        name: str,
        machinery: Machinery,
        clock: Clock,
        *,
        config: SchedulerConfig,
        disk: Disk,
        make_leadership: Callable[[str], Leadership],
        leader_lease_s: float,
    ) -> None:
        super().__init__(name, machinery, clock, tick_s=config.tick_s)
        self.disk = disk
        self.engine: Engine | None = None
        self._config = config
        self._make_leadership = make_leadership
        self._leader_lease_s = leader_lease_s

    @property
    def written_seq(self) -> int:
        """The last event that this process knows to be durable."""
        return self._log.last_seq

    def open(self) -> None:
        """See :class:`Process`. It begins as a standby."""
        self.engine = None
        if dropped := self.disk.recover():
            self._note("{} finds {} events half written and drops them", dropped)
        self._log = self.disk.open(self.pause)
        self._ledger = self._load()
        leadership = self._make_leadership(self.name)
        self._candidate = Candidate(leadership, lease_s=self._leader_lease_s)

    def handle(self, batch: list[Any]) -> None:
        """See :class:`Process`. One that does not lead follows the log, and hears nothing."""
        self._candidate.advance(self.now())
        if self._candidate.lead is None:
            self._log.catch_up()
            replay(self._log.read(self._ledger.seq + 1), self._ledger)
            return
        if self.engine is None:
            self._take_over(self._candidate.lead)
            return
        pages = [item for item in batch if isinstance(item, EventsAsked)]
        self.engine.handle([item for item in batch if not isinstance(item, EventsAsked)])
        for page in pages:
            self._answer(page)

    def ends_by(self, error: MusterError) -> bool:
        """See :class:`Process`."""
        return isinstance(error, DeposedError) or (
            isinstance(error, LogError) and self.disk.is_full
        )

    def _load(self) -> Ledger:
        """The state after every event of the log, now and then from a checkpoint on."""
        ledger = Ledger(orders_remembered_max=self._config.orders_remembered_max)
        checkpoint = self.disk.checkpoint
        if checkpoint and self._machinery.chance.random() < CHECKPOINT_SHARE:
            ledger.restore(msgspec.msgpack.decode(checkpoint, type=LedgerState))
        replay(self._log.entries(ledger.seq + 1), ledger)
        self.disk.checkpoint = msgspec.msgpack.encode(ledger.dump())
        return ledger

    def _take_over(self, lead: Lead) -> None:
        self._log.catch_up()
        replay(self._log.entries(self._ledger.seq + 1), self._ledger)
        self._machinery.witness.tell("took_over", self, self._ledger)
        core = SchedulerCore(self._config, self._ledger, site=floor_site(), routes=floor_routes())
        engine = Engine(
            core, self._log, self, clock=self.now, is_leading=self._candidate.is_leading
        )
        engine.start(self.name, epoch_min=lead.token)
        self.engine = engine

    # Effects; called by the engine.

    def ask(self, query: Query) -> None:
        """See :class:`Outlets`."""
        self.send(POLICY, PolicyAsked(self.name, self.starts, query))

    def perform(self, effect: Effect) -> None:
        """See :class:`Outlets`."""
        if isinstance(effect, SendTask):
            self.send(effect.robot_id, to_offer(effect))
        elif isinstance(effect, PublishLeases):
            self._machinery.witness.tell("leases_left", effect)
            for robot_id in self._machinery.robots:
                self.send(robot_id, to_leases(effect, robot_id))
        else:
            self._reply(effect)

    def publish(self, records: Sequence[Record], entries: Sequence[LogEntry]) -> None:
        """See :class:`Outlets`."""
        for record, entry in zip(records, entries, strict=True):
            self.send(GATEWAY, EventPublished(to_logged_event(record, entry)))

    def _reply(self, reply: Reply) -> None:
        asker = reply.reply_to
        self.pause(Pause.REPLY)
        self._machinery.witness.tell("reply_left", asker, reply)
        said = reply.refusal.message if reply.refusal is not None else "yes"
        about = (asker.order_id, asker.process)
        self._machinery.history.note(
            Source.TALK, about, "{} answers {} ({}): {}", self.name, asker.process, asker, said
        )
        self.send(asker.process, Response(asker.start, Answer(asker, reply)))

    def _answer(self, page: EventsAsked) -> None:
        log = self._log
        entries = log.read(page.from_seq, page.limit) if page.from_seq <= log.last_seq else ()
        events = tuple(to_logged_event(to_record(entry), entry) for entry in entries)
        answer = EventsRead(page.request, events, log.last_seq)
        self.send(page.gateway, Response(page.start, answer))
