"""What travels over the simulated network: the cores' inputs, and what carries them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from muster_core.agent.inputs import Grant, LeasesReceived, TaskOffered
from muster_core.events import Record, event_type
from muster_core.gateway.records import LoggedEvent
from muster_core.ids import OrderId, RobotId
from muster_core.log import LogEntry
from muster_core.order import Order
from muster_core.scheduler.effects import PublishLeases, Query, Reply, SendTask


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, which reaches only that start of a process which has asked."""

    start: int
    content: Any

    def __str__(self) -> str:
        return f"the answer {self.content}"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asked what: the ``reply_to`` of a request.

    :param start: of the process that asked.
    :param number: of the question, by its asker.
    :param verb: ``submit``, ``cancel`` or ``resolve``.
    :param order: what is wanted; None unless it is submitted.
    """

    process: str
    start: int
    number: int
    verb: str
    order_id: OrderId
    order: Order | None = None

    def __str__(self) -> str:
        return f"{self.verb} {self.order_id}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A scheduler's reply on its way to the asker."""

    asker: Asker
    reply: Reply

    def __str__(self) -> str:
        return f"the answer to {self.asker}"


@dataclass(frozen=True, slots=True)
class PolicyAsked:
    """A question on its way to the policy."""

    scheduler: str
    start: int
    query: Query

    def __str__(self) -> str:
        return type(self.query).__name__


@dataclass(frozen=True, slots=True)
class EventsAsked:
    """The gateway wants a page of the log."""

    gateway: str
    start: int
    request: int
    from_seq: int
    limit: int


def to_offer(effect: SendTask) -> TaskOffered:
    """The goal of ``execute_task`` as the agent takes it in."""
    return TaskOffered(
        epoch=effect.epoch,
        attempt_id=effect.attempt_id,
        task_id=effect.task.task_id,
        order_id=effect.task.order_id,
        lease_s=effect.lease_s,
        heard_report=effect.heard_report,
        steps_permitted=effect.steps_permitted,
        steps=effect.task.steps,
        traceparent=effect.traceparent,
    )


def to_leases(effect: PublishLeases, robot_id: RobotId) -> LeasesReceived:
    """What of a message of leases concerns ``robot_id``."""
    return LeasesReceived(
        epoch=effect.epoch,
        duration_s=effect.duration_s,
        granted=tuple(
            Grant(grant.attempt_id, grant.heard_report, grant.steps_permitted)
            for grant in effect.grants
            if grant.robot_id == robot_id
        ),
        revoked=tuple(attempt for robot, attempt in effect.revocations if robot == robot_id),
        acknowledged=tuple(
            attempt for robot, attempt in effect.acknowledgements if robot == robot_id
        ),
    )


def to_logged_event(record: Record, entry: LogEntry) -> LoggedEvent:
    """An event as the scheduler tells it to the gateway."""
    event: Any = record.event
    return LoggedEvent(
        seq=record.seq,
        wall_ns=record.wall_ns,
        epoch=record.epoch,
        type=event_type(event),
        order_id=getattr(event, "order_id", ""),
        robot_id=getattr(event, "robot_id", ""),
        traceparent=getattr(event, "traceparent", ""),
        data=entry.body.decode(),
    )
