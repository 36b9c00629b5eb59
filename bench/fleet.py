"""The measured side: the real scheduler and policy, each a process of its own, on a fresh log."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ament_index_python.packages import get_package_prefix
from client import FLEET, Client
from processes import Child

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "config" / "sites" / "small_warehouse.yaml"


@dataclass(frozen=True, slots=True)
class Fleet:
    """What was started; ``directory`` is on the disk of the repository and goes with it."""

    scheduler: Child
    policy: Child
    directory: Path


@contextmanager
def open_fleet(client: Client) -> Iterator[Fleet]:
    """Scheduler and policy, active, with their defaults; ended and their log removed after it."""
    disk = ROOT / "build"
    disk.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=disk) as name:
        directory = Path(name)
        data = f"data_dir:={directory / 'scheduler'}"
        with _node("policy") as policy, _node("scheduler", "-p", data) as scheduler:
            client.bring_up(f"{FLEET}/policy")
            client.bring_up(f"{FLEET}/scheduler")
            yield Fleet(scheduler, policy, directory)


def _node(name: str, *parameters: str) -> Child:
    package = f"muster_{name}"
    program = Path(get_package_prefix(package)) / "lib" / package / name
    return Child(name, [str(program), "--ros-args", "-p", f"site:={SITE}", *parameters])
