"""Orders in: a record is committed only once the scheduler has it, or its dead letter is delivered.

Rules for editors: a record is finished in ``_finish`` alone. A record is never a dead letter
because somebody else was away.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from enum import Enum

from muster_core.clock import NS_PER_S, Instant
from muster_core.errors import ErrorCode, Refusal
from muster_core.gateway import effects, inputs
from muster_core.gateway.backoff import pause_s
from muster_core.gateway.config import GatewayConfig
from muster_core.gateway.effects import Effect
from muster_core.gateway.records import RecordPosition
from muster_core.ids import OrderId
from muster_core.intake import parse_order
from muster_core.order import Order

NOT_THE_ORDERS_FAULT = frozenset(
    {
        ErrorCode.QUEUE_FULL,
        ErrorCode.STORAGE_UNAVAILABLE,
        ErrorCode.NOT_ACTIVE,
        ErrorCode.SCHEDULER_UNREACHABLE,
    }
)
_NEVER_NS = 1 << 62


class Stage(Enum):
    """How far a record is."""

    WAITING = "waiting"  # for room in the window, or for an earlier record of the same order id
    SUBMITTED = "submitted"
    RETRYING = "retrying"  # waits out a pause
    REFUSED = "refused"  # its dead letter is to be sent
    BURYING = "burying"  # its dead letter is on its way
    FINISHED = "finished"


@dataclass(slots=True)
class _Held:
    """A record that was taken and is not committed. ``due_ns``: when its stage ends by itself."""

    body: bytes
    order: Order | None
    refusal: Refusal | None
    stage: Stage
    request: int = 0
    failures: int = 0
    due_ns: int = _NEVER_NS


class OrderImport:
    """The records taken from Kafka, and what is to be done about each."""

    def __init__(self, config: GatewayConfig) -> None:
        self._config = config
        self._held: dict[RecordPosition, _Held] = {}
        self._unfinished = 0
        self._queue: deque[RecordPosition] = deque()
        self._same_id: dict[OrderId, deque[RecordPosition]] = {}
        self._partitions: dict[tuple[str, int], deque[RecordPosition]] = {}
        self._in_flight = 0
        self._requests = 0
        self._next_due_ns = _NEVER_NS
        self._is_paused = False
        self._has_refused = False
        self._pending: list[Effect] = []
        self.counts: Counter[str] = Counter()
        self.problem = ""

    @property
    def unfinished(self) -> int:
        """Records that were taken and are neither the scheduler's nor dead letters yet."""
        return self._unfinished

    @property
    def in_flight(self) -> int:
        """Orders that the scheduler has been asked about."""
        return self._in_flight

    @property
    def is_paused(self) -> bool:
        """Whether the consumer has been told to wait."""
        return self._is_paused

    def on_order_received(self, received: inputs.OrderReceived) -> None:
        """Take a record; one that is held already is the same record again."""
        position = received.position
        if position in self._held:
            return
        self.counts["received"] += 1
        parsed = parse_order(received.body)
        order = parsed if isinstance(parsed, Order) else None
        refusal = parsed if isinstance(parsed, Refusal) else None
        held = _Held(received.body, order, refusal, Stage.WAITING)
        self._held[position] = held
        self._unfinished += 1
        self._partitions.setdefault(position[:2], deque()).append(position)
        if order is None:
            self._refuse(held, refusal)
            return
        same = self._same_id.setdefault(order.order_id, deque())
        same.append(position)
        if len(same) == 1:
            self._queue.append(position)

    def on_partitions_revoked(self, revoked: inputs.PartitionsRevoked) -> None:
        """Forget the records of these partitions: who has them now takes them from the start."""
        for partition in revoked.partitions:
            for position in self._partitions.pop(partition, ()):
                held = self._held.pop(position)
                if held.stage is Stage.FINISHED:
                    continue
                self._unfinished -= 1
                if held.stage is Stage.SUBMITTED:
                    self._in_flight -= 1
                self._release_id(position, held)
        self._queue = deque(position for position in self._queue if position in self._held)

    def on_submit_answered(self, answer: inputs.SubmitAnswered, now: Instant) -> None:
        """The scheduler has the order, refuses it, or cannot take it now."""
        held = self._held.get(answer.position)
        if held is None or held.stage is not Stage.SUBMITTED or held.request != answer.request:
            self.counts["late_answers"] += 1
            return
        self._in_flight -= 1
        if answer.is_accepted:
            self.counts["duplicates" if answer.is_duplicate else "accepted"] += 1
            self.problem = ""
            self._finish(answer.position, held)
        elif answer.error_code in NOT_THE_ORDERS_FAULT:
            self._retry(held, f"{answer.error_code.name}: {answer.message}", now)
        else:
            self.problem = ""
            self._refuse(held, Refusal(answer.error_code, answer.message))

    def on_dead_letter_delivered(self, delivered: inputs.DeadLetterDelivered) -> None:
        """The record is finished."""
        held = self._held.get(delivered.position)
        if held is not None and held.stage in (Stage.BURYING, Stage.REFUSED):
            self.counts["dead_letters"] += 1
            self._finish(delivered.position, held)

    def on_dead_letter_failed(self, failed: inputs.DeadLetterFailed, now: Instant) -> None:
        """Send it again after a pause."""
        held = self._held.get(failed.position)
        if held is not None and held.stage is Stage.BURYING:
            self.problem = f"a dead letter cannot be sent: {failed.reason}"
            self._rebury(held, now)

    def ready(self, now: Instant) -> list[Effect]:
        """What is to be done now."""
        if now.steady_ns >= self._next_due_ns:
            self._expire(now)
        self._submit(now)
        self._bury(now)
        self._commit()
        self._pause_or_resume()
        pending, self._pending = self._pending, []
        return pending

    def _submit(self, now: Instant) -> None:
        while self._queue and self._in_flight < self._config.orders_in_flight_max:
            position = self._queue.popleft()
            held = self._held.get(position)
            if held is None or held.stage is not Stage.WAITING:
                continue
            assert held.order is not None
            self._requests += 1
            held.request = self._requests
            held.stage = Stage.SUBMITTED
            self._in_flight += 1
            self._set_due(held, now, self._config.submit_timeout_s)
            self._pending.append(effects.SubmitOrder(position, held.request, held.order))

    def _bury(self, now: Instant) -> None:
        if not self._has_refused:
            return
        for position, held in self._held.items():
            if held.stage is Stage.REFUSED and held.due_ns == _NEVER_NS:
                assert held.refusal is not None
                held.stage = Stage.BURYING
                # Twice as long as Kafka's client itself waits, so that it has answered before.
                self._set_due(held, now, 2 * self._config.delivery_timeout_s)
                letter = effects.ProduceDeadLetter(position, held.body, held.refusal)
                self._pending.append(letter)
        self._has_refused = False

    def _expire(self, now: Instant) -> None:
        """End the stages whose time is up, in the order in which the records were taken."""
        self._next_due_ns = _NEVER_NS
        for position, held in self._held.items():
            if held.due_ns > now.steady_ns:
                self._next_due_ns = min(self._next_due_ns, held.due_ns)
                continue
            if held.stage is Stage.SUBMITTED:
                self._in_flight -= 1
                waited_s = self._config.submit_timeout_s
                self._retry(held, f"no answer from the scheduler for {waited_s:g} s", now)
            elif held.stage is Stage.RETRYING:
                held.stage, held.due_ns = Stage.WAITING, _NEVER_NS
                self._queue.append(position)
            elif held.stage is Stage.BURYING:
                self._rebury(held, now)
            elif held.stage is Stage.REFUSED:
                held.due_ns, self._has_refused = _NEVER_NS, True

    def _retry(self, held: _Held, reason: str, now: Instant) -> None:
        self.counts["retries"] += 1
        self.problem = f"the scheduler does not take orders now: {reason}"
        held.stage = Stage.RETRYING
        held.failures += 1
        self._set_due(held, now, self._pause_s(held))

    def _rebury(self, held: _Held, now: Instant) -> None:
        self.counts["retries"] += 1
        held.stage = Stage.REFUSED
        held.failures += 1
        self._set_due(held, now, self._pause_s(held))

    def _refuse(self, held: _Held, refusal: Refusal | None) -> None:
        held.stage, held.refusal, held.failures = Stage.REFUSED, refusal, 0
        held.due_ns, self._has_refused = _NEVER_NS, True

    def _finish(self, position: RecordPosition, held: _Held) -> None:
        held.stage, held.due_ns, held.body = Stage.FINISHED, _NEVER_NS, b""
        self._unfinished -= 1
        self._release_id(position, held)

    def _release_id(self, position: RecordPosition, held: _Held) -> None:
        """Let the next record of the same order id go: the second must not overtake the first."""
        if held.order is None:
            return
        same = self._same_id[held.order.order_id]
        was_first = same[0] == position
        same.remove(position)
        if not same:
            del self._same_id[held.order.order_id]
        elif was_first:
            self._queue.append(same[0])

    def _commit(self) -> None:
        for (topic, partition), positions in self._partitions.items():
            offset = -1
            while positions and self._held[positions[0]].stage is Stage.FINISHED:
                finished = positions.popleft()
                del self._held[finished]
                offset = finished.offset + 1
            if offset >= 0:
                self._pending.append(effects.CommitOffset(topic, partition, offset))

    def _pause_or_resume(self) -> None:
        bound = self._config.orders_held_max
        # Finished records behind an unfinished one are held, too.
        if not self._is_paused and len(self._held) >= bound:
            self._is_paused = True
            self.counts["pauses"] += 1
            self._pending.append(effects.PauseOrders())
        elif self._is_paused and len(self._held) <= bound // 2:
            self._is_paused = False
            self._pending.append(effects.ResumeOrders())

    def _pause_s(self, held: _Held) -> float:
        config = self._config
        least_s, greatest_s = config.retry_s_min, config.retry_s_max
        return pause_s(held.failures, least_s=least_s, greatest_s=greatest_s)

    def _set_due(self, held: _Held, now: Instant, after_s: float) -> None:
        held.due_ns = now.steady_ns + int(after_s * NS_PER_S)
        self._next_due_ns = min(self._next_due_ns, held.due_ns)
