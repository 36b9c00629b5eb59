"""What all of the gateway's Kafka clients share: settings, and whether Kafka can be reached."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaError

LOG_LEVEL = 2  # critical: what matters comes by the error callback, once and not per attempt
METADATA_REFRESH_MS = 5000  # how soon a topic made later is found
RECONNECT_MS_MAX = 2000
SOCKET_TIMEOUT_MS = 10_000

_REACHABILITY = frozenset(
    {KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE, KafkaError._TRANSPORT}
)


class Reachability:
    """Whether Kafka answers, as a sentence; written by client threads, read by any."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._lock = threading.Lock()
        self._problem = ""

    @property
    def problem(self) -> str:
        """Why Kafka cannot be used; empty while it can."""
        with self._lock:
            return self._problem

    def on_error(self, error: KafkaError) -> None:
        """A client lost its brokers, or was told something else that it cannot mend."""
        what = "cannot be reached" if error.code() in _REACHABILITY else "reports an error"
        with self._lock:
            self._problem = f"Kafka at {self._bootstrap_servers} {what}: {error.str()}"

    def on_answer(self) -> None:
        """Kafka answered."""
        if self._problem:
            with self._lock:
                self._problem = ""


def client_settings(
    bootstrap_servers: str, on_error: Callable[[KafkaError], None]
) -> dict[str, Any]:
    """The settings of any client. It connects when Kafka comes up, however late."""
    return {
        "bootstrap.servers": bootstrap_servers,
        "client.id": "muster-gateway",
        "error_cb": on_error,
        "log_level": LOG_LEVEL,
        "reconnect.backoff.max.ms": RECONNECT_MS_MAX,
        "socket.timeout.ms": SOCKET_TIMEOUT_MS,
        "topic.metadata.refresh.interval.ms": METADATA_REFRESH_MS,
    }
