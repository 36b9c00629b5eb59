"""What is behind an agent: its driver, and what that can do at its site."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rclpy.node import Node

import muster_agent
from muster_core.agent import Abilities, AgentConfig
from muster_core.driver.protocol import DRIVER_API_VERSION, Driver
from muster_core.ids import RobotId
from muster_core.plugins import DRIVER_GROUP, load_plugin
from muster_core.robot import RobotDescription
from muster_core.site import Place, PlaceKind, Routes, Site
from muster_ros.clock import read_clock
from muster_ros.parameters import parse_config

SAFE_PLACES_CACHED_MAX = 64


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


def abilities_of(driver: Driver, site: Site) -> Abilities:
    """What the core may ask of ``driver`` and ``site``. For one thread."""
    routes = Routes(site, cached_max=SAFE_PLACES_CACHED_MAX)
    chargers = site.places_of_kind(PlaceKind.CHARGER)
    parkings = site.places_of_kind(PlaceKind.PARKING)
    safe_vertices = frozenset(place.vertex for place in (*chargers, *parkings))
    return Abilities(
        verbs=driver.verbs,
        nearest_charger=lambda vertex: _nearest(chargers, vertex, routes),
        nearest_parking=lambda vertex: _nearest(parkings, vertex, routes),
        is_safe_place=safe_vertices.__contains__,
        estimate_s=driver.estimate_s,
    )


def _nearest(places: Sequence[Place], vertex: str, routes: Routes) -> str | None:
    """The name of the place that is quickest to reach; None when none is."""
    if not routes.site.has_vertex(vertex):
        return None
    times_s = [routes.travel_time_s(vertex, place.vertex) for place in places]
    nearest = min(range(len(places)), key=times_s.__getitem__, default=None)
    if nearest is None or math.isinf(times_s[nearest]):
        return None
    return places[nearest].name


def describe(
    robot_id: RobotId, driver: Driver, site: Site, *, payload_kg_max: float = 0.0
) -> RobotDescription:
    """What the robot is."""
    return RobotDescription(
        robot_id=robot_id,
        capabilities=tuple(dict.fromkeys((*driver.verbs, *driver.capabilities))),
        speed_mps_max=driver.speed_mps_max,
        payload_kg_max=payload_kg_max,
        driver=driver.name,
        driver_version=driver.version,
        agent_version=muster_agent.__version__,
        site=site.name,
        site_digest=site.digest,
    )
