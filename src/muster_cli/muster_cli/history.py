"""One order's events, found in the log of a running fleet without reading all of it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from muster_msgs import msg

from muster_cli.client import FleetClient
from muster_core.events import Record, decode_event
from muster_ros.conversions import to_wall_ns


class OrderHistory:
    """Reads the events that may belong to an order's story, from its acceptance on.

    :param accepted: when the order was accepted, as its status says.
    """

    def __init__(self, client: FleetClient, order_id: str, accepted: object) -> None:
        self._client = client
        self._order_id = order_id
        self._accepted_ns = to_wall_ns(accepted)
        self.unknown = 0
        """Events of the order that this version does not know; they are left out."""

    def records(self) -> Iterator[Record]:
        """The events to the end that the log has now, page by page. Stop when you have enough."""
        for event in self._client.events(self._first_seq()):
            # What is about no order, or clears a robot by a probe, may be about its robot.
            if event.order_id in ("", self._order_id) or event.type == "robot_cleared":
                record = self._record(event)
                if record is not None:
                    yield record

    def _first_seq(self) -> int:
        """Where its acceptance is; the log's beginning when the clock was set back meanwhile."""
        low, high = 1, self._client.last_seq()
        while low < high:
            middle = (low + high) // 2
            if self._time_ns(middle) < self._accepted_ns:
                low = middle + 1
            else:
                high = middle
        for event in self._client.read_events(from_seq=low).events:
            if event.type == "order_accepted" and event.order_id == self._order_id:
                return int(event.seq)
        return 1

    def _time_ns(self, seq: int) -> int:
        return to_wall_ns(self._client.read_events(from_seq=seq, limit=1).events[0].stamp)

    def _record(self, event: msg.Event) -> Record | None:
        try:
            content = decode_event(event.data.encode())
        except msgspec.MsgspecError:
            self.unknown += 1
            return None
        return Record(event.seq, to_wall_ns(event.stamp), event.epoch, content)
