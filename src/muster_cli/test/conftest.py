from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# Before anything imports rclpy: a domain of this process's own.
os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"

SITE_FILE = Path(__file__).parents[3] / "config" / "sites" / "small_warehouse.yaml"
FLEET = "/muster_cli_test"


@dataclass(frozen=True)
class Answer:
    """How one command line ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)

    def json_lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Answer]


def find_processes(directory: Path) -> list[str]:
    """Command lines of everything that was started with this TMPDIR."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"TMPDIR={directory}".encode() in path.read_bytes().split(b"\0"):
                found.append((path.parent / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # it has ended, or is another user's
    return found


@pytest.fixture
def processes_of() -> Callable[[Path], list[str]]:
    return find_processes


@pytest.fixture(autouse=True)
def heed_interrupts() -> Iterator[None]:
    """A test that runs in a script's background inherits that SIGINT is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `muster` with these arguments in this process."""
    from muster_cli.main import run as run_command

    def run_and_read(*arguments: str) -> Answer:
        capsys.readouterr()
        code = int(run_command(["--fleet", FLEET, *arguments]))
        out, err = capsys.readouterr()
        return Answer(code, out, err)

    return run_and_read


@pytest.fixture
def scheduler() -> Iterator[Any]:
    """A fake scheduler in namespace FLEET."""
    pytest.importorskip("rclpy")
    sys.path.insert(0, str(Path(__file__).parent))
    try:
        from fake_scheduler import FakeScheduler
    finally:
        sys.path.pop(0)
    from muster_core.site import load_site

    fake = FakeScheduler(FLEET, load_site(SITE_FILE))
    yield fake
    fake.close()
