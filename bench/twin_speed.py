"""How fast the twin runs without ROS: simulated seconds per second of CPU, 300 robots at work.

A grid warehouse of blocks of shelves, with stations round them; orders come as fast as the robots
can just do them. A run is one thread, so a second of CPU is a real one where a core is free. The
first part of each run, in which robots get to know each other, is left out. The baseline is one
second a second.
"""

from __future__ import annotations

import time

import numpy as np
from figure import Better, Figure

from muster_core.clock import NS_PER_S
from muster_core.site import Place, PlaceKind, Site
from muster_core.site.grid import cell_name, grid_site
from muster_core.traffic.grid import warehouse
from muster_twin.streams.spec import make_stream
from muster_twin.warehouse.settings import TrafficKind, WarehouseSettings
from muster_twin.warehouse.world import START_WALL_NS, Warehouse

ROBOTS = 300
ROWS, COLUMNS = 50, 90
ORDERS_PER_HOUR = 6000
WARM_S = 120.0
MEASURED_S, MEASURED_QUICK_S = 300.0, 60.0
SPEED_MIN = 100.0
SEED = 7


def measure(is_quick: bool) -> list[Figure]:
    """The speed with production's traffic, and with the quick stand-in."""
    site = _site()
    measured_s = MEASURED_QUICK_S if is_quick else MEASURED_S
    return [_measure(site, kind, measured_s) for kind in TrafficKind]


def _measure(site: Site, kind: TrafficKind, measured_s: float) -> Figure:
    lasts_s = WARM_S + measured_s
    count = int(ORDERS_PER_HOUR * lasts_s / 3600 * 1.2)
    orders = make_stream(
        f"poisson:{ORDERS_PER_HOUR}",
        count=count,
        site=site,
        seed=SEED,
        start_wall_ns=START_WALL_NS,
    )
    settings = WarehouseSettings(robots=ROBOTS, seed=SEED, policy="batch", traffic=kind)
    fleet = Warehouse(site, settings, orders)
    timeline = fleet.timeline
    timeline.run(int(WARM_S * NS_PER_S), lambda: False)
    spent_before_s = dict(fleet.stopwatch.spent_s)
    began_s = time.process_time()
    timeline.run(int(lasts_s * NS_PER_S), lambda: False)
    took_s = time.process_time() - began_s
    assert fleet.referee.collisions_total == 0, fleet.referee.collisions[0]
    assert fleet.scheduler.ended > 0
    spent_s = {
        part: until_s - spent_before_s.get(part, 0.0)
        for part, until_s in sorted(fleet.stopwatch.spent_s.items())
    }
    shares = ", ".join(f"{part} {part_s / took_s:.0%}" for part, part_s in spent_s.items())
    return Figure(
        name="twin_speed" if kind is TrafficKind.FULL else f"twin_speed_{kind.value}",
        value=measured_s / took_s,
        unit="s/s",
        baseline=1.0,
        better=Better.HIGHER,
        target=SPEED_MIN,
        note=f"{ROBOTS} robots, {measured_s:.0f} s, {kind.value} traffic; {shares}",
    )


def _site() -> Site:
    """Blocks of shelves with aisles of one cell, a wide way round, and stations along its edge."""
    is_free = warehouse(ROWS, COLUMNS, shelf_rows=3, shelf_columns=8, border=6)
    places = []
    for row, column in np.argwhere(is_free).tolist():
        vertex = cell_name(row, column)
        is_inside = 6 <= row < ROWS - 6 and 6 <= column < COLUMNS - 6
        is_beside = is_inside and not is_free[row - 1 : row + 2, column].all()
        if is_beside and column % 3 == 0:
            places.append(Place(f"shelf_{vertex}", vertex, PlaceKind.SHELF))
        elif column in (1, COLUMNS - 2) and row % 4 == 2:
            places.append(Place(f"station_{vertex}", vertex, PlaceKind.STATION))
    return grid_site("bench", is_free, places)
