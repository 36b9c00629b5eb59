from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("muster_msgs")

from muster_msgs import srv

from muster_cli import bulk
from muster_cli.account import REFUSALS_LISTED_MAX
from muster_cli.order_file import Wish
from muster_core.ids import OrderId
from muster_core.order import Order


class Future:
    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        self._callback = callback

    def result(self) -> Any:
        return self._answer

    def arrive(self) -> None:
        self._callback(self)


class Client:
    """Answers one request a turn, in the order that they were sent; loses what it is told to.

    Each turn takes as long as the turn may take.
    """

    def __init__(self, clock: SimpleNamespace, *, lost: set[str] | None = None) -> None:
        self.clock = clock
        self.lost = lost or set()
        self.is_dead = False
        self.sent: list[str] = []
        self.waiting: list[tuple[str, Future]] = []
        self.waiting_max = 0
        self.forgotten = 0

    def await_service(self, channel: Any) -> None:
        pass

    def send(self, channel: Any, request: Any) -> Future:
        order_id = request.order.order_id
        self.sent.append(order_id)
        response = srv.SubmitOrder.Response(accepted=True)
        response.status.queue_position = len(self.sent)
        future = Future(response)
        if order_id in self.lost:
            self.lost.discard(order_id)
        else:
            self.waiting.append((order_id, future))
            self.waiting_max = max(self.waiting_max, len(self.waiting))
        return future

    def forget(self, channel: Any, future: Any) -> None:
        self.forgotten += 1

    def spin_until(self, is_done: Callable[[], bool], duration_s: float) -> bool:
        if self.waiting and not self.is_dead:
            self.waiting.pop(0)[1].arrive()
        else:
            self.clock.now_s += duration_s
        return is_done()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(now_s=100.0)
    monkeypatch.setattr(bulk, "time", SimpleNamespace(monotonic=lambda: clock.now_s))
    return clock


def wishes(count: int) -> Iterator[Wish]:
    for number in range(1, count + 1):
        order_id = OrderId(f"o-{number}")
        yield Wish(number, order_id, Order(order_id=order_id, pickup="a", dropoff="b"))


def test_requests_in_flight_never_exceed_the_window(clock: SimpleNamespace) -> None:
    client = Client(clock)
    account = bulk.BulkSubmission(client, wishes(500)).run()  # type: ignore[arg-type]
    assert (account.lines, account.accepted, account.is_success) == (500, 500, True)
    assert client.waiting_max == bulk.WINDOW


def test_request_whose_answer_was_lost_is_sent_again_and_counted_once(
    clock: SimpleNamespace,
) -> None:
    client = Client(clock, lost={"o-3", "o-7"})
    account = bulk.BulkSubmission(client, wishes(10)).run()  # type: ignore[arg-type]
    assert account.accepted == 10
    assert sorted(client.sent) == sorted([*(f"o-{n}" for n in range(1, 11)), "o-3", "o-7"])
    assert client.forgotten == 2


def test_scheduler_that_goes_away_leaves_an_account_of_what_it_did_not_answer(
    clock: SimpleNamespace,
) -> None:
    client = Client(clock)
    submission = bulk.BulkSubmission(client, stopping(client, at=20))  # type: ignore[arg-type]
    account = submission.run()
    assert not account.is_success
    assert account.accepted + len(account.unanswered) == account.lines == account.last_line
    assert account.lines < 500, "nothing more is sent to a scheduler that does not answer"
    assert clock.now_s - 100 < 2 * bulk.ANSWER_S_MAX


def stopping(client: Client, *, at: int) -> Iterator[Wish]:
    for wish in wishes(500):
        client.is_dead = client.is_dead or wish.number > bulk.WINDOW + at
        yield wish


def test_refusals_are_listed_up_to_a_bound_and_counted_beyond(clock: SimpleNamespace) -> None:
    account = bulk.BulkSubmission(Client(clock), wishes(0)).account  # type: ignore[arg-type]
    for wish in wishes(REFUSALS_LISTED_MAX + 5):
        account.refuse(wish, "queue_full", "full")
    record = account.record()
    assert (record["refused"], record["refusals_left_off"]) == (REFUSALS_LISTED_MAX + 5, 5)
    assert record["reasons"] == [
        {
            "error": "queue_full", "count": REFUSALS_LISTED_MAX + 5, "line": 1,
            "order_id": "o-1", "message": "full",
        }
    ]  # fmt: skip
