"""Many orders at once: a bounded window of requests in flight, and an account of every line."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from muster_msgs import srv

from muster_cli.account import Account
from muster_cli.client import FleetClient
from muster_cli.order_file import Wish
from muster_cli.records import error_name
from muster_core.errors import Refusal
from muster_core.order import Order
from muster_ros import channels
from muster_ros.conversions import order_message

WINDOW = 64
"""Requests in flight: well below the channel's depth, enough to fill the scheduler's batches."""
RESEND_S = 3.0
"""A request without an answer is sent again after so long; by its id it is the same order."""
ANSWER_S_MAX = 30.0
"""After so long without an answer to one request the scheduler is taken for gone. It outlasts the
change to a standby."""


@dataclass(slots=True)
class _Sent:
    """A request without an answer. Times on the steady clock, s."""

    wish: Wish
    request: Any
    first_s: float
    sent_s: float
    futures: list[Any] = field(default_factory=list)


class BulkSubmission:
    """Submits what the wishes ask for, in their order. ``account`` is right at any moment."""

    def __init__(self, client: FleetClient, wishes: Iterator[Wish]) -> None:
        self.account = Account()
        self._client = client
        self._wishes = wishes
        self._in_flight: dict[int, _Sent] = {}
        self._answered: deque[tuple[int, Any]] = deque()

    def run(self) -> Account:
        """Submit them all; ends early when the scheduler is gone, with what it did not answer.

        :raises NoAnswerError: when there is no scheduler to begin with; then nothing was sent.
        """
        self._client.await_service(channels.SUBMIT_ORDER)
        began_s = time.monotonic()
        try:
            while self._fill() or self._in_flight:
                self._client.spin_until(lambda: bool(self._answered), RESEND_S / 3)
                self._take_answers()
                if self._is_gone():
                    break
                self._send_again()
        finally:
            # Also after Ctrl-C: what was sent may have been accepted.
            self.account.unanswered = [sent.wish.order_id for sent in self._in_flight.values()]
            self.account.elapsed_s = time.monotonic() - began_s
        return self.account

    def _fill(self) -> bool:
        """Send until the window is full; False when nothing is left to send."""
        while len(self._in_flight) < WINDOW:
            wish = next(self._wishes, None)
            if wish is None:
                return False
            self.account.lines += 1
            self.account.last_line = wish.number
            if isinstance(wish.order, Refusal):
                self.account.refuse(wish, wish.order.code.name.lower(), wish.order.message)
            else:
                self._send(wish, wish.order)
        return True

    def _send(self, wish: Wish, order: Order) -> None:
        request = srv.SubmitOrder.Request(order=order_message(order))
        now_s = time.monotonic()
        sent = _Sent(wish, request, now_s, now_s)
        self._in_flight[wish.number] = sent
        self._call(sent)

    def _call(self, sent: _Sent) -> None:
        number = sent.wish.number
        future = self._client.send(channels.SUBMIT_ORDER, sent.request)
        sent.futures.append(future)
        future.add_done_callback(lambda done: self._answered.append((number, done)))

    def _take_answers(self) -> None:
        while self._answered:
            number, future = self._answered.popleft()
            sent = self._in_flight.pop(number, None)
            if sent is None:
                continue  # the answer to what was sent twice
            for other in sent.futures:
                if other is not future:
                    self._client.forget(channels.SUBMIT_ORDER, other)
            self._count(sent.wish, future.result())

    def _count(self, wish: Wish, answer: srv.SubmitOrder.Response) -> None:
        account = self.account
        if not answer.accepted:
            account.refuse(wish, error_name(answer.error_code), answer.message)
        elif answer.duplicate:
            account.duplicates += 1
        else:
            account.accepted += 1
            place = answer.status.queue_position
            account.queue_position_max = max(account.queue_position_max, place)

    def _is_gone(self) -> bool:
        now_s = time.monotonic()
        return any(now_s - sent.first_s > ANSWER_S_MAX for sent in self._in_flight.values())

    def _send_again(self) -> None:
        now_s = time.monotonic()
        for sent in self._in_flight.values():
            if now_s - sent.sent_s > RESEND_S:
                sent.sent_s = now_s
                self._call(sent)
