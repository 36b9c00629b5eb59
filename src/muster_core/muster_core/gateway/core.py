"""The gateway's decisions: ``step`` takes what happened, ``ready`` tells what to do about it.

No clock, no Kafka, no ROS: the same inputs at the same instants give the same effects.
"""

from __future__ import annotations

from dataclasses import dataclass

from muster_core.clock import Instant
from muster_core.gateway import inputs
from muster_core.gateway.config import GatewayConfig
from muster_core.gateway.effects import Effect
from muster_core.gateway.event_export import EventExport
from muster_core.gateway.inputs import Input
from muster_core.gateway.order_import import OrderImport


@dataclass(frozen=True, slots=True)
class GatewayStatus:
    """How the gateway is. ``problems``: sentences; empty when all is well."""

    problems: tuple[str, ...]
    orders: dict[str, int]
    events: dict[str, int]


class GatewayCore:
    """Orders from Kafka to the scheduler, events from the scheduler to Kafka."""

    def __init__(self, config: GatewayConfig) -> None:
        self._orders = OrderImport(config)
        self._events = EventExport(config)

    def step(self, happened: Input, now: Instant) -> None:
        """Take in what happened."""
        orders, events = self._orders, self._events
        match happened:
            case inputs.OrderReceived():
                orders.on_order_received(happened)
            case inputs.PartitionsRevoked():
                orders.on_partitions_revoked(happened)
            case inputs.SubmitAnswered():
                orders.on_submit_answered(happened, now)
            case inputs.DeadLetterDelivered():
                orders.on_dead_letter_delivered(happened)
            case inputs.DeadLetterFailed():
                orders.on_dead_letter_failed(happened, now)
            case inputs.EventPublished():
                events.on_event_published(happened)
            case inputs.EventsRead():
                events.on_events_read(happened, now)
            case inputs.EventsReadFailed():
                events.on_events_read_failed(happened, now)
            case inputs.LastExportedRead():
                events.on_last_exported_read(happened, now)
            case inputs.LastExportedFailed():
                events.on_last_exported_failed(happened, now)
            case inputs.EventDelivered():
                events.on_event_delivered(happened, now)
            case inputs.EventDeliveryFailed():
                events.on_event_delivery_failed(happened, now)

    def ready(self, now: Instant) -> list[Effect]:
        """What is to be done now, in this order. Call it after every batch and every tick."""
        return self._events.ready(now) + self._orders.ready(now)

    def status(self, now: Instant) -> GatewayStatus:
        """How it is, for diagnostics."""
        orders, events = self._orders, self._events
        problems = (orders.problem, events.problem or events.waiting_problem(now))
        return GatewayStatus(
            problems=tuple(problem for problem in problems if problem),
            orders={
                "unfinished": orders.unfinished,
                "in_flight": orders.in_flight,
                "paused": int(orders.is_paused),
                **orders.counts,
            },
            events={
                "last_exported": events.exported,
                "behind": events.behind,
                "in_flight": events.in_flight,
                **events.counts,
            },
        )
