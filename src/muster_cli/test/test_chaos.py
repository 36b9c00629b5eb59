from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.process, pytest.mark.ros]

DEADLINE_S = 400
SMALL = (
    *("--robots", "5", "--robots-per-process", "2", "--orders", "30", "--speed", "40"),
    *("--kafka", "mock", "--kills", "6", "--every", "2.5"),
)


def start(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "muster_cli", "chaos", *SMALL, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip


def test_no_order_is_lost_or_done_twice_when_processes_are_killed(
    tmp_path: Path, processes_of: Callable[[Path], list[str]]
) -> None:
    chaos = start(tmp_path, "--seed", "7")
    out, _ = chaos.communicate(timeout=DEADLINE_S)
    assert chaos.returncode == 0, out
    assert out.splitlines()[-1] == "chaos: 30 orders, 6 kills, 30 ended once, 0 lost, 0 twice"
    assert len(re.findall(r"^ *[\d.]+ s  SIGKILL \w+", out, re.MULTILINE)) == 6, out
    assert re.search(r"orders: .*completed.*; [1-9]\d* were sent twice", out), out
    assert processes_of(tmp_path) == []
    assert list(tmp_path.glob("muster-chaos-*")) == []


def test_an_interrupted_run_ends_everything_that_it_started(
    tmp_path: Path, processes_of: Callable[[Path], list[str]]
) -> None:
    chaos = start(tmp_path, "--robots", "2", "--orders", "500")
    assert chaos.stdout is not None
    for line in chaos.stdout:
        if "SIG" in line:
            break
    chaos.send_signal(signal.SIGINT)
    out, _ = chaos.communicate(timeout=90)
    assert chaos.returncode == 130, out
    assert out.splitlines()[-1] == "chaos: interrupted; every process that it started has ended"
    assert processes_of(tmp_path) == []
