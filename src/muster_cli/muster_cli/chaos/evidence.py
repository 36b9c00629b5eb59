"""Reads what is judged: Kafka's topics from their beginning, and copies of the robots' journals."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from muster_cli.chaos.history import DeadLetter, Entry, History
from muster_cli.demo.kafka import Topics, refusal_of
from muster_cli.exits import CommandError
from muster_core.errors import LogError
from muster_core.log import SqliteLog

READ_DEADLINE_S = 60.0
COPIES_MAX = 20
COPY_PAUSE_S = 0.1


def read_history(bootstrap: str, topics: Topics, data_dir: Path) -> History:
    """All that the run left.

    :raises CommandError: when Kafka does not give all of it in time, or a journal is damaged.
    """
    messages = read_topics(bootstrap, topics.names())
    return History(
        orders=tuple(json.loads(message.value()) for message in messages[topics.orders]),
        events=tuple(json.loads(message.value()) for message in messages[topics.events]),
        dead_letters=tuple(
            DeadLetter(*refusal_of(message)) for message in messages[topics.dead_letters]
        ),
        journals=read_journals(data_dir),
    )


def read_topics(bootstrap: str, names: list[str]) -> dict[str, list[Any]]:
    """What the topics hold, partition after partition, each in its order.

    :raises CommandError: when they cannot be read to their ends in time.
    """
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "muster-chaos-judge",  # required; no position is kept
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "log_level": 0,
        }
    )
    try:
        return _read(consumer, names)
    except KafkaException as error:
        raise CommandError(f"Kafka's topics cannot be read: {error.args[0].str()}") from error
    finally:
        consumer.close()


def _read(consumer: Consumer, names: list[str]) -> dict[str, list[Any]]:
    known = consumer.list_topics(timeout=READ_DEADLINE_S).topics
    places = [
        TopicPartition(name, partition, OFFSET_BEGINNING)
        for name in names
        if name in known
        for partition in known[name].partitions
    ]
    consumer.assign(places)
    found: defaultdict[tuple[str, int], list[Any]] = defaultdict(list)
    unfinished = {(place.topic, place.partition) for place in places}
    deadline = time.monotonic() + READ_DEADLINE_S
    while unfinished:
        message = consumer.poll(1.0)
        if time.monotonic() > deadline:
            raise CommandError(f"Kafka's topics cannot be read within {READ_DEADLINE_S:g} s")
        if message is None:
            continue
        error = message.error()
        if error is None:
            found[message.topic(), message.partition()].append(message)
        elif error.code() == KafkaError._PARTITION_EOF:
            unfinished.discard((message.topic(), message.partition()))
        else:
            raise KafkaException(error)
    topics: dict[str, list[Any]] = {name: [] for name in names}
    for (name, _), messages in sorted(found.items()):
        topics[name] += messages
    return topics


def read_journals(data_dir: Path) -> dict[str, tuple[Entry, ...]]:
    """The robots' journals as they are now, also while their agents write on them.

    :raises CommandError: when one is damaged.
    """
    return {path.stem: _read_journal(path) for path in sorted(data_dir.glob("*.journal"), key=str)}


def _read_journal(path: Path) -> tuple[Entry, ...]:
    """The journal, from a copy: its agent lets nobody else open it.

    A copy that was taken while the agent moved its entries from one file to the other is torn; that
    is seen by the chain of digests, and another one is taken.
    """
    for attempt in range(1, COPIES_MAX + 1):
        with tempfile.TemporaryDirectory(prefix="muster-journal-") as directory:
            try:
                return _read_copy(path, Path(directory))
            except (LogError, OSError) as error:
                if attempt == COPIES_MAX:
                    raise CommandError(f"journal {path} cannot be read: {error}") from error
        time.sleep(COPY_PAUSE_S)
    raise AssertionError("the loop returns or raises")


def _read_copy(path: Path, directory: Path) -> tuple[Entry, ...]:
    for name in (f"{path.name}-wal", path.name):
        source = path.with_name(name)
        if source.exists() or name == path.name:
            shutil.copy(source, directory / name)
    journal = SqliteLog(directory / path.name)
    try:
        return tuple(
            Entry(path.stem, entry.seq, entry.wall_ns, json.loads(entry.body))
            for entry in journal.entries()
        )
    finally:
        journal.close()
