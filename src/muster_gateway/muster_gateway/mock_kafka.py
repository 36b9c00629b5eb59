"""An in-memory Kafka for demos and tests: the mock cluster that librdkafka brings.

It lives as long as its process. It knows topics, consumer groups, commits and idempotent producers;
it has no transactions worth the name and no admin interface, and keeps the last 100,000 records or
5 MB of a partition. For anything else take a real Kafka.
"""

from __future__ import annotations

import argparse
import ctypes
import signal
import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from confluent_kafka import cimpl

PARTITIONS = {"muster.orders": 4, "muster.events": 1, "muster.dead-letters": 1}
PARTITIONS_MAX = 64
_PRODUCER = 0
_ERROR_LENGTH_MAX = 512
_BROKER = 1


class MockKafka:
    """A Kafka with one broker in this process, from ``__enter__`` to ``__exit__``.

    :param partitions: the topics to make, and the number of partitions of each.
    """

    def __init__(self, partitions: Mapping[str, int] | None = None) -> None:
        self._partitions = dict(PARTITIONS if partitions is None else partitions)
        self._library = _library()
        self._client: Any = None
        self._cluster: Any = None

    def __enter__(self) -> MockKafka:
        library = self._library
        error = ctypes.create_string_buffer(_ERROR_LENGTH_MAX)
        configuration = library.rd_kafka_conf_new()
        library.rd_kafka_conf_set(configuration, b"log_level", b"2", error, _ERROR_LENGTH_MAX)
        self._client = library.rd_kafka_new(_PRODUCER, configuration, error, _ERROR_LENGTH_MAX)
        if not self._client:
            raise RuntimeError(f"the mock Kafka cannot be made: {error.value.decode()}")
        self._cluster = library.rd_kafka_mock_cluster_new(self._client, 1)
        if not self._cluster:
            raise RuntimeError("the mock Kafka cannot be made: no cluster")
        for topic, count in self._partitions.items():
            _check(library.rd_kafka_mock_topic_create(self._cluster, topic.encode(), count, 1))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._library.rd_kafka_mock_cluster_destroy(self._cluster)
        self._library.rd_kafka_destroy(self._client)
        self._cluster = self._client = None

    @property
    def bootstrap_servers(self) -> str:
        """Where clients find it, as in ``127.0.0.1:41231``."""
        return str(self._library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode())

    def set_down(self) -> None:
        """Cut all connections and accept no new ones; what is stored stays."""
        _check(self._library.rd_kafka_mock_broker_set_down(self._cluster, _BROKER))

    def set_up(self) -> None:
        """Accept connections again."""
        _check(self._library.rd_kafka_mock_broker_set_up(self._cluster, _BROKER))


def _check(error: int) -> None:
    if error:
        raise RuntimeError(f"the mock Kafka answered with librdkafka error {error}")


def _library() -> Any:
    """The librdkafka that the Python client is linked with, found through the client's module."""
    library = ctypes.CDLL(cimpl.__file__)
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "rd_kafka_conf_new": (pointer, []),
        "rd_kafka_conf_set": (ctypes.c_int, [pointer, text, text, text, ctypes.c_size_t]),
        "rd_kafka_new": (pointer, [ctypes.c_int, pointer, text, ctypes.c_size_t]),
        "rd_kafka_destroy": (None, [pointer]),
        "rd_kafka_mock_cluster_new": (pointer, [pointer, ctypes.c_int]),
        "rd_kafka_mock_cluster_destroy": (None, [pointer]),
        "rd_kafka_mock_cluster_bootstraps": (text, [pointer]),
        "rd_kafka_mock_topic_create": (ctypes.c_int, [pointer, text, ctypes.c_int, ctypes.c_int]),
        "rd_kafka_mock_broker_set_down": (ctypes.c_int, [pointer, ctypes.c_int32]),
        "rd_kafka_mock_broker_set_up": (ctypes.c_int, [pointer, ctypes.c_int32]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a mock Kafka until SIGINT or SIGTERM; its address is the first line on stdout."""
    parser = argparse.ArgumentParser(prog="mock_kafka", description=main.__doc__)
    parser.add_argument(
        "--topic",
        metavar="NAME[:PARTITIONS]",
        action="append",
        type=_topic,
        help=f"a topic to make (default: {', '.join(f'{n}:{c}' for n, c in PARTITIONS.items())})",
    )
    topics = parser.parse_args(arguments).topic
    signals = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    with MockKafka(dict(topics) if topics else None) as kafka:
        print(f"bootstrap: {kafka.bootstrap_servers}", flush=True)
        signal.sigwait(signals)
    return 0


def _topic(text: str) -> tuple[str, int]:
    name, _, count = text.partition(":")
    partitions = int(count or 1)
    if not name or not 1 <= partitions <= PARTITIONS_MAX:
        raise argparse.ArgumentTypeError(f"{text!r}: partitions are 1 to {PARTITIONS_MAX}")
    return name, partitions


if __name__ == "__main__":
    sys.exit(main())
