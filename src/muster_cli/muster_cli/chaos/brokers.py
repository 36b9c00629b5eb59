"""The Kafka of a run: one in memory, a real one, or somebody's."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from muster_cli.chaos.draws import Part
from muster_cli.chaos.settings import AUTO, MOCK, REAL
from muster_cli.chaos.targets import Target
from muster_cli.demo.commands import kafka_command
from muster_cli.demo.settings import KAFKA_DEADLINE_S
from muster_cli.exits import UsageError
from muster_ros.child import Child

RESTART_AFTER_S = 1.0

Start = Callable[[str, list[str]], Child]
"""Starts a child process of this name with this command line."""


class Broker(Protocol):
    """A Kafka that a run may disturb."""

    bootstrap: str
    is_killable: bool
    words: str
    """What it is, for people."""

    def target(self) -> Target | None:
        """The process to hit; None when there is none that may be hit, or none now."""

    def keep(self, now_s: float) -> None:
        """Start it again when it was killed; call it now and then."""


class OwnBroker:
    """A Kafka that this run starts, and starts again when it was killed.

    :param command: prints ``bootstrap: host:port`` and stays; keeps data if ``is_killable``.
    """

    def __init__(self, start: Start, command: list[str], *, is_killable: bool, words: str) -> None:
        self.is_killable = is_killable
        self._start = start
        self._command = command
        self._starts = 0
        self._ended_s: float | None = None
        self._child = self._begin()
        self.bootstrap = self._child.wait_for_line("bootstrap: ", KAFKA_DEADLINE_S)
        self.words = f"{words} at {self.bootstrap}"

    def target(self) -> Target | None:
        """See :class:`Broker`."""
        if not self._child.is_running:
            return None
        return Target(Part.KAFKA, Part.KAFKA.value, self._child.pid)

    def keep(self, now_s: float) -> None:
        """See :class:`Broker`."""
        if self._child.is_running:
            return
        if not self.is_killable:
            self._child.check()
        if self._ended_s is None:
            self._ended_s = now_s
        elif now_s - self._ended_s >= RESTART_AFTER_S:
            self._child, self._ended_s = self._begin(), None

    def _begin(self) -> Child:
        self._starts += 1
        return self._start(f"kafka-{self._starts}", self._command)


class ForeignBroker:
    """A Kafka that was there before; nobody's to disturb."""

    is_killable = False

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.words = f"the Kafka at {bootstrap}, which is not disturbed"

    def target(self) -> Target | None:
        """See :class:`Broker`."""
        return None

    def keep(self, now_s: float) -> None:
        """See :class:`Broker`."""


def open_broker(kafka: str, *, start: Start, jars: Path, directory: Path) -> Broker:
    """The Kafka that was asked for.

    :raises ChildError: when it does not start.
    """
    if kafka == MOCK:
        words = "an in-memory Kafka, which would forget all if killed: it only stands still"
        return OwnBroker(start, kafka_command(), is_killable=False, words=words)
    if kafka == REAL:
        command = [*kafka_command("real_kafka"), "--jars", str(jars)]
        command += ["--directory", str(directory / "kafka")]
        words = "an Apache Kafka of one node"
        return OwnBroker(start, command, is_killable=True, words=words)
    return ForeignBroker(kafka)


def choose(kafka: str, jars: Path) -> tuple[str, str]:
    """What ``auto`` means here, and what is then not tested, in words.

    :raises UsageError: when a real one is asked for and cannot be had.
    """
    missing = _missing(jars)
    if kafka == REAL and missing:
        raise UsageError(f"--kafka is {REAL!r}, but {missing}; or choose --kafka {MOCK}")
    if kafka != AUTO:
        return kafka, ""
    if not missing:
        return REAL, ""
    return MOCK, (
        f"no real Kafka: {missing}. Not tested: a broker that is killed, and that a gateway which "
        "stood still is shut out"
    )


def _missing(jars: Path) -> str:
    if shutil.which("java") is None:
        return "there is no java here"
    if not any(jars.glob("kafka_*.jar")):
        return f"there are no jars of Kafka in {jars} (tools/kafka/fetch.sh fetches them)"
    return ""
