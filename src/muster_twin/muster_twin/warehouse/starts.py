"""Where robots stand at first."""

from __future__ import annotations

from random import Random

from muster_core.errors import ConfigError
from muster_core.site import PlaceKind
from muster_twin.warehouse.ground import Ground

STARTS_SHARE_MAX = 0.6
"""The share of a site's vertices that robots may stand on at the start; more could hardly move."""


def start_vertices(ground: Ground, chance: Random) -> list[str]:
    """Vertices in the order in which robots are put there: parkings, chargers, anywhere but work.

    :param chance: draws the order of the others.
    """
    site = ground.site
    usable = {
        vertex.name
        for vertex in site.vertices
        if ground.routes.is_main(vertex.name) and not site.is_closed(vertex.name)
    }
    parkings = [p.vertex for p in site.places_of_kind(PlaceKind.PARKING)]
    chargers = [p.vertex for p in site.places_of_kind(PlaceKind.CHARGER)]
    places = {place.vertex for place in site.places.values()}
    others = sorted(usable - places)
    chance.shuffle(others)
    rest = sorted(usable & places)
    wanted = dict.fromkeys((*parkings, *chargers, *others, *rest))
    return [vertex for vertex in wanted if vertex in usable]


def require_room(robots: int, ground: Ground, starts: list[str]) -> None:
    """Refuse more robots than can move.

    :raises ConfigError: when there are.
    """
    if robots > STARTS_SHARE_MAX * len(starts):
        raise ConfigError(
            f"{robots} robots do not fit site {ground.site.name!r}: of its {len(starts)} vertices "
            f"that can be reached robots may start on {int(STARTS_SHARE_MAX * len(starts))}"
        )
