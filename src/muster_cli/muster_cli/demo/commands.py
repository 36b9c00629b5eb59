"""The command lines of what a demo starts."""

from __future__ import annotations

import sys
from pathlib import Path

from ament_index_python.packages import PackageNotFoundError, get_package_prefix

from muster_cli.demo.kafka import Topics
from muster_cli.demo.settings import DemoSettings
from muster_cli.exits import CommandError


def kafka_command() -> list[str]:
    """The in-memory Kafka; it prints ``bootstrap: host:port``.

    :raises CommandError: when it is not installed.
    """
    try:
        prefix = get_package_prefix("muster_gateway")
    except PackageNotFoundError as error:
        raise CommandError("muster_gateway is not installed; try `muster doctor`") from error
    program = Path(prefix) / "lib" / "muster_gateway" / "mock_kafka"
    if not program.is_file():
        raise CommandError(f"{program} is missing; try `muster doctor`")
    return [str(program)]


def up_command(settings: DemoSettings, bootstrap: str, directory: Path, params: Path) -> list[str]:
    """The fleet, in the foreground, with its data and logs below ``directory``."""
    return [
        *(sys.executable, "-m", "muster_cli", "--fleet", settings.fleet, "up"),
        *("--robots", str(settings.robots)),
        *("--site", str(settings.site)),
        *("--speed", f"{settings.speed:g}"),
        *("--kafka", bootstrap),
        *("--data-dir", str(directory / "data")),
        *("--params-file", str(params)),
    ]


def params_text(settings: DemoSettings, topics: Topics) -> str:
    """The ROS parameters that tell the gateway which topics are this run's."""
    return f"""\
{settings.fleet}/gateway:
  ros__parameters:
    orders_topic: {topics.orders}
    events_topic: {topics.events}
    dead_letters_topic: {topics.dead_letters}
    consumer_group: {settings.run}
"""
