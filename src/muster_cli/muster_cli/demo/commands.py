"""The command lines of what a demo starts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Protocol

from ament_index_python.packages import PackageNotFoundError, get_package_prefix

from muster_cli.demo.kafka import Topics
from muster_cli.exits import CommandError


class FleetSettings(Protocol):
    """What every run of a fleet says about it. See :class:`DemoSettings`."""

    @property
    def fleet(self) -> str: ...  # noqa: D102
    @property
    def robots(self) -> int: ...  # noqa: D102
    @property
    def speed(self) -> float: ...  # noqa: D102
    @property
    def site(self) -> Path: ...  # noqa: D102


def kafka_command(name: str = "mock_kafka") -> list[str]:
    """A Kafka of ``muster_gateway``'s; it prints ``bootstrap: host:port``.

    :raises CommandError: when it is not installed.
    """
    try:
        prefix = get_package_prefix("muster_gateway")
    except PackageNotFoundError as error:
        raise CommandError("muster_gateway is not installed; try `muster doctor`") from error
    program = Path(prefix) / "lib" / "muster_gateway" / name
    if not program.is_file():
        raise CommandError(f"{program} is missing; try `muster doctor`")
    return [str(program)]


def up_command(settings: FleetSettings, bootstrap: str, directory: Path, params: Path) -> list[str]:
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


def params_text(fleet: str, run: str, topics: Topics) -> str:
    """The ROS parameters that tell the gateway which topics are this run's."""
    return f"""\
{fleet}/gateway:
  ros__parameters:
    orders_topic: {topics.orders}
    events_topic: {topics.events}
    dead_letters_topic: {topics.dead_letters}
    consumer_group: {run}
"""
