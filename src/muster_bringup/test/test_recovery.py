"""Claims about a whole fleet of real processes: who is killed comes back, and leads or waits."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy")

from muster_bringup.fleet import Fleet
from muster_bringup.options import parse_options
from muster_bringup.topology import SUPERVISOR, fleet_topology
from muster_core.log import SqliteLog
from muster_ros.testing import domain_id

pytestmark = [pytest.mark.process, pytest.mark.ros]

WAIT_S = 60.0


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    """One robot, a scheduler and its standby, all active."""
    monkeypatch.setenv("ROS_DOMAIN_ID", str(domain_id()))
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    options = parse_options(namespace="/recovery", robots=1, standby=True, data_dir=tmp_path)
    with Fleet(fleet_topology(options), options) as made:
        made.wait_active(WAIT_S)
        yield made


def wait_for(is_true: Callable[[], bool], what: str) -> None:
    deadline_s = time.monotonic() + WAIT_S
    while not is_true():
        assert time.monotonic() < deadline_s, f"{what} has not come true"
        time.sleep(0.05)


def epoch(fleet: Fleet) -> int:
    """Of the newest event."""
    log = SqliteLog.open_read_only(fleet.log_dir.parent / "scheduler.log")
    try:
        (newest,) = log.read(log.last_seq)
        return newest.epoch
    finally:
        log.close()


def test_killed_leader_is_succeeded_and_comes_back_as_the_standby(fleet: Fleet) -> None:
    assert epoch(fleet) == 1
    os.kill(fleet.pids["scheduler"], signal.SIGKILL)
    wait_for(lambda: epoch(fleet) == 2, "epoch 2")
    fleet.wait_active(WAIT_S)
    os.kill(fleet.pids["scheduler_2"], signal.SIGKILL)
    wait_for(lambda: epoch(fleet) == 3, "epoch 3")
    fleet.wait_active(WAIT_S)
    assert fleet.restarts["scheduler"] == fleet.restarts["scheduler_2"] == 1


def test_killed_supervisor_is_started_again_and_brings_back_who_ended_meanwhile(
    fleet: Fleet,
) -> None:
    os.kill(fleet.pids[SUPERVISOR], signal.SIGKILL)
    os.kill(fleet.pids["policy"], signal.SIGKILL)
    os.kill(fleet.pids["agent"], signal.SIGKILL)
    wait_for(lambda: set(fleet.restarts.values()) == {0, 1}, "three restarts")
    fleet.wait_active(WAIT_S)
    assert epoch(fleet) == 1
