from collections.abc import Sequence

import pytest

from muster_core.ids import OrderId
from muster_core.order import Order
from muster_core.site import PlaceKind, Site, parse_site
from muster_core.site.movingai_file import parse_movingai
from muster_twin.streams.order_stream import TimedOrder

BLOCKS = """type octile
height 9
width 13
map
.............
.E...........
...SSS.SSS...
..S@@@S@@@S..
..S@@@S@@@S..
...SSS.SSS...
.............
.E.......E.E.
.............
"""
CHARGING_SITE = """
site: charging
speed_mps: 1.0
vertices: {a1: [0, 0], a2: [4, 0], a3: [8, 0], a4: [12, 0]}
edges: [[a1, a2, a3, a4]]
places:
  shelf_1: {kind: shelf, at: [0, 3], beside: a1}
  pack_1: {kind: station, at: [4, 3], beside: a2}
  charger_1: {kind: charger, at: [8, 3], beside: a3}
  parking_1: {kind: parking, at: [12, 3], beside: a4}
"""


@pytest.fixture
def blocks() -> Site:
    """A small grid of two blocks of shelves, with aisles one robot wide."""
    return parse_movingai(BLOCKS.encode(), "blocks")


@pytest.fixture
def charging_site() -> Site:
    return parse_site(CHARGING_SITE)


@pytest.fixture
def deliveries():
    """Makes deliveries from each shelf in turn to each station in turn, one every so often."""

    def make(site: Site, count: int, *, every_s: float) -> Sequence[TimedOrder]:
        shelves = site.places_of_kind(PlaceKind.SHELF)
        stations = site.places_of_kind(PlaceKind.STATION)
        return [
            TimedOrder(
                number * every_s,
                Order(
                    order_id=OrderId(f"o-{number}"),
                    pickup=shelves[number % len(shelves)].name,
                    dropoff=stations[number % len(stations)].name,
                ),
            )
            for number in range(count)
        ]

    return make
