"""How fast the twin runs with real nodes: simulated seconds per second, 50 robots over DDS.

The real scheduler, policy, traffic and agents, the scheduler's log synced to disk; time stands
whenever one of them is not heard, so a figure above the target means that all of them kept up. The
rate asked for is above what two cores can do. The baseline is one second a second.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from figure import Better, Figure

from muster_core.site import load_site
from muster_core.traffic.grid import warehouse
from muster_twin.live.settings import LiveSettings
from muster_twin.live.twin import LiveTwin
from muster_twin.streams.spec import make_stream

ROBOTS = 50
ROWS, COLUMNS = 33, 57
ORDERS_PER_HOUR = 1000
ORDERS, ORDERS_QUICK = 150, 20
RATE = 20.0
SPEED_MIN = 5.0
STATION_EVERY = 4
SEED = 7


def measure(is_quick: bool) -> list[Figure]:
    """The speed, and what each program takes of a core meanwhile."""
    count = ORDERS_QUICK if is_quick else ORDERS
    settings = LiveSettings(robots=ROBOTS, rate=RATE)
    with TemporaryDirectory() as directory:
        path = Path(directory) / "bench.map"
        path.write_text(_map())
        orders = make_stream(
            f"poisson:{ORDERS_PER_HOUR}",
            count=count,
            site=load_site(path),
            seed=SEED,
            start_wall_ns=0,
        )
        with LiveTwin(path, settings) as twin:
            record = twin.run(orders)
    assert not record.bumps, record.bumps[0]
    assert record.ends["order_completed"] == count, record.ends
    shares = ", ".join(
        f"{name} {spent_s / record.took_s:.0%}"
        for name, spent_s in sorted(record.cpu_s.items(), key=lambda item: -item[1])
        if spent_s / record.took_s >= 0.01
    )
    return [
        Figure(
            name="twin_speed_live",
            value=record.speed,
            unit="s/s",
            baseline=1.0,
            better=Better.HIGHER,
            target=SPEED_MIN,
            note=f"{ROBOTS} robots, {count} orders in {record.simulated_s:.0f} simulated s; time "
            f"stood {record.held_s / record.took_s:.0%}; of a core: {shares}",
        )
    ]


def _map() -> str:
    """A warehouse in the League's format: S next to shelves, E along the edge."""
    is_free = warehouse(ROWS, COLUMNS, shelf_rows=2, shelf_columns=6, border=4)
    rows = [["." if free else "@" for free in row] for row in is_free.tolist()]
    for row in range(1, ROWS - 1):
        for column in range(COLUMNS):
            beside = (rows[row - 1][column], rows[row + 1][column])
            if rows[row][column] == "." and "@" in beside:
                rows[row][column] = "S"
    for column in range(0, COLUMNS, STATION_EVERY):
        rows[0][column] = rows[ROWS - 1][column] = "E"
    grid = "\n".join("".join(row) for row in rows)
    return f"type octile\nheight {ROWS}\nwidth {COLUMNS}\nmap\n{grid}\n"
