"""The log as it grows: each event once, in the order of the log, however it arrives.

Events come over a topic, which may lose some and repeat some; what is missing is read from the log
by pages. A gap is closed by reading, never by skipping.
"""

from __future__ import annotations

import time
from typing import Any

from muster_msgs import msg, srv

from muster_cli.client import PAGE_MAX, FleetClient
from muster_ros import channels

ARRIVED_MAX = 10_000
"""Events that may wait for an earlier one; what comes beyond is dropped and read again later."""
READ_PERIOD_S = 5.0
"""So often the log is read even when nothing seems to be missing."""
READ_DEADLINE_S = 5.0
"""A page that has not come by then is asked for again."""


class EventFeed:
    """Events from ``next_seq`` on. ``poll`` often; nothing happens in between."""

    def __init__(self, client: FleetClient, next_seq: int) -> None:
        self.next_seq = next_seq
        self._client = client
        self._arrived: dict[int, Any] = {}
        self._page: Any = None
        self._asked_s = float("-inf")
        client.subscribe(channels.EVENTS, self._on_event)

    def poll(self, duration_s: float) -> list[msg.Event]:
        """What came within ``duration_s``; ends early when something did."""
        self._client.spin_until(self._has_next, duration_s)
        self._take_page()
        events = []
        while self.next_seq in self._arrived:
            events.append(self._arrived.pop(self.next_seq))
            self.next_seq += 1
        self._ask_for_missing()
        return events

    def _on_event(self, event: msg.Event) -> None:
        if event.seq >= self.next_seq and len(self._arrived) < ARRIVED_MAX:
            self._arrived[event.seq] = event

    def _has_next(self) -> bool:
        return self.next_seq in self._arrived or (self._page is not None and self._page.done())

    def _take_page(self) -> None:
        if self._page is None or not self._page.done():
            return
        page, self._page = self._page.result(), None
        if page.last_seq < self.next_seq - 1:
            # Another log than before: the fleet was started afresh.
            self.next_seq = 1
            self._arrived.clear()
            self._asked_s = float("-inf")
            return
        for event in page.events:
            self._on_event(event)
        if page.events and page.last_seq > page.events[-1].seq:
            self._asked_s = float("-inf")

    def _ask_for_missing(self) -> None:
        now_s = time.monotonic()
        waited_s = now_s - self._asked_s
        is_gap = bool(self._arrived) and self.next_seq not in self._arrived
        if self._page is not None:
            is_due = waited_s > READ_DEADLINE_S
        else:
            is_due = is_gap or waited_s > READ_PERIOD_S
        if is_due:
            if self._page is not None:
                self._client.forget(channels.READ_EVENTS, self._page)
            request = srv.ReadEvents.Request(from_seq=self.next_seq, limit=PAGE_MAX)
            self._page = self._client.send(channels.READ_EVENTS, request)
            self._asked_s = now_s
