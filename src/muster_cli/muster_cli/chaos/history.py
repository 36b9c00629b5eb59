"""What a run left behind: the three topics of Kafka, and the robots' journals. Nothing else counts.

Everything is kept as it stands in the records, plain JSON, so that the judge shares no code with
what it judges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a robot's journal.

    :param wall_ns: when it was written, UTC, ns.
    """

    robot_id: str
    seq: int
    wall_ns: int
    body: Body

    @property
    def type(self) -> str:
        """What happened, as in ``step_finished``."""
        return str(self.body.get("type", ""))


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An order that was not accepted, and why."""

    order_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that is to be judged.

    :param orders: the orders' topic: what was sent, repetitions included.
    :param events: the events' topic, in its order.
    :param journals: each robot's journal, in its order.
    """

    orders: tuple[Body, ...] = ()
    events: tuple[Body, ...] = ()
    dead_letters: tuple[DeadLetter, ...] = ()
    journals: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)

    def order_ids(self) -> list[str]:
        """The orders that were sent, each once, in the order of their sending."""
        return list(dict.fromkeys(str(order.get("order_id", "")) for order in self.orders))

    def events_of(self, order_id: str) -> list[Body]:
        """What Kafka tells of the order."""
        return [event for event in self.events if event.get("order_id") == order_id]
