"""Options and dummy programs for the tests of bring-up."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from muster_bringup.options import FleetOptions
from muster_bringup.topology import SUPERVISOR, Process, Stage

DUMMY_PACKAGE = "muster_dummy"
# A test that runs in a script's background inherits that SIGINT is ignored.
HEED_SIGINT = "    signal.signal(signal.SIGINT, signal.default_int_handler)\n"
UNTIL_SIGINT = "    signal.pause()\nexcept KeyboardInterrupt:\n    print('bye', flush=True)\n"
SPEAKER = (
    f"import json, signal\ntry:\n{HEED_SIGINT}"
    "    print(json.dumps({record}), flush=True)\n" + UNTIL_SIGINT
)
DUMMIES = {
    "worker": "import signal\ntry:\n" + HEED_SIGINT + UNTIL_SIGINT,
    # Ends for nothing but SIGKILL.
    "deaf": (
        "import signal\nfor number in (signal.SIGINT, signal.SIGTERM):\n"
        "    signal.signal(number, signal.SIG_IGN)\nprint('deaf', flush=True)\n"
        "while True:\n    signal.pause()\n"
    ),
    "broken": "print('no good', flush=True)\nraise SystemExit(3)\n",
    "supervisor": SPEAKER.format(record={"event": "fleet is active", "active": 1, "managed": 1}),
    "gloomy": SPEAKER.format(
        record={"event": "0 of 1 nodes active; x is lost", "active": 0, "managed": 1}
    ),
}


@pytest.fixture
def make_options(tmp_path: Path) -> Callable[..., FleetOptions]:
    """Options with a site that exists; what a test gives goes before."""
    site = tmp_path / "site.yaml"
    site.touch()

    def make(**given: object) -> FleetOptions:
        values: dict[str, object] = {
            "namespace": "/muster",
            "robots": ("robot_1", "robot_2"),
            "robots_per_process": 10,
            "driver": "sim",
            "site": site,
            "speed": 2.0,
            "policy": "",
            "kafka": "",
            "data_dir": tmp_path / "data",
            "standby": False,
            "traffic": True,
            "params_file": None,
        }
        return FleetOptions(**{**values, **given})  # type: ignore[arg-type]

    return make


@pytest.fixture
def make_dummy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Process]:
    """Processes of an installed package of programs without ROS."""
    prefix = tmp_path / "prefix"
    index = prefix / "share/ament_index/resource_index/packages"
    programs = prefix / "lib" / DUMMY_PACKAGE
    index.mkdir(parents=True)
    programs.mkdir(parents=True)
    (index / DUMMY_PACKAGE).touch()
    for name, source in DUMMIES.items():
        program = programs / name
        program.write_text(f"#!{sys.executable}\n{source}", encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(prefix))

    def make(executable: str, name: str = "") -> Process:
        is_supervisor = SUPERVISOR in (name, executable)
        return Process(
            name=name or executable,
            package=DUMMY_PACKAGE,
            executable=executable,
            nodes=(f"/muster/{name or executable}",),
            stage=Stage.SUPERVISOR if is_supervisor else Stage.AGENTS,
        )

    return make
