"""Orders for the demo: drawn at random from a seed, all of them possible on the site."""

from __future__ import annotations

import random
from typing import Any

from muster_cli.exits import CommandError
from muster_core.site import PlaceKind, Routes, Site

KINDS = ("deliver",) * 8 + ("scan", "move")
PRIORITIES = (50, 100, 100, 100, 150, 200)
SCANNED_MAX = 3


def make_orders(site: Site, count: int, *, prefix: str, seed: int) -> list[dict[str, Any]]:
    """So many orders as they go through Kafka; the first is a delivery, most others are too.

    :param prefix: what their ids begin with.
    :raises CommandError: when the site has nothing to deliver from or to.
    """
    shelves = _reachable(site, PlaceKind.SHELF)
    stations = _reachable(site, PlaceKind.STATION)
    if not shelves or not stations:
        raise CommandError(
            f"site {site.name!r} has {len(shelves)} shelves and {len(stations)} stations that "
            "robots can reach; the demo needs at least one of each"
        )
    chance = random.Random(seed)
    digits = len(str(count))
    orders = []
    for number in range(1, count + 1):
        kind = "deliver" if number == 1 else chance.choice(KINDS)
        order: dict[str, Any] = {"order_id": f"{prefix}-{number:0{digits}d}", "kind": kind}
        if kind == "deliver":
            order["pickup"], order["dropoff"] = chance.choice(shelves), chance.choice(stations)
        elif kind == "scan":
            order["places"] = chance.sample(shelves, min(SCANNED_MAX, len(shelves)))
        else:
            order["places"] = [chance.choice(shelves + stations)]
        order["priority"] = chance.choice(PRIORITIES)
        order["requester"] = "muster demo"
        orders.append(order)
    return orders


def _reachable(site: Site, kind: PlaceKind) -> list[str]:
    routes = Routes(site)
    places = site.places_of_kind(kind)
    return [place.name for place in places if routes.unreachable_reason(place.name) is None]
