"""Claims about two schedulers of one fleet: one leads, the other takes over."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from muster_core.leadership import DeposedError
from muster_core.log import LogEntry, SqliteLog
from muster_ros import channels as ch
from muster_ros.testing import WAIT_S, domain_id, transition, wait_until

LEASE_S = 1.0
SLACK_S = 5.0
"""What a loaded machine may add to a takeover; the benchmark measures it."""
QUICK = {"leadership_lease_s": LEASE_S, "tick_s": 0.05}

STUCK_LEADER = """
    import os, signal, sqlite3, sys, time
    from pathlib import Path
    from muster_ros.clock import read_clock
    from muster_core.leadership import FileLeadership

    directory = Path(sys.argv[1])
    leadership = FileLeadership(directory / "scheduler.lease", "stuck", lease_s=float(sys.argv[2]))
    assert leadership.campaign(read_clock())
    log = sqlite3.connect(directory / "scheduler.log", isolation_level=None)
    log.execute("BEGIN IMMEDIATE")
    print("stuck", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)
"""


def read_log(directory: Path) -> list[LogEntry]:
    log = SqliteLog.open_read_only(directory / "scheduler.log")
    try:
        return list(log.entries())
    finally:
        log.close()


def wait_for_epoch(directory: Path, epoch: int) -> LogEntry:
    """The first event of that epoch."""

    def found() -> LogEntry | None:
        return next((entry for entry in read_log(directory) if entry.epoch == epoch), None)

    return wait_until(found, f"epoch {epoch}")


def services_of(world: Any, name: str) -> list[str]:
    found = world.peer.get_service_names_and_types_by_node(name, "/test")
    return [service for service, _ in found]


def test_standby_offers_nothing_and_says_who_leads(world: Any) -> None:
    world.start_scheduler(**QUICK)
    standby = world.start_scheduler("scheduler_2", **QUICK)
    assert standby.describe_state("active") == "standby: /test/scheduler leads"
    path = ch.SUBMIT_ORDER.path("/test")
    wait_until(lambda: path in services_of(world, "scheduler"), "the leader's services")
    wait_until(lambda: services_of(world, "scheduler_2"), "the standby's services")
    assert path not in services_of(world, "scheduler_2")
    for channel in (ch.EVENTS, ch.LEASES, ch.FLEET_STATE):
        assert world.peer.count_publishers(channel.path("/test")) == 1


def test_standby_takes_over_at_once_when_the_leader_resigns(world: Any) -> None:
    leader = world.start_scheduler(leadership_lease_s=60.0, tick_s=0.05)
    world.start_scheduler("scheduler_2", leadership_lease_s=60.0, tick_s=0.05)
    assert world.submit("o-1").accepted
    transition(leader, "deactivate")
    wait_for_epoch(world.directory, 2)
    again = world.submit_until_answered("o-1")
    assert again.accepted and again.duplicate
    assert world.submit("o-2").accepted
    assert not world.ends


def test_leader_that_loses_its_lease_is_deposed_and_writes_nothing_more(world: Any) -> None:
    leader = world.start_scheduler(**QUICK)
    world.start_scheduler("scheduler_2", **QUICK)
    assert world.submit("o-1").accepted
    leader._candidacy._is_stopping.set()  # as if its thread got no time any more
    first = wait_for_epoch(world.directory, 2)
    wait_until(lambda: world.ends, "the end of the first")
    assert isinstance(world.ends[0], DeposedError)
    entries = read_log(world.directory)
    assert {entry.epoch for entry in entries if entry.seq > first.seq} <= {2}
    assert world.submit_until_answered("o-1").duplicate


def test_epoch_min_lifts_the_epoch_of_a_new_log(world: Any) -> None:
    world.start_scheduler(epoch_min=7)
    assert world.wait_for_event("epoch_started").epoch == 7


def test_standby_whose_log_turns_out_damaged_says_so_and_ends(world: Any) -> None:
    world.start_scheduler(**QUICK)
    standby = world.start_scheduler("scheduler_2", **QUICK)
    assert world.submit("o-1").accepted
    log = sqlite3.connect(world.directory / "scheduler.log")
    with log:
        log.execute("INSERT INTO entries VALUES (1000, 1, 1, x'7b7d', x'00')")
    log.close()
    wait_until(lambda: standby.problem, "the standby's problem")
    assert "standby failed" in standby.problem and "scheduler.log" in standby.problem


@pytest.mark.process
def test_predecessor_that_stands_still_within_a_commit_is_fenced(world: Any) -> None:
    node = world.start_scheduler(**QUICK)
    assert world.submit("o-1").accepted
    transition(node, "deactivate")
    source = textwrap.dedent(STUCK_LEADER)
    command = [sys.executable, "-c", source, str(world.directory), str(LEASE_S)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as stuck:
        try:
            assert stuck.stdout is not None and stuck.stdout.readline() == "stuck\n"
            transition(node, "activate")
            assert stuck.wait(WAIT_S) == -signal.SIGKILL
        finally:
            stuck.kill()
    entry = wait_for_epoch(world.directory, 3)
    assert world.submit_until_answered("o-1").duplicate
    assert entry.seq == 3 and not world.ends


class SchedulerProcess:
    """A scheduler in a process of its own, at work or ready to be."""

    def __init__(self, world: Any, name: str) -> None:
        settings = world.parameters | QUICK
        parameters = [word for key in settings for word in ("-p", f"{key}:={settings[key]}")]
        node = ["--ros-args", "-r", f"__node:={name}", "-r", "__ns:=/test"]
        source = "from muster_scheduler.main import main; main()"
        self.child = subprocess.Popen(
            [sys.executable, "-c", source, *node, *parameters],
            env=os.environ | {"ROS_DOMAIN_ID": str(domain_id())},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        world.bring_up(name)

    def send(self, number: signal.Signals) -> None:
        os.kill(self.child.pid, number)

    def end(self) -> None:
        self.child.kill()
        self.child.wait(WAIT_S)


@pytest.fixture
def pair(world: Any) -> Any:
    """A leader and its standby, in this order."""
    started: list[SchedulerProcess] = []
    try:
        for name in ("scheduler", "scheduler_2"):
            started.append(SchedulerProcess(world, name))
        yield started
    finally:
        for process in started:
            process.end()


@pytest.mark.process
def test_standby_takes_over_when_the_leader_is_killed(world: Any, pair: Any) -> None:
    assert world.submit_until_answered("o-1").accepted
    pair[0].send(signal.SIGKILL)
    killed_s = time.monotonic()
    wait_for_epoch(world.directory, 2)
    assert time.monotonic() - killed_s < 2 * LEASE_S + SLACK_S
    assert world.submit_until_answered("o-1").duplicate


@pytest.mark.process
def test_stopped_leader_that_goes_on_writes_nothing_and_ends_deposed(world: Any, pair: Any) -> None:
    assert world.submit_until_answered("o-1").accepted
    pair[0].send(signal.SIGSTOP)
    first = wait_for_epoch(world.directory, 2)
    assert world.submit_until_answered("o-2").accepted
    assert pair[0].child.poll() is None
    pair[0].send(signal.SIGCONT)
    assert pair[0].child.wait(WAIT_S) == 75
    assert world.submit_until_answered("o-3").accepted
    later = [entry for entry in read_log(world.directory) if entry.seq > first.seq]
    assert len(later) >= 2 and {entry.epoch for entry in later} == {2}
