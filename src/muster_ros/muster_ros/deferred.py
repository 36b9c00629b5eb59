"""Services whose answer comes later, from another thread.

rclpy sends whatever the callback returns, at once; a coroutine that waits is polled on every turn
of the executor and keeps a core busy. Here the callback returns a :class:`Deferred`, which is
answered when the log has what the answer promises.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.service import Service

from muster_ros.channels import Channel


class Deferred:
    """An answer that will come. ``resolve`` may be called once, from any thread."""

    __slots__ = ("_lock", "_response", "_send")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._send: Callable[[Any], None] | None = None
        self._response: Any = None

    def resolve(self, response: Any) -> None:
        """Send ``response``, or keep it until the executor has bound the way back."""
        with self._lock:
            assert self._response is None, "a request is answered once"
            self._response = response
            send = self._send
        if send is not None:
            send(response)

    def bind(self, send: Callable[[Any], None]) -> None:
        """Tell where the response goes; called by the service."""
        with self._lock:
            self._send = send
            response = self._response
        if response is not None:
            send(response)


def create_deferred_service(
    node: Node, channel: Channel, path: str, callback: Callable[[Any], Deferred]
) -> Service:
    """A service at ``path`` whose ``callback`` gets the request and returns a :class:`Deferred`."""

    def on_request(request: Any, _response: Any) -> Any:
        return callback(request)

    service = node.create_service(channel.type, path, on_request, qos_profile=channel.qos)
    send_response = service.send_response

    def send_deferred(response: Any, header: Any) -> None:
        response.bind(lambda answer: send_response(answer, header))

    # The executor hands the callback's return value to this method of the instance.
    service.send_response = send_deferred
    return service
