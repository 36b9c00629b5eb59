"""The scheduler's turn: step the core, make its records durable, check the lead, let effects leave.

No clock, no disk and no network of its own, so the simulator runs it as it is. It is called by one
thread (or one simulated process) only, which alone touches the core and the log.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from muster_core.clock import Instant
from muster_core.errors import ErrorCode, LogError, LogFencedError, Refusal
from muster_core.events import OrderAccepted, Record
from muster_core.ids import OrderId
from muster_core.leadership import DeposedError
from muster_core.log import EventLog, LogEntry
from muster_core.scheduler.codec import to_entries
from muster_core.scheduler.core import SchedulerCore
from muster_core.scheduler.effects import Effect, Query, Reply
from muster_core.scheduler.inputs import Input, SubmitOrder

HELD_REPLIES_MAX = 10_000
"""Answers that wait for a disk that fails; beyond it everything that asks is refused."""


class Outlets(Protocol):
    """Where effects go. Called by the engine's thread only."""

    def ask(self, query: Query) -> None:
        """Put a question to the policy."""

    def perform(self, effect: Effect) -> None:
        """Do what the core asks for."""

    def publish(self, records: Sequence[Record], entries: Sequence[LogEntry]) -> None:
        """Tell the world what is now durable, in order."""


class Engine:
    """One scheduler at work.

    While the log cannot be written, what waits for it is kept and tried again with every turn,
    nothing is decided, and new requests are refused: nothing is ever promised that is not on disk.
    Robots may go on with what they durably hold. What they tell of it is kept, and is bounded by
    it: a few events for each step of what they hold.

    :param clock: this moment.
    :param is_leading: whether this scheduler may act at a moment. Once it says no, or the log says
        that another has written, the engine is deposed for good.
    """

    def __init__(
        self,
        core: SchedulerCore,
        log: EventLog,
        outlets: Outlets,
        *,
        clock: Callable[[], Instant],
        is_leading: Callable[[Instant], bool],
    ) -> None:
        self.core = core
        self._log = log
        self._outlets = outlets
        self._clock = clock
        self._is_leading = is_leading
        self._is_deposed = False
        self._unwritten: list[Record] = []
        self._held: list[Effect] = []
        self.commits = 0
        self.commit_longest_ms = 0.0
        # Why the log cannot be written; empty when it can.
        self.storage_problem = ""

    def start(self, scheduler: str, *, epoch_min: int = 0) -> None:
        """Begin a new epoch and make it durable.

        :param epoch_min: the least epoch that may be taken; the lead's token, at least.
        :raises LogError: when that cannot be written; it may be tried again.
        :raises DeposedError: as ``handle``.
        """
        now = self._clock()
        self._require_lead(now)
        if not self._unwritten:
            self.core.start(scheduler, now, epoch_min=epoch_min)
            self._collect(now)
        self._commit(now)

    def handle(self, inputs: Sequence[Input]) -> None:
        """Take in all inputs that waited: one commit serves them.

        :raises DeposedError: when another scheduler leads, or may; nothing has left, and nothing
            ever will.
        """
        now = self._clock()
        self._require_lead(now)
        for item in inputs:
            if self._is_to_be_refused(item):
                self._refuse(item)
            else:
                self.core.step(item, now)
        self._collect(now)
        try:
            self._commit(now)
        except LogError as error:
            self.storage_problem = str(error)
            # Leases and offers are made anew when they can leave; old ones would be wrong by then.
            self._held = [effect for effect in self._held if isinstance(effect, Reply)]
            self._renew_leases()

    def _collect(self, now: Instant) -> None:
        ready = self.core.pause() if self.storage_problem else self.core.ready(now)
        for query in ready.queries:
            self._outlets.ask(query)
        self._unwritten.extend(ready.records)
        self._held.extend(ready.effects)

    def _commit(self, now: Instant) -> None:
        records, effects = self._unwritten, self._held
        entries = to_entries(records)
        if records:
            self._append(records, entries, now)
        # The disk may have taken long, and the lead may have run out meanwhile.
        self._require_lead(self._clock())
        self._unwritten, self._held = [], []
        for effect in effects:
            self._outlets.perform(effect)
        if records:
            self._outlets.publish(records, entries)

    def _append(self, records: Sequence[Record], entries: Sequence[LogEntry], now: Instant) -> None:
        try:
            self._log.append(entries)
        except LogFencedError as error:
            self._is_deposed = True
            raise DeposedError(f"another scheduler leads: {error}") from error
        took_ms = (self._clock().steady_ns - now.steady_ns) / 1e6
        self.commit_longest_ms = max(self.commit_longest_ms, took_ms)
        self.commits += 1
        self.core.leases.mark_durable(records)
        if self.storage_problem:
            self.storage_problem = ""
            self.core.resume(now)

    def _renew_leases(self) -> None:
        """Let work that is durably held go on while nothing new can be recorded."""
        now = self._clock()
        self._require_lead(now)
        if (leases := self.core.leases.renewals(now)) is not None:
            self._outlets.perform(leases)

    def _require_lead(self, now: Instant) -> None:
        self._is_deposed = self._is_deposed or not self._is_leading(now)
        if self._is_deposed:
            raise DeposedError("another scheduler leads: this one's lead was not renewed in time")

    def _is_to_be_refused(self, item: Input) -> bool:
        """Whether it asks for what cannot be recorded now.

        An order that was taken in already and waits for the disk is not refused when it comes
        again: it may yet be done. Like the first time, it is answered when it is durable.
        """
        if not self.storage_problem or getattr(item, "reply_to", None) is None:
            return False
        is_full = len(self._held) >= HELD_REPLIES_MAX
        return is_full or not (
            isinstance(item, SubmitOrder) and self._is_unwritten(item.order.order_id)
        )

    def _is_unwritten(self, order_id: OrderId) -> bool:
        accepted = (record.event for record in self._unwritten)
        return any(
            isinstance(event, OrderAccepted) and event.order_id == order_id for event in accepted
        )

    def _refuse(self, request: Input) -> None:
        message = f"nothing can be accepted now, try again later: {self.storage_problem}"
        refusal = Refusal(ErrorCode.STORAGE_UNAVAILABLE, message)
        self._outlets.perform(Reply(getattr(request, "reply_to", None), refusal, None))
