"""Zones: named parts of a site with limits that may change while robots run."""

from __future__ import annotations

from dataclasses import dataclass, field

COMPASS_DEG = {"east": 0.0, "north": 90.0, "west": 180.0, "south": 270.0}
"""Directions by word: degrees counter-clockwise from the x axis of the site's frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneLimits:
    """What robots may do in a zone; nothing is limited unless it is said.

    :param robots_max: how many robots may hold vertices of the zone at once; None = any number.
    :param speed_mps_max: the greatest speed on edges that touch the zone, m/s; None = as elsewhere.
    :param one_way_deg: edges that touch the zone are not driven against this direction, degrees
        counter-clockwise from the x axis, 0 to 360; None = any direction. What leads across it
        stays as it is.
    :param is_closed: nobody enters, and nobody is sent anywhere within; who is there may leave.
    """

    robots_max: int | None = None
    speed_mps_max: float | None = None
    one_way_deg: float | None = None
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class Zone:
    """Some of the site's vertices, by a name, with their limits.

    :param vertices: their names, in any order.
    """

    name: str
    vertices: tuple[str, ...] = field(repr=False)
    limits: ZoneLimits = ZoneLimits()
