"""Which nodes of a fleet are there, and in which lifecycle state."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from lifecycle_msgs.srv import GetState
from rclpy.node import NodeNameNonExistentError

from muster_cli.client import FleetClient

ASK_DEADLINE_S = 3.0
"""A node that has not told its state by then is said to give no answer."""
ASKED_MAX = 64
"""Nodes asked at a time; of a larger fleet the rest is counted only."""
SPIN_S = 0.1
NO_ANSWER = "no answer"
NOT_MANAGED = "not a lifecycle node"


class LifecycleReader:
    """Asks nodes for their states, again and again if need be."""

    def __init__(self, client: FleetClient) -> None:
        self._client = client
        self._askers: dict[str, Any] = {}

    def nodes(self) -> list[str]:
        """Full names of the fleet's nodes that are discovered by now, without this command's."""
        fleet = self._client.fleet
        own = self._client.node.get_fully_qualified_name()
        names = set()
        for name, namespace in self._client.node.get_node_names_and_namespaces():
            full = f"{namespace.rstrip('/')}/{name}"
            if full.startswith(f"{fleet}/") and full != own:
                names.add(full)
        return sorted(names)

    def settled_nodes(self, quiet_s: float, deadline_s: float) -> list[str]:
        """As :meth:`nodes`, once no other has been discovered for ``quiet_s``."""
        nodes = self.nodes()
        deadline = time.monotonic() + deadline_s
        quiet_until = time.monotonic() + quiet_s
        while time.monotonic() < min(quiet_until, deadline):
            self._client.spin(SPIN_S)
            if (found := self.nodes()) != nodes:
                nodes, quiet_until = found, time.monotonic() + quiet_s
        return nodes

    def states(self, nodes: Iterable[str], deadline_s: float = ASK_DEADLINE_S) -> dict[str, str]:
        """The state of each node in a word, as in ``active``."""
        asked = list(nodes)[:ASKED_MAX]
        deadline = time.monotonic() + deadline_s
        askers = {node: self._asker(node) for node in asked}
        self._client.spin_until(
            lambda: all(
                asker.service_is_ready() or self._is_unmanaged(node)
                for node, asker in askers.items()
            ),
            deadline_s / 2,
        )
        futures = {
            node: asker.call_async(GetState.Request())
            for node, asker in askers.items()
            if asker.service_is_ready()
        }
        self._client.spin_until(
            lambda: all(future.done() for future in futures.values()),
            max(0.0, deadline - time.monotonic()),
        )
        return {node: self._word(node, futures.get(node)) for node in asked}

    def _word(self, node: str, future: Any) -> str:
        if future is None:
            return NOT_MANAGED if self._is_unmanaged(node) else NO_ANSWER
        if not future.done():
            self._askers[node].remove_pending_request(future)
            return NO_ANSWER
        return str(future.result().current_state.label)

    def _is_unmanaged(self, node: str) -> bool:
        """Whether the node's services have been discovered, without those of a lifecycle."""
        namespace, _, name = node.rpartition("/")
        try:
            found = self._client.node.get_service_names_and_types_by_node(name, namespace or "/")
        except NodeNameNonExistentError:
            return False
        services = [service for service, _ in found]
        return bool(services) and f"{node}/get_state" not in services

    def _asker(self, node: str) -> Any:
        if node not in self._askers:
            self._askers[node] = self._client.node.create_client(GetState, f"{node}/get_state")
        return self._askers[node]
