from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.process, pytest.mark.ros]

DEADLINE_S = 240
SMALL = ("--robots", "2", "--orders", "4", "--speed", "20")


def start(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "muster_cli", "demo", *SMALL, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip


def test_small_demo_completes_every_order_and_leaves_nothing_behind(
    tmp_path: Path, processes_of: Callable[[Path], list[str]]
) -> None:
    demo = start(tmp_path)
    out, _ = demo.communicate(timeout=DEADLINE_S)
    assert demo.returncode == 0, out
    assert out.splitlines()[-1] == "demo: 5 accepted, 5 completed, 0 failed, 0 cancelled"
    assert re.search(r"the action gave feedback [1-9]\d* times and ended: completed", out), out
    assert "the scheduler tells the same of all 5 orders as Kafka" in out
    assert re.search(r"ROS_DOMAIN_ID=[1-9]\d* muster watch", out)
    assert processes_of(tmp_path) == []
    assert list(tmp_path.glob("muster-demo-*")) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_interrupted_demo_ends_everything_that_it_started(
    tmp_path: Path, number: signal.Signals, processes_of: Callable[[Path], list[str]]
) -> None:
    demo = start(tmp_path, "--orders", "200", "--speed", "1")
    assert demo.stdout is not None
    for line in demo.stdout:
        if "starting the fleet" in line:
            break
    deadline = time.monotonic() + 30
    while not any("muster_scheduler" in line for line in processes_of(tmp_path)):
        assert time.monotonic() < deadline, "the fleet did not start"
        time.sleep(0.1)
    demo.send_signal(number)
    out, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130, out
    assert out.splitlines()[-1] == "demo: interrupted; every process that it started has ended"
    assert processes_of(tmp_path) == []


def test_failed_start_says_why_and_shows_logs(
    tmp_path: Path, processes_of: Callable[[Path], list[str]]
) -> None:
    site = tmp_path / "site.yaml"
    small = Path(__file__).parents[3] / "config" / "sites" / "small_warehouse.yaml"
    site.write_text(small.read_text())
    demo = start(tmp_path, "--site", str(site), "--kafka", "127.0.0.1:1")
    out, _ = demo.communicate(timeout=DEADLINE_S)
    assert demo.returncode == 1
    assert "no Kafka answers at 127.0.0.1:1" in out
    assert out.splitlines()[-1] == "demo: 0 accepted, 0 completed, 0 failed, 0 cancelled"
    assert processes_of(tmp_path) == []
