"""The scheduler's loop: step the core, make its records durable, then perform the effects.

This is the only thread that touches the core and the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from muster_msgs import msg

from muster_core.clock import NS_PER_S, Instant
from muster_core.errors import ErrorCode, LogError, Refusal
from muster_core.events import Record
from muster_core.log import EventLog, LogEntry
from muster_core.scheduler.core import SchedulerCore
from muster_core.scheduler.effects import Effect, Query, Reply
from muster_core.scheduler.inputs import CancelOrder, SubmitOrder
from muster_ros.clock import read_clock
from muster_scheduler import requests as req
from muster_scheduler.answers import answer, fleet_state_message
from muster_scheduler.storage import to_entries


class Outlets(Protocol):
    """Where effects go. Called from the loop's thread only."""

    def ask(self, query: Query) -> None:
        """Put a question to the policy."""

    def perform(self, effect: Effect) -> None:
        """Do what the core asks for."""

    def publish(self, records: Sequence[Record], entries: Sequence[LogEntry]) -> None:
        """Tell the world what is now durable, in order."""

    def publish_fleet_state(self, message: msg.FleetState) -> None:
        """Tell dashboards how the fleet is."""


class Engine:
    """One scheduler at work.

    While the log cannot be written, what waits for it is kept and tried again with every tick, no
    effect leaves, and new orders are refused: nothing is ever promised that is not on disk.
    """

    def __init__(self, core: SchedulerCore, log: EventLog, outlets: Outlets, logs: Any) -> None:
        self.core = core
        self._log = log
        self._outlets = outlets
        self._logs = logs
        self._unwritten: list[Record] = []
        self._held: list[Effect] = []
        self._fleet_state_due_ns = 0
        self.commits = 0
        self.commit_longest_ms = 0.0
        self.storage_problem = ""

    def start(self, scheduler: str) -> None:
        """Take the lead and make it durable.

        :raises LogError: when that cannot be written.
        """
        now = read_clock()
        self.core.start(scheduler, now)
        self._collect(now)
        self._commit(now)

    def handle(self, batch: list[req.Request]) -> None:
        """Take in a batch: one commit serves it all."""
        now = read_clock()
        queries: list[req.Query] = []
        for item in batch:
            if isinstance(item, req.Query):
                queries.append(item)
            elif self.storage_problem and isinstance(item, SubmitOrder | CancelOrder):
                self._refuse(item)
            else:
                self.core.step(item, now)
        self._collect(now)
        try:
            self._commit(now)
        except LogError as error:
            if not self.storage_problem:
                self._logs.error("log cannot be written", reason=str(error))
            self.storage_problem = str(error)
            # Leases and offers are made anew when they can leave; old ones would be wrong by then.
            self._held = [effect for effect in self._held if isinstance(effect, Reply)]
        for query in queries:
            answer(query, self.core, self._log, now)
        self._publish_fleet_state(now)

    def _collect(self, now: Instant) -> None:
        ready = self.core.ready(now)
        for query in ready.queries:
            self._outlets.ask(query)
        self._unwritten.extend(ready.records)
        self._held.extend(ready.effects)

    def _commit(self, now: Instant) -> None:
        records, effects = self._unwritten, self._held
        if records:
            entries = to_entries(records)
            self._log.append(entries)
            took_ms = (read_clock().steady_ns - now.steady_ns) / 1e6
            self.commit_longest_ms = max(self.commit_longest_ms, took_ms)
            self.commits += 1
            self.storage_problem = ""
        self._unwritten, self._held = [], []
        for effect in effects:
            self._outlets.perform(effect)
        if records:
            self._outlets.publish(records, entries)

    def _refuse(self, request: SubmitOrder | CancelOrder) -> None:
        message = f"nothing can be accepted now, try again later: {self.storage_problem}"
        refusal = Refusal(ErrorCode.STORAGE_UNAVAILABLE, message)
        self._outlets.perform(Reply(request.reply_to, refusal, None))

    def _publish_fleet_state(self, now: Instant) -> None:
        if now.steady_ns >= self._fleet_state_due_ns:
            period_s = self.core.config.fleet_state_period_s
            self._fleet_state_due_ns = now.steady_ns + int(period_s * NS_PER_S)
            self._outlets.publish_fleet_state(fleet_state_message(self.core, now))
