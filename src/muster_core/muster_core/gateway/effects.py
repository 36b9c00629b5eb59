"""What the gateway's core asks its shell to do."""

from __future__ import annotations

from dataclasses import dataclass

from muster_core.errors import Refusal
from muster_core.gateway.records import LoggedEvent, RecordPosition
from muster_core.order import Order


@dataclass(frozen=True, slots=True)
class SubmitOrder:
    """Ask the scheduler to take the order."""

    position: RecordPosition
    request: int
    order: Order


@dataclass(frozen=True, slots=True)
class ProduceDeadLetter:
    """Put the record, untouched, and what was wrong with it into the dead letters' topic."""

    position: RecordPosition
    body: bytes
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class CommitOffset:
    """Tell Kafka that every record of the partition before ``offset`` is finished."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class PauseOrders:
    """Take no more records of the orders' topic."""


@dataclass(frozen=True, slots=True)
class ResumeOrders:
    """Take records again."""


@dataclass(frozen=True, slots=True)
class ReadLastExported:
    """Ask Kafka for the last event it has. Producers of older generations must be gone by then."""

    request: int


@dataclass(frozen=True, slots=True)
class ReadEvents:
    """Ask the scheduler for events of its log."""

    request: int
    from_seq: int
    limit: int


@dataclass(frozen=True, slots=True)
class ResetProducer:
    """Drop the producer of events with all it holds, and make the next one."""

    generation: int


@dataclass(frozen=True, slots=True)
class ProduceEvent:
    """Hand the event to Kafka, after all that were handed over before."""

    generation: int
    event: LoggedEvent


Effect = (
    SubmitOrder
    | ProduceDeadLetter
    | CommitOffset
    | PauseOrders
    | ResumeOrders
    | ReadLastExported
    | ReadEvents
    | ResetProducer
    | ProduceEvent
)
