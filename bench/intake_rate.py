"""How many orders a second are accepted durably, beside a bare rclpy service that echoes them.

One client process keeps 64 calls in flight, in turns at the real scheduler (with the real policy at
work behind it, and no robots) and at the echo. Both have the same type and the same QoS.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any

from client import BARE, FLEET, Client, make_order, open_client
from figure import Better, Figure, spread
from fleet import open_fleet
from muster_msgs import srv
from processes import start_peer
from rclpy.task import Future

from muster_ros.channels import SUBMIT_ORDER

IN_FLIGHT = 64
ROUNDS, ORDERS_PER_ROUND = 6, 1000
ROUNDS_QUICK, ORDERS_PER_ROUND_QUICK = 2, 300
WARM_UP = 200
RATIO_MIN = 0.5


def measure(is_quick: bool) -> list[Figure]:
    """Calls a second."""
    rounds = ROUNDS_QUICK if is_quick else ROUNDS
    orders = ORDERS_PER_ROUND_QUICK if is_quick else ORDERS_PER_ROUND
    ours_s, bare_s = [], []
    with ExitStack() as stack:
        client = stack.enter_context(open_client())
        stack.enter_context(open_fleet(client))
        stack.enter_context(start_peer("bare_service", BARE))
        scheduler, echo = (client.service(SUBMIT_ORDER, where) for where in (FLEET, BARE))
        for service in (scheduler, echo):
            _load(client, service, WARM_UP, "warm")
        for number in range(rounds):
            ours_s.append(_load(client, scheduler, orders, f"order-{number}"))
            bare_s.append(_load(client, echo, orders, f"order-{number}"))
    ratios = [bare / ours for ours, bare in zip(ours_s, bare_s, strict=True)]
    return [
        Figure(
            name="intake_rate",
            value=rounds * orders / sum(ours_s),
            unit="orders/s",
            baseline=rounds * orders / sum(bare_s),
            better=Better.HIGHER,
            target=RATIO_MIN,
            note=f"{rounds} x {orders} orders, {IN_FLIGHT} in flight; "
            f"ratio of each round {spread(ratios)}",
        )
    ]


def _load(client: Client, service: Any, orders: int, prefix: str) -> float:
    """Send ``orders`` new orders, never more than ``IN_FLIGHT`` unanswered; s until all are."""
    requests = iter(
        [
            srv.SubmitOrder.Request(order=make_order(f"{prefix}-{number}", number))
            for number in range(orders)
        ]
    )
    everything: Future = Future()
    refused: list[str] = []
    answered = 0

    def send_next() -> None:
        request = next(requests, None)
        if request is not None:
            service.call_async(request).add_done_callback(on_answer)

    def on_answer(answer: Future) -> None:
        nonlocal answered
        answered += 1
        response = answer.result()
        if not response.accepted or response.duplicate:
            refused.append(response.message or "taken for a duplicate")
        send_next()
        if answered == orders:
            everything.set_result(None)

    began_s = time.perf_counter()
    for _ in range(IN_FLIGHT):
        send_next()
    client.wait(everything, f"{service.srv_name} under load ({answered} of {orders} answered)")
    took_s = time.perf_counter() - began_s
    assert not refused, f"{len(refused)} of {orders} orders were refused: {refused[0]}"
    return took_s
