"""A node beside a node: entities that should not wake, or be woken with, all the others.

rclpy's executor looks at every entity each time it wakes (measured: 30 us per action client), and
a participant looks at all its readers for each message. What is frequent and what is numerous are
therefore kept apart.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import rclpy
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node

from muster_ros.process import crash

JOIN_TIMEOUT_S = 5.0


class SideNode:
    """A plain node with a DDS participant, an executor and a thread of its own."""

    def __init__(self, name: str, fleet: str) -> None:
        self._context = Context()
        self._context.init(args=[], domain_id=rclpy.utilities.get_default_context().get_domain_id())
        self.node: Node = rclpy.create_node(
            name,
            namespace=fleet,
            context=self._context,
            use_global_arguments=False,
            enable_rosout=False,
            start_parameter_services=False,
        )
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._is_stopping = False
        self._thread = threading.Thread(target=self._spin, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def run(self, act: Callable[..., Any], *args: Any) -> None:
        """Have the node's thread call ``act``; for what is not thread-safe."""
        self._executor.create_task(act, *args)

    def stop(self, before_destroying: Callable[[], None] = lambda: None) -> None:
        """End the thread and destroy the node with all that belongs to it.

        :param before_destroying: destroys what rclpy does not destroy with its node (actions): a
            node whose actions live stays in the graph.
        """
        self._is_stopping = True
        # Waking it is not enough: spin_once returns only when it has had something to do.
        self._executor.create_task(lambda: None)
        if self._thread.is_alive():
            self._thread.join(JOIN_TIMEOUT_S)
        self._executor.shutdown(timeout_sec=0)
        before_destroying()
        self.node.destroy_node()
        self._context.try_shutdown()

    def _spin(self) -> None:
        try:
            while not self._is_stopping:
                self._executor.spin_once()
        except ExternalShutdownException:
            return  # the process is ending
        except Exception as error:
            crash(error)  # a node whose thread is gone would look well and do nothing
