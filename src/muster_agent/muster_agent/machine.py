"""What is behind an agent: its driver, and what that can do at its site."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rclpy.node import Node

import muster_agent
from muster_core.agent import Abilities, AgentConfig
from muster_core.agent.ground import Ground
from muster_core.clock import Instant
from muster_core.driver.loader import load_driver
from muster_core.driver.protocol import Driver, SiteFollower
from muster_core.ids import RobotId
from muster_core.robot import RobotDescription
from muster_core.site import Place, PlaceKind, Routes, Site
from muster_ros.clock import read_clock
from muster_ros.parameters import parse_config

SAFE_PLACES_CACHED_MAX = 64


def open_driver(node: Node, robot_id: RobotId, config: AgentConfig, site: Site) -> Driver:
    """The driver that ``config`` names, with its own settings.

    :raises MusterError: when there is no such driver, or its settings cannot be used.
    """
    driver_type = load_driver(config.driver, traffic=config.traffic)
    found = node.get_parameters_by_prefix("driver_settings")
    values = {name: parameter.value for name, parameter in found.items()}
    owner = f"{node.get_fully_qualified_name()} driver_settings"
    settings = parse_config(values, driver_type.settings_type, owner=owner)
    driver: Driver = driver_type.create(robot_id, site, settings, read_clock())
    return driver


class Surroundings:
    """What the agent's core asks of its driver and its site, which may change. For one thread."""

    def __init__(self, driver: Driver, site: Site) -> None:
        self._driver = driver
        self._ground = Ground(site, Routes(site, cached_max=SAFE_PLACES_CACHED_MAX))
        self._look_at(site)

    def use(self, site: Site, now: Instant) -> None:
        """Go by this site from now on, and have the driver do so if it can."""
        self._look_at(site)
        self._ground.use(site, self._routes)
        if isinstance(self._driver, SiteFollower):
            self._driver.use_site(site, now)

    def abilities(self) -> Abilities:
        """What the core may ask; the answers are those of the site as it is then."""
        return Abilities(
            verbs=self._driver.verbs,
            nearest_charger=lambda vertex: _nearest(self._chargers, vertex, self._routes),
            nearest_parking=lambda vertex: _nearest(self._parkings, vertex, self._routes),
            is_safe_place=lambda vertex: vertex in self._safe_vertices,
            estimate_s=self._driver.estimate_s,
            ground=self._ground,
        )

    def _look_at(self, site: Site) -> None:
        self.site = site
        self._routes = Routes(site, cached_max=SAFE_PLACES_CACHED_MAX)
        self._chargers = site.places_of_kind(PlaceKind.CHARGER)
        self._parkings = site.places_of_kind(PlaceKind.PARKING)
        self._safe_vertices = {place.vertex for place in (*self._chargers, *self._parkings)}


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
