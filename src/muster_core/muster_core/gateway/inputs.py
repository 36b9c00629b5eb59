"""What can happen to the gateway: from Kafka, from the scheduler, and nothing else.

An answer bears the number of the question (``request``, ``generation``), so that a late answer to
an old one changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from muster_core.errors import ErrorCode
from muster_core.gateway.records import ExportedEvent, LoggedEvent, RecordPosition


@dataclass(frozen=True, slots=True)
class OrderReceived:
    """Kafka gave a record of the orders' topic. A record without a value has an empty body."""

    position: RecordPosition
    body: bytes


@dataclass(frozen=True, slots=True)
class PartitionsRevoked:
    """Other members of the group take these partitions, and what was not committed of them."""

    partitions: frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class SubmitAnswered:
    """The scheduler answered, or could not be asked (``SCHEDULER_UNREACHABLE``)."""

    position: RecordPosition
    request: int
    is_accepted: bool
    is_duplicate: bool = False
    error_code: ErrorCode = ErrorCode.NONE
    message: str = ""


@dataclass(frozen=True, slots=True)
class DeadLetterDelivered:
    """Kafka has the dead letter of the record at ``position``."""

    position: RecordPosition


@dataclass(frozen=True, slots=True)
class DeadLetterFailed:
    """Kafka did not take the dead letter."""

    position: RecordPosition
    reason: str


@dataclass(frozen=True, slots=True)
class EventPublished:
    """The scheduler published an event."""

    event: LoggedEvent


@dataclass(frozen=True, slots=True)
class EventsRead:
    """A page of the log, in its order. ``last_seq`` is where the log ends."""

    request: int
    events: tuple[LoggedEvent, ...]
    last_seq: int


@dataclass(frozen=True, slots=True)
class EventsReadFailed:
    """The log could not be read."""

    request: int
    reason: str


@dataclass(frozen=True, slots=True)
class LastExportedRead:
    """The last event that Kafka has; None when it has none."""

    request: int
    last: ExportedEvent | None


@dataclass(frozen=True, slots=True)
class LastExportedFailed:
    """Kafka could not be asked what it has."""

    request: int
    reason: str


@dataclass(frozen=True, slots=True)
class EventDelivered:
    """Kafka has the event."""

    generation: int
    seq: int


@dataclass(frozen=True, slots=True)
class EventDeliveryFailed:
    """Kafka does not take the event, now or ever, from this generation of the producer."""

    generation: int
    seq: int
    reason: str


Input = (
    OrderReceived
    | PartitionsRevoked
    | SubmitAnswered
    | DeadLetterDelivered
    | DeadLetterFailed
    | EventPublished
    | EventsRead
    | EventsReadFailed
    | LastExportedRead
    | LastExportedFailed
    | EventDelivered
    | EventDeliveryFailed
)
