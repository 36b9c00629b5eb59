"""The two sides of ``seed_design``, started and ended: Muster whole, and the design on Ray."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from process_tree import tree_cpu_s
from processes import Child
from seed_load import Passage, take_event, take_result

from muster_bringup.fleet import Fleet
from muster_bringup.options import parse_options
from muster_bringup.topology import fleet_topology
from muster_gateway.mock_kafka import MockKafka

ROOT = Path(__file__).resolve().parent.parent
RAY_FLEET = Path(__file__).with_name("peers") / "ray_fleet.py"
RAY_PYTHON = "MUSTER_BENCH_RAY_PYTHON"
RAY_PYTHON_DEFAULT = ROOT / "build" / "ray" / "bin" / "python"
RAY_ENVIRONMENT = {
    "RAY_AUTH_MODE": "disabled",  # it would write a token into the home directory
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",  # as Muster's; Ray's own default gives way to everybody
}
READY_TIMEOUT_S = 240.0
RAY_END_TIMEOUT_S = 60.0

ORDERS, EVENTS, DEAD_LETTERS = "muster.orders", "muster.events", "muster.dead-letters"
POLLED, AWAITED, RESULTS = "orders.polled", "orders.awaited", "results"
"""As in ``peers/ray_fleet.py``, which runs without this package."""

FETCH_WAIT_S = 0.01
"""As in ``peers/ray_fleet.py``. A mock Kafka answers a question for orders that finds none only
when this time is over; a Kafka would as soon as one comes."""

BAYS_IN_ROW, BAY_APART_M = 10, 0.1
SPEED = 100
"""Simulated seconds in a second: the way to a bay takes milliseconds, and only the scan counts."""


@dataclass(frozen=True, slots=True)
class Side:
    """A side that is ready for orders.

    :param results: the topic of its results.
    :param take: notes in passages what a result says, with Kafka's time of it, ns; whether an
        order ended.
    :param cpu_s: CPU time of all its processes so far, s; of Kafka's and the bench's not.
    """

    bootstrap: str
    results: str
    take: Callable[[Mapping[str, Passage], Any, int], bool]
    cpu_s: Callable[[], float]


@contextmanager
def open_muster(robot_times_s: Sequence[float]) -> Iterator[Side]:
    """All of ``muster up`` with a gateway and as many robots, active; ended after it."""
    disk = ROOT / "build"
    disk.mkdir(exist_ok=True)
    topics = {ORDERS: 1, EVENTS: 1, DEAD_LETTERS: 1}
    with (
        MockKafka(topics) as kafka,
        tempfile.TemporaryDirectory(prefix="bench-", dir=disk) as name,
    ):
        directory = Path(name)
        site, settings = directory / "bays.yaml", directory / "settings.yaml"
        site.write_text(site_text(len(robot_times_s)))
        settings.write_text(settings_text(robot_times_s))
        options = parse_options(
            robots=len(robot_times_s),
            site=site,
            speed=SPEED,
            # Nobody has to get past anybody, here as there.
            traffic=False,
            kafka=kafka.bootstrap_servers,
            data_dir=directory,
            params_file=settings,
        )
        with Fleet(fleet_topology(options), options) as fleet:
            fleet.wait_active(READY_TIMEOUT_S)
            bootstrap = kafka.bootstrap_servers
            yield Side(bootstrap, EVENTS, take_event, lambda: tree_cpu_s(fleet.pids.values()))


@contextmanager
def open_ray(python: Path, robot_times_s: Sequence[float]) -> Iterator[Side]:
    """Ray with an actor for each robot, and its schedulers, all ready; ended after it."""
    with MockKafka({POLLED: 1, AWAITED: 1, RESULTS: 1}) as kafka:
        bootstrap = kafka.bootstrap_servers
        command = [
            *("env", "-u", "PYTHONPATH", "-u", "LD_LIBRARY_PATH"),
            *(f"{name}={value}" for name, value in RAY_ENVIRONMENT.items()),
            *(str(python), str(RAY_FLEET), bootstrap, ",".join(map(str, robot_times_s))),
        ]
        with Child("ray_fleet", command, end_timeout_s=RAY_END_TIMEOUT_S) as child:
            child.report(READY_TIMEOUT_S)
            yield Side(bootstrap, RESULTS, take_result, lambda: tree_cpu_s([child.pid]))


def ray_python() -> Path | None:
    """The interpreter that has Ray; None when there is none."""
    path = Path(os.environ.get(RAY_PYTHON) or RAY_PYTHON_DEFAULT)
    return path if path.is_file() else None


def site_text(bays: int) -> str:
    """A site with so many bays, close to one another, in rows."""
    names = [f"bay_{number}" for number in range(1, bays + 1)]
    rows = [names[start : start + BAYS_IN_ROW] for start in range(0, bays, BAYS_IN_ROW)]
    vertices = [
        f"  v_{bay}: [{column * BAY_APART_M:.1f}, {row * BAY_APART_M:.1f}]"
        for row, bays_of_row in enumerate(rows)
        for column, bay in enumerate(bays_of_row)
    ]
    chains = [*rows, [bays_of_row[0] for bays_of_row in rows]]
    edges = [
        f"  - [{', '.join(f'v_{bay}' for bay in chain)}]" for chain in chains if len(chain) > 1
    ]
    places = [f"  {bay}: {{kind: station, vertex: v_{bay}}}" for bay in names]
    return "\n".join(
        ["site: bays", "vertices:", *vertices, "edges:", *edges, "places:", *places, ""]
    )


def settings_text(robot_times_s: Sequence[float]) -> str:
    """The parameters that have each robot take its time for a scan, and never charge."""
    gateway = f"/muster/gateway:\n  ros__parameters:\n    fetch_wait_s: {FETCH_WAIT_S}\n"
    return gateway + "".join(
        f"/muster/robot_{number}/agent:\n"
        f"  ros__parameters:\n"
        f"    driver_settings:\n"
        f"      {{scan_s: {robot_s * SPEED:.1f}, drain_per_m: 0.0, drain_per_s: 0.0}}\n"
        for number, robot_s in enumerate(robot_times_s, 1)
    )
