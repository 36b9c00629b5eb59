"""A Kafka in memory for the gateway's core: topics, commits, and producers that can fail."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from muster_core.gateway.effects import ProduceDeadLetter
from muster_core.gateway.records import ExportedEvent, LoggedEvent, RecordPosition


@dataclass(slots=True)
class FakeKafka:
    """What survives the gateway: records, commits, events and dead letters.

    :param orders: the bodies of the orders' topic, by partition.
    :param queued: events that a producer was handed and that have not arrived, by generation.
    """

    orders: list[list[bytes]]
    topic: str = "muster.orders"
    committed: dict[int, int] = field(default_factory=dict)
    events: list[LoggedEvent] = field(default_factory=list)
    dead_letters: list[ProduceDeadLetter] = field(default_factory=list)
    queued: dict[int, deque[LoggedEvent]] = field(default_factory=dict)
    _fetched: dict[int, int] = field(default_factory=dict)

    def fetch(self, partition: int) -> tuple[RecordPosition, bytes] | None:
        """The next record of the partition for the present consumer; None at its end."""
        offset = self._fetched.get(partition, self.committed.get(partition, 0))
        if offset >= len(self.orders[partition]):
            return None
        self._fetched[partition] = offset + 1
        return RecordPosition(self.topic, partition, offset), self.orders[partition][offset]

    def restart_consumer(self) -> None:
        """A new consumer begins behind what is committed."""
        self._fetched.clear()

    def reassign(self, partition: int) -> None:
        """The partition came back to its consumer, which begins behind what is committed."""
        self._fetched.pop(partition, None)

    def commit(self, partition: int, offset: int) -> None:
        """Keep how far the group is."""
        self.committed[partition] = offset

    def queue(self, generation: int, event: LoggedEvent) -> None:
        """Take an event from a producer. It arrives later, or never."""
        self.queued.setdefault(generation, deque()).append(event)

    def arrive(self, generation: int) -> LoggedEvent | None:
        """Store the producer's oldest event, as an idempotent producer does: once and in order."""
        waiting = self.queued.get(generation)
        if not waiting:
            return None
        event = waiting.popleft()
        self.events.append(event)
        return event

    def drop(self, generation: int) -> LoggedEvent | None:
        """Fail the producer's oldest event, and with it all that are behind it."""
        waiting = self.queued.pop(generation, None)
        return waiting[0] if waiting else None

    def last_event(self) -> ExportedEvent | None:
        """The last event stored."""
        if not self.events:
            return None
        last = self.events[-1]
        return ExportedEvent(last.seq, last.time_text, last.type)
