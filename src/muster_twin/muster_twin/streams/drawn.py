"""Streams drawn from chance: an even flow, a day's profile, and waves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

from muster_core.ids import OrderId
from muster_core.order import Order
from muster_core.site import Place, PlaceKind, Routes, Site
from muster_twin.streams.order_stream import StreamError, TimedOrder

S_PER_H = 3600.0
DAY_PROFILE = (
    0.2, 0.1, 0.1, 0.1, 0.2, 0.5, 1.0, 1.6, 2.0, 2.1, 1.9, 1.5,
    1.2, 1.5, 1.8, 1.9, 1.7, 1.4, 1.2, 1.0, 0.9, 0.7, 0.5, 0.3,
)  # fmt: skip
"""How busy each hour of a day is, from midnight on, beside the day's mean: two peaks."""
PROFILE_START_H = 6
"""A day's stream begins in the morning."""

Times = Iterator[float]
MakeOrder = Callable[[int], Order]


def poisson_times(per_hour: float, chance: Random) -> Times:
    """Moments that come independently of each other, so many an hour on average, s."""
    now_s = 0.0
    while True:
        now_s += chance.expovariate(per_hour / S_PER_H)
        yield now_s


def profile_times(per_hour: float, chance: Random) -> Times:
    """The same with the rate of :data:`DAY_PROFILE`, by thinning (Lewis and Shedler, 1979)."""
    mean, peak = sum(DAY_PROFILE) / len(DAY_PROFILE), max(DAY_PROFILE)
    for now_s in poisson_times(per_hour * peak / mean, chance):
        hour = (PROFILE_START_H + int(now_s // S_PER_H)) % len(DAY_PROFILE)
        if chance.random() * peak < DAY_PROFILE[hour]:
            yield now_s


def wave_times(size: int, every_s: float, spread_s: float, chance: Random) -> Times:
    """``size`` orders every ``every_s``, within ``spread_s`` after each wave begins, s."""
    wave = 0
    while True:
        yield from sorted(wave * every_s + chance.uniform(0, spread_s) for _ in range(size))
        wave += 1


def draw_stream(times: Times, count: int, site: Site, chance: Random) -> tuple[TimedOrder, ...]:
    """So many deliveries at these times, between places drawn evenly.

    :raises StreamError: when the site has no two places to deliver between.
    """
    make = _deliveries(site, chance)
    return tuple(TimedOrder(next(times), make(number)) for number in range(1, count + 1))


def _deliveries(site: Site, chance: Random) -> MakeOrder:
    routes = Routes(site)
    pickups = _reachable(site.places_of_kind(PlaceKind.SHELF), routes)
    dropoffs = _reachable(site.places_of_kind(PlaceKind.STATION), routes)
    if not pickups or not dropoffs:
        pickups = dropoffs = _reachable(tuple(site.places.values()), routes)
    if len({*pickups, *dropoffs}) < 2:
        raise StreamError(
            f"site {site.name!r} has no two places that robots can reach, to deliver between; "
            f"give some vertices the kinds shelf and station"
        )

    def make(number: int) -> Order:
        pickup = chance.choice(pickups)
        dropoff = chance.choice(dropoffs)
        while dropoff == pickup:
            dropoff = chance.choice(dropoffs)
        return Order(order_id=OrderId(f"o-{number}"), pickup=pickup, dropoff=dropoff)

    return make


def _reachable(places: Sequence[Place], routes: Routes) -> tuple[str, ...]:
    return tuple(place.name for place in places if routes.is_main(place.vertex))
