"""Claims about answers that come later."""

from __future__ import annotations

import threading

import pytest
import rclpy
from muster_msgs import srv
from rclpy.executors import SingleThreadedExecutor

from muster_ros.channels import CANCEL_ORDER
from muster_ros.deferred import Deferred, create_deferred_service

WAIT_S = 10.0


@pytest.mark.parametrize("bound_first", [True, False])
def test_answer_is_sent_once_whichever_comes_first(bound_first: bool) -> None:
    answer, sent = Deferred(), []
    steps = [lambda: answer.bind(sent.append), lambda: answer.resolve("done")]
    for step in steps if bound_first else reversed(steps):
        step()
    assert sent == ["done"]


def test_request_is_answered_once() -> None:
    answer = Deferred()
    answer.resolve("done")
    with pytest.raises(AssertionError, match="answered once"):
        answer.resolve("again")


def test_each_caller_gets_his_own_answer_from_another_thread(ros: None) -> None:
    node = rclpy.create_node("deferred_test", namespace="/test")
    waiting: list[tuple[str, Deferred]] = []

    def on_request(request: srv.CancelOrder.Request) -> Deferred:
        answer = Deferred()
        waiting.append((request.order_id, answer))
        if len(waiting) == 20:
            threading.Thread(target=answer_all, args=(waiting,)).start()
        return answer

    def answer_all(requests: list[tuple[str, Deferred]]) -> None:
        for order_id, answer in reversed(requests):
            answer.resolve(srv.CancelOrder.Response(message=order_id))

    path = "/test/cancel_order"
    create_deferred_service(node, CANCEL_ORDER, path, on_request)
    client = node.create_client(CANCEL_ORDER.type, path, qos_profile=CANCEL_ORDER.qos)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    assert client.wait_for_service(WAIT_S)
    futures = {
        f"o-{n}": client.call_async(srv.CancelOrder.Request(order_id=f"o-{n}")) for n in range(20)
    }
    for future in futures.values():
        executor.spin_until_future_complete(future, WAIT_S)
    assert {order_id: f.result().message for order_id, f in futures.items()} == {
        order_id: order_id for order_id in futures
    }
    executor.shutdown()
    node.destroy_node()
