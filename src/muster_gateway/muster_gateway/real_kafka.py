"""A real Apache Kafka of one node, for chaos runs and tests; its jars come by ``tools/kafka``.

The program becomes the broker (``exec``), so that a signal to it is a signal to Kafka. Started
again with the same directory it goes on with what it had, at the same address. It is good for tests
on one computer: nothing is replicated, and everybody there may do anything.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path

from muster_core.errors import MusterError

JAVA_OPTIONS = (
    "-Xms64m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)  # fmt: skip
FORMAT_TIMEOUT_S = 60.0

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
num.partitions=4
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
# A broker that was killed is let in again only when its registration has run out.
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=2000
"""


class RealKafkaError(MusterError):
    """A real Kafka cannot be started; the message says why and what to do."""


_ADDRESS = re.compile(r"^advertised\.listeners=PLAINTEXT://(\S+)$", re.MULTILINE)


def missing(jars: Path) -> str:
    """Why no Kafka can be started from ``jars``; empty when one can."""
    if shutil.which("java") is None:
        return "there is no java here; install a Java 17"
    if not any(jars.glob("kafka_*.jar")):
        return f"there are no jars of Kafka in {jars}; tools/kafka/fetch.sh fetches them"
    return ""


def prepare(jars: Path, directory: Path) -> tuple[str, list[str]]:
    """The broker's address and command line; its directory is formatted when it is new.

    :raises RealKafkaError: when there is no Java, no jars, or the directory cannot be formatted.
    """
    if reason := missing(jars):
        raise RealKafkaError(f"no real Kafka can be started: {reason}")
    data, properties = directory / "data", directory / "server.properties"
    java = ["java", *JAVA_OPTIONS, "-cp", str(jars / "*")]
    if not (data / "meta.properties").exists():
        directory.mkdir(parents=True, exist_ok=True)
        port, controller_port = free_ports(2)
        text = _PROPERTIES.format(port=port, controller_port=controller_port, data=data)
        properties.write_text(text)
        cluster = urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
        _format([*java, "kafka.tools.StorageTool", "format", "--standalone"], cluster, properties)
    address = _ADDRESS.search(properties.read_text())
    assert address is not None, "the file was written above, by this version or an older one"
    return address[1], [*java, "kafka.Kafka", str(properties)]


def free_ports(count: int) -> list[int]:
    """So many TCP ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _format(command: list[str], cluster: str, properties: Path) -> None:
    # A cluster id may begin with a dash, so it must not stand by itself.
    done = subprocess.run(
        [*command, f"--cluster-id={cluster}", "--config", str(properties)],
        capture_output=True,
        text=True,
        timeout=FORMAT_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        told = (done.stderr or done.stdout).strip().splitlines()
        raise RealKafkaError(f"Kafka cannot format its directory: {told[-1] if told else '?'}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Become a Kafka broker; its address is the first line on stdout."""
    parser = argparse.ArgumentParser(prog="real_kafka", description=main.__doc__)
    parser.add_argument("--jars", type=Path, required=True, help="where Kafka's jars are")
    parser.add_argument("--directory", type=Path, required=True, help="where its data are")
    options = parser.parse_args(arguments)
    try:
        address, command = prepare(options.jars.resolve(), options.directory.resolve())
    except RealKafkaError as error:
        print(f"real_kafka: {error}", file=sys.stderr)
        return 1
    print(f"bootstrap: {address}", flush=True)
    os.execvp(command[0], command)


if __name__ == "__main__":
    sys.exit(main())
