"""Events out: Kafka gets the log in its order, each event once, and nothing else (I7).

Where to go on is asked of Kafka itself, at the start and after every failure: no second place could
disagree with it. An event is produced only as the successor of the one before.

Rules for editors: ``_tail`` only grows by one, in ``_accept``; a generation of the producer that
has failed is never used again.
"""

from __future__ import annotations

from collections import Counter, deque
from enum import Enum

from muster_core.clock import NS_PER_S, Instant
from muster_core.gateway import effects, inputs
from muster_core.gateway.backoff import pause_s
from muster_core.gateway.config import GatewayConfig
from muster_core.gateway.effects import Effect
from muster_core.gateway.records import ExportedEvent, LoggedEvent


class Stage(Enum):
    """What the export does."""

    LOCATING = "locating"  # asks Kafka where it ends
    MATCHING = "matching"  # looks for Kafka's last event in the log
    FOLLOWING = "following"


class EventExport:
    """What Kafka has of the log, and what it is to get next."""

    def __init__(self, config: GatewayConfig) -> None:
        self._config = config
        self._stage = Stage.LOCATING
        self._generation = 0
        self._is_producer_new = True
        self._tail = 0  # the last event taken, produced or not
        self._log_end = 0  # the last event the log is known to have
        self._exported = 0  # the last event that Kafka has acknowledged
        self._buffer: deque[LoggedEvent] = deque()
        self._in_flight: deque[int] = deque()
        self._progress_ns: int | None = None  # when Kafka last acknowledged, or got the first
        self._requests = 0
        self._request = 0  # under way; 0 = none
        self._request_due_ns = 0
        self._failures = 0
        self._not_before_ns = 0
        self._read_by_ns = 0
        self._to_match: ExportedEvent | None = None  # Kafka's last event, to be found in the log
        self.counts: Counter[str] = Counter()
        self.problem = ""

    @property
    def stage(self) -> Stage:
        """What it does now."""
        return self._stage

    @property
    def exported(self) -> int:
        """The last event that Kafka is known to have."""
        return self._exported

    @property
    def behind(self) -> int:
        """Events that the log is known to have and Kafka not."""
        return max(0, self._log_end - self._exported)

    @property
    def in_flight(self) -> int:
        """Events that were handed to Kafka and not acknowledged."""
        return len(self._in_flight)

    def on_event_published(self, published: inputs.EventPublished) -> None:
        """Take the event if it is the next one; otherwise remember that the log has it."""
        event = published.event
        self._log_end = max(self._log_end, event.seq)
        if self._stage is not Stage.FOLLOWING:
            return
        if event.seq == self._tail + 1 and self._room() > 0:
            self._accept(event)
        elif event.seq > self._tail + 1:
            self.counts["gaps"] += 1

    def on_events_read(self, page: inputs.EventsRead, now: Instant) -> None:
        """Take what continues the tail."""
        if page.request != self._request or self._stage is Stage.LOCATING:
            return
        self._end_request(now)
        if self._stage is Stage.MATCHING and not self._match(page, now):
            return
        self._log_end = max(self._log_end, page.last_seq)
        before = self._tail
        for event in page.events:
            if event.seq == self._tail + 1 and self._room() > 0:
                self._accept(event)
        if page.last_seq > before and self._tail == before and self._room() > 0:
            first = page.events[0].seq if page.events else "nothing"
            self._fail(f"the scheduler answered event {before + 1} with {first}", now)
            return
        self._failures, self.problem = 0, ""

    def on_events_read_failed(self, failed: inputs.EventsReadFailed, now: Instant) -> None:
        """Read again after a pause."""
        if failed.request == self._request and self._stage is not Stage.LOCATING:
            self._end_request(now)
            self._fail(f"the scheduler's log cannot be read: {failed.reason}", now)

    def on_last_exported_read(self, read: inputs.LastExportedRead, now: Instant) -> None:
        """Go on behind what Kafka has."""
        if read.request != self._request or self._stage is not Stage.LOCATING:
            return
        self._end_request(now)
        self._to_match = read.last
        self._stage = Stage.FOLLOWING if read.last is None else Stage.MATCHING
        self._tail = self._exported = read.last.seq if read.last is not None else 0
        self._failures, self.problem = 0, ""
        self._read_by_ns = now.steady_ns  # at once: the log may have more than is published

    def on_last_exported_failed(self, failed: inputs.LastExportedFailed, now: Instant) -> None:
        """Ask again after a pause."""
        if failed.request == self._request and self._stage is Stage.LOCATING:
            self._end_request(now)
            self._fail(f"Kafka cannot be asked for its last event: {failed.reason}", now)

    def on_event_delivered(self, delivered: inputs.EventDelivered, now: Instant) -> None:
        """Kafka has one more."""
        if delivered.generation != self._generation or delivered.seq not in self._in_flight:
            return
        self._in_flight.remove(delivered.seq)  # the first one, as a rule
        self._exported = max(self._exported, delivered.seq)
        self._progress_ns = now.steady_ns
        self.counts["exported"] += 1

    def on_event_delivery_failed(self, failed: inputs.EventDeliveryFailed, now: Instant) -> None:
        """Drop what this producer holds, and begin again from what Kafka really has."""
        if failed.generation != self._generation:
            return
        self._generation += 1
        self._is_producer_new = True
        self._stage = Stage.LOCATING
        self._buffer.clear()
        self._in_flight.clear()
        self._request = 0
        self.counts["resets"] += 1
        self._fail(f"Kafka does not take event {failed.seq}: {failed.reason}", now)

    def ready(self, now: Instant) -> list[Effect]:
        """What is to be done now."""
        pending: list[Effect] = []
        if self._is_producer_new:
            self._is_producer_new = False
            pending.append(effects.ResetProducer(self._generation))
        self._expire(now)
        if self._request == 0 and now.steady_ns >= self._not_before_ns:
            self._ask(pending, now)
        if self._stage is Stage.FOLLOWING:
            self._produce(pending, now)
        return pending

    def waiting_problem(self, now: Instant) -> str:
        """A sentence when Kafka has acknowledged nothing for too long; empty otherwise."""
        if not self._in_flight or self._progress_ns is None:
            return ""
        waited_s = (now.steady_ns - self._progress_ns) / NS_PER_S
        if waited_s < self._config.delivery_timeout_s:
            return ""
        waiting = len(self._in_flight) + len(self._buffer)
        return f"Kafka has acknowledged no event for {waited_s:.0f} s; {waiting} wait for it"

    def _ask(self, pending: list[Effect], now: Instant) -> None:
        if self._stage is Stage.LOCATING:
            self._begin_request(now)
            pending.append(effects.ReadLastExported(self._request))
            return
        is_behind = self._log_end > self._tail or self._stage is Stage.MATCHING
        room = self._room()
        if room > 0 and (is_behind or now.steady_ns >= self._read_by_ns):
            self._begin_request(now)
            limit = min(self._config.read_page, room)
            from_seq = self._tail + (self._stage is Stage.FOLLOWING)
            pending.append(effects.ReadEvents(self._request, from_seq, limit))

    def _produce(self, pending: list[Effect], now: Instant) -> None:
        if self._buffer and not self._in_flight:
            self._progress_ns = now.steady_ns
        while self._buffer and len(self._in_flight) < self._config.events_in_flight_max:
            event = self._buffer.popleft()
            self._in_flight.append(event.seq)
            pending.append(effects.ProduceEvent(self._generation, event))

    def _accept(self, event: LoggedEvent) -> None:
        assert event.seq == self._tail + 1, "an event is taken only as the successor of the last"
        self._tail = event.seq
        self._buffer.append(event)

    def _room(self) -> int:
        return self._config.events_buffered_max - len(self._buffer)

    def _match(self, page: inputs.EventsRead, now: Instant) -> bool:
        """Whether Kafka's last event is the log's of that number: two logs must not be mixed."""
        first = page.events[0] if page.events else None
        if first is not None and self._to_match is not None and self._to_match.is_same(first):
            self._stage = Stage.FOLLOWING
            return True
        self._fail(
            f"topic {self._config.events_topic!r} ends with {self._to_match}, which is not in the "
            f"scheduler's log (it ends at event {page.last_seq}): it belongs to another log; "
            "name another events_topic",
            now,
        )
        return False

    def _begin_request(self, now: Instant) -> None:
        self._requests += 1
        self._request = self._requests
        self._request_due_ns = now.later(self._config.read_timeout_s).steady_ns
        if self._stage is Stage.LOCATING:  # the shell waits for Kafka as long, and then answers
            self._request_due_ns = now.later(2 * self._config.delivery_timeout_s).steady_ns

    def _end_request(self, now: Instant) -> None:
        self._request = 0
        self._read_by_ns = now.later(self._config.follow_period_s).steady_ns

    def _expire(self, now: Instant) -> None:
        if self._request and now.steady_ns >= self._request_due_ns:
            self._end_request(now)
            peer = "Kafka" if self._stage is Stage.LOCATING else "the scheduler's read_events"
            self._fail(f"no answer from {peer} in time", now)

    def _fail(self, problem: str, now: Instant) -> None:
        self.counts["failures"] += 1
        self.problem = problem
        self._failures += 1
        config = self._config
        least_s, greatest_s = config.retry_s_min, config.retry_s_max
        wait_s = pause_s(self._failures, least_s=least_s, greatest_s=greatest_s)
        self._not_before_ns = self._read_by_ns = now.later(wait_s).steady_ns
