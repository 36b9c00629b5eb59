"""What is behind an agent: its site, its driver and its journal, found from its configuration."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

from rclpy.node import Node

import muster_agent
from muster_core.agent import Abilities, AgentConfig
from muster_core.driver.protocol import DRIVER_API_VERSION, Driver
from muster_core.errors import ConfigError
from muster_core.ids import RobotId
from muster_core.log import SqliteLog
from muster_core.plugins import DRIVER_GROUP, load_plugin
from muster_core.robot import RobotDescription
from muster_core.site import PlaceKind, Routes, Site
from muster_ros.clock import read_clock
from muster_ros.parameters import parse_config

CHARGERS_CACHED_MAX = 64


def open_driver(node: Node, robot_id: RobotId, config: AgentConfig, site: Site) -> Driver:
    """The driver that ``config`` names, with its own settings.

    :raises MusterError: when there is no such driver, or its settings cannot be used.
    """
    driver_type: Any = load_plugin(DRIVER_GROUP, config.driver, api_version=DRIVER_API_VERSION)
    found = node.get_parameters_by_prefix("driver_settings")
    values = {name: parameter.value for name, parameter in found.items()}
    owner = f"{node.get_fully_qualified_name()} driver_settings"
    settings = parse_config(values, driver_type.settings_type, owner=owner)
    driver: Driver = driver_type.create(robot_id, site, settings, read_clock())
    return driver


def open_journal(fleet: str, robot_id: RobotId, config: AgentConfig) -> SqliteLog:
    """The robot's journal, made when there is none.

    :raises ConfigError: when its directory cannot be made.
    :raises LogError: when the file is not a journal, or another process uses it.
    """
    directory = Path(config.data_dir).expanduser() if config.data_dir else _state_directory(fleet)
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"data_dir is {str(directory)!r}, which cannot be made: {error.strerror}; "
            f"name a directory that this user may write to"
        ) from error
    return SqliteLog(directory / f"{robot_id}.journal", is_exclusive=True)


def _state_directory(fleet: str) -> Path:
    base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(base).expanduser() / "muster" / fleet.strip("/")


def abilities_of(driver: Driver, site: Site) -> Abilities:
    """What the core may ask of ``driver`` and ``site``. For one thread."""
    routes = Routes(site, cached_max=CHARGERS_CACHED_MAX)
    chargers = site.places_of_kind(PlaceKind.CHARGER)

    def nearest_charger(vertex: str) -> str | None:
        if not vertex:
            return None
        times_s = [routes.travel_time_s(vertex, charger.vertex) for charger in chargers]
        nearest = min(range(len(chargers)), key=times_s.__getitem__, default=None)
        if nearest is None or math.isinf(times_s[nearest]):
            return None
        return chargers[nearest].name

    return Abilities(
        verbs=driver.verbs, nearest_charger=nearest_charger, estimate_s=driver.estimate_s
    )


def describe(robot_id: RobotId, driver: Driver, site: Site) -> RobotDescription:
    """What the robot is."""
    return RobotDescription(
        robot_id=robot_id,
        capabilities=tuple(dict.fromkeys((*driver.verbs, *driver.capabilities))),
        speed_mps_max=driver.speed_mps_max,
        driver=driver.name,
        driver_version=driver.version,
        agent_version=muster_agent.__version__,
        site=site.name,
        site_digest=site.digest,
    )
