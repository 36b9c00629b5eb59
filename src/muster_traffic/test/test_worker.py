"""Claims about what a worker keeps, and what it lets go, from one start of its core to the next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from muster_core.clock import Instant
from muster_core.ids import RobotId
from muster_core.site import parse_site
from muster_core.site.zones_in_force import ZonesInForce
from muster_core.traffic.inputs import TrafficReport
from muster_traffic import requests as req
from muster_traffic.config import NodeConfig
from muster_traffic.memory import Memory
from muster_traffic.worker import Worker

SITE = "site: corridor\nvertices: {a: [0, 0], b: [5, 0]}\nedges: [[a, b]]\n"
START = Instant(10**18, 10**9)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    memory = Memory(tmp_path)
    memory.open()
    zones = ZonesInForce(parse_site(SITE, "corridor.yaml"))
    worker = Worker(
        NodeConfig(site="corridor.yaml", hearing_s_min=0.0),
        memory,
        zones,
        outlets=Mock(),
        logs=Mock(),
    )
    worker.start(START)
    yield worker
    memory.close()


def stand_by_and_return(worker: Worker, now: Instant) -> None:
    worker.handle([req.RollHeard(worker.duty.epoch + 1, "rival")], now)
    assert worker.core is None
    worker.handle([req.RivalGone()], now.later(1.0))


def make_robot_silent(worker: Worker) -> Instant:
    report = TrafficReport(
        robot_id=RobotId("r1"),
        session=1,
        number=1,
        epoch=worker.duty.epoch,
        left=0,
        held=("a",),
        at=0,
    )
    worker.handle([req.Reported(report)], START.later(1.0))
    now = START.later(60.0)
    worker.handle([], now)
    assert worker.troubles.robots() == ["r1"]
    return now


def test_troubles_of_the_core_before_are_told_no_more(worker: Worker) -> None:
    stand_by_and_return(worker, make_robot_silent(worker))
    assert worker.core is not None and worker.troubles.robots() == []


def test_what_robots_held_is_remembered_when_the_rival_is_gone(worker: Worker) -> None:
    stand_by_and_return(worker, make_robot_silent(worker))
    assert worker.core is not None and worker.core.book() == {"r1": ("a",)}
