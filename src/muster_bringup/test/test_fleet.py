from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from muster_bringup.fleet import Fleet, FleetError
from muster_bringup.options import FleetOptions
from muster_bringup.topology import Process

pytestmark = pytest.mark.process

WAIT_S = 20.0
MakeOptions = Callable[..., FleetOptions]
MakeDummy = Callable[..., Process]


class Heard:
    """What a fleet says to people; others wait for it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._changed = threading.Condition()

    def __call__(self, text: str) -> None:
        with self._changed:
            self.lines.append(text)
            self._changed.notify_all()

    def wait(self, words: str, times: int = 1) -> None:
        with self._changed:
            assert self._changed.wait_for(
                lambda: sum(words in line for line in self.lines) >= times, WAIT_S
            ), f"{words!r} was not said {times} times: {self.lines}"


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_gone(pid: int) -> None:
    """Wait until a process that may be another's child has ended."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        ended, _, _ = select.select([watched], [], [], WAIT_S)
    finally:
        os.close(watched)
    assert ended, f"process {pid} still runs"


def wait_until(is_true: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + WAIT_S
    while not is_true():
        assert time.monotonic() < deadline_s, "it has not come true"
        time.sleep(0.01)


def test_fleet_is_active_when_the_supervisor_says_so_and_stop_leaves_no_process(
    make_options: MakeOptions, make_dummy: MakeDummy
) -> None:
    options = make_options()
    fleet = Fleet([make_dummy("worker"), make_dummy("supervisor")], options)
    with fleet:
        assert fleet.wait_active(WAIT_S)
        pids = fleet.pids
        assert set(pids) == {"worker", "supervisor"}
        assert all(is_running(pid) for pid in pids.values())
    assert not any(is_running(pid) for pid in pids.values())
    assert fleet.pids == {}
    assert "bye" in (options.data_dir / "logs/supervisor.log").read_text()


def test_killed_process_is_started_again_and_told(
    make_options: MakeOptions, make_dummy: MakeDummy
) -> None:
    heard = Heard()
    processes = [make_dummy("worker"), make_dummy("supervisor")]
    with Fleet(processes, make_options(), on_text=heard) as fleet:
        fleet.wait_active(WAIT_S)
        before = fleet.pids["worker"]
        os.kill(before, signal.SIGKILL)
        heard.wait("worker: ended by SIGKILL; starting it again in 0.5 s (restart 1)")
        wait_until(lambda: fleet.pids.get("worker", before) != before)
        assert fleet.restarts == {"worker": 1, "supervisor": 0}


def test_process_that_keeps_ending_is_started_ever_more_seldom(
    make_options: MakeOptions, make_dummy: MakeDummy
) -> None:
    heard = Heard()
    with Fleet([make_dummy("broken")], make_options(), on_text=heard):
        heard.wait("ended with exit code 3; starting it again in 0.5 s (restart 1)")
        heard.wait("ended with exit code 3; starting it again in 1 s (restart 2)")
    assert "broken: no good" in heard.lines


def test_process_that_ignores_signals_is_ended_all_the_same(
    make_options: MakeOptions, make_dummy: MakeDummy, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = ((signal.SIGINT, 0.2), (signal.SIGTERM, 0.2), (signal.SIGKILL, WAIT_S))
    monkeypatch.setattr("muster_bringup.fleet.ESCALATION", quick)
    heard = Heard()
    with Fleet([make_dummy("deaf")], make_options(), on_text=heard) as fleet:
        heard.wait("deaf: deaf")
        pid = fleet.pids["deaf"]
    assert not is_running(pid)


def test_fleet_that_is_not_active_in_time_says_what_the_supervisor_said(
    make_options: MakeOptions, make_dummy: MakeDummy
) -> None:
    heard = Heard()
    with Fleet([make_dummy("gloomy", "supervisor")], make_options(), on_text=heard) as fleet:
        heard.wait("x is lost")
        with pytest.raises(FleetError, match=r"not active after 0\.1 s: 0 of 1 .* x is lost"):
            fleet.wait_active(0.1)


def test_second_fleet_in_the_same_data_directory_is_refused(
    make_options: MakeOptions, make_dummy: MakeDummy
) -> None:
    options = make_options()
    with Fleet([make_dummy("worker")], options):
        second = Fleet([make_dummy("worker")], options)
        with pytest.raises(FleetError, match=rf"in use by another fleet \(process {os.getpid()}\)"):
            second.start()
        assert second.pids == {}
    with Fleet([make_dummy("worker")], options) as third:
        assert third.restarts == {"worker": 0}


def test_missing_program_starts_nothing(make_options: MakeOptions, make_dummy: MakeDummy) -> None:
    fleet = Fleet([make_dummy("worker"), make_dummy("nobody")], make_options())
    with pytest.raises(FleetError, match="nobody is missing"):
        fleet.start()
    assert fleet.pids == {}


HOST = """
import os, sys, threading
from pathlib import Path
from muster_bringup.fleet import Fleet
from muster_bringup.options import FleetOptions
from muster_bringup.topology import Process, Stage

directory = Path(sys.argv[1])
options = FleetOptions(
    namespace="/m", robots=(), robots_per_process=1, driver="sim", site=directory, speed=1.0,
    policy="", kafka="", data_dir=directory / "data", standby=False, traffic=True,
    params_file=None,
)
process = Process(
    name="deaf", package="muster_dummy", executable="deaf", nodes=("/m/deaf",), stage=Stage.AGENTS
)
is_up = threading.Event()
with Fleet([process], options, on_text=lambda text: is_up.set()) as fleet:
    is_up.wait()
    print(fleet.pids["deaf"], flush=True)
    threading.Event().wait()
"""


def test_killing_the_parent_leaves_no_process(make_dummy: MakeDummy, tmp_path: Path) -> None:
    make_dummy("deaf")
    host = subprocess.Popen(
        [sys.executable, "-c", HOST, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert host.stdout is not None
        pid = int(host.stdout.readline())
        assert is_running(pid)
    finally:
        host.kill()
        host.wait()
    wait_gone(pid)
