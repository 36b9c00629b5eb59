"""One order followed to its end, told on the way: its place in line, its events, its questions."""

from __future__ import annotations

import time
from typing import Any

from muster_cli.client import FleetClient
from muster_cli.console import make_console
from muster_cli.exits import CommandError
from muster_cli.feed import EventFeed
from muster_cli.question import question_text
from muster_cli.records import event_record, order_record
from muster_cli.tables import event_line
from muster_core.explain import ordinal

ASK_PERIOD_S = 2.0
NEWS_PERIOD_S = 0.25
LAST_WORD_S = 1.0
"""How long the events of an order that has ended are waited for, to be shown."""
PLACE_STEP = 10
"""A place in line is told again when it has changed by a tenth."""
_FINAL_STATES = ("completed", "failed", "cancelled")


class Follower:
    """Follows the order with ``order_id`` from the event ``from_seq`` on.

    :param is_told: whether what happens is printed.
    """

    def __init__(self, client: FleetClient, order_id: str, *, from_seq: int, is_told: bool) -> None:
        self._client = client
        self._order_id = order_id
        self._feed = EventFeed(client, from_seq)
        self._is_told = is_told
        self._console = make_console()
        self._place = 0
        self._state = ""

    def follow(self, wait_s: float, *, place: int = 0) -> dict[str, Any]:
        """The order once it has ended.

        :param place: its place in line, as far as that was told already.
        :raises CommandError: when it has not ended in time.
        """
        self._place = place
        deadline = time.monotonic() + wait_s
        asked_s = float("-inf")
        while time.monotonic() < deadline:
            news = self._tell_events(NEWS_PERIOD_S)
            if not news and time.monotonic() - asked_s < ASK_PERIOD_S:
                continue
            asked_s = time.monotonic()
            found = self._client.get_orders([self._order_id]).orders
            status = order_record(found[0]) if found else None
            if status and status["state"] in _FINAL_STATES:
                self._tell_end(status, news)
                return status
            if status:
                self._tell_status(status)
        raise CommandError(
            f"order {self._order_id!r} has not ended within {wait_s:g} s; "
            "it goes on without this command"
        )

    def _tell_events(self, duration_s: float) -> list[str]:
        """What happened to the order, by type of event."""
        records = [event_record(event) for event in self._feed.poll(duration_s)]
        mine = [record for record in records if record["order_id"] == self._order_id]
        for record in mine if self._is_told else ():
            self._console.print(event_line(record, is_short=True))
        return [record["type"] for record in mine]

    def _tell_status(self, status: dict[str, Any]) -> None:
        place = status["queue_position"]
        if self._is_told and is_place_news(place, self._place):
            self._console.print(f"{self._order_id}: {ordinal(place)} in line")
            self._place = place
        is_new = status["state"] != self._state
        self._state = status["state"]
        if self._is_told and is_new and self._state == "suspended":
            self._console.print(question_text(self._order_id, status["message"]))

    def _tell_end(self, status: dict[str, Any], news: list[str]) -> None:
        last_word = time.monotonic() + LAST_WORD_S
        while f"order_{status['state']}" not in news and time.monotonic() < last_word:
            news += self._tell_events(NEWS_PERIOD_S)
        if self._is_told:
            why = f": {status['message']}" if status["message"] else ""
            self._console.print(f"{self._order_id}: {status['state']}{why}")


def is_place_news(place: int, told: int) -> bool:
    """Whether a place in line differs enough from the one that was told last."""
    return place > 0 and abs(place - told) >= max(1, told // PLACE_STEP)
