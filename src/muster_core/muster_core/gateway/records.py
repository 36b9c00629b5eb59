"""What the gateway carries: where an order's record stands in Kafka, and an event of the log."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from muster_core.clock import utc_text


class RecordPosition(NamedTuple):
    """Where a record stands in Kafka."""

    topic: str
    partition: int
    offset: int


class LoggedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as the scheduler tells it. Field by field as in ``Event.msg``.

    It is carried, not understood: events of a newer scheduler pass unchanged.

    :param wall_ns: when it was recorded, UTC, ns.
    :param data: the whole event as JSON.
    """

    seq: int
    wall_ns: int
    epoch: int
    type: str
    order_id: str = ""
    robot_id: str = ""
    traceparent: str = ""
    data: str = "{}"

    @property
    def time_text(self) -> str:
        """When it was recorded, as in ``2030-01-31T12:00:00.000Z``."""
        return utc_text(self.wall_ns)


class ExportedEvent(msgspec.Struct, frozen=True):
    """What tells an event in Kafka apart from the one with its number in another log.

    :param time: when it was recorded, as in ``2030-01-31T12:00:00.000Z``.
    """

    seq: int
    time: str
    type: str

    def is_same(self, event: LoggedEvent) -> bool:
        """Whether ``event`` is this one."""
        return (self.seq, self.time, self.type) == (event.seq, event.time_text, event.type)
