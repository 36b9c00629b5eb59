from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from muster_bringup.fleet import find_executable
from muster_bringup.options import FleetOptions, config_directory, parse_options
from muster_bringup.ros_arguments import ros_arguments
from muster_bringup.topology import Process, edge_topology, fleet_topology, robot_topology

pytest.importorskip("launch_ros", reason="launch and launch_ros are not installed here")

from launch import LaunchContext
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.logging import launch_config
from launch.utilities import perform_substitutions

LAUNCH = config_directory().parent / "launch"


@pytest.fixture(autouse=True)
def log_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(launch_config, "_log_dir", str(tmp_path))
    return tmp_path


def perform(name: str, **given: str) -> list[Any]:
    """The node actions of a launch file, given its arguments."""
    context = LaunchContext()
    source = PythonLaunchDescriptionSource(str(LAUNCH / name))
    description = source.get_launch_description(context)
    context.launch_configurations.update(given)
    actions: list[Any] = []
    for entity in description.entities:
        if isinstance(entity, DeclareLaunchArgument):
            assert entity.description
            entity.execute(context)
        else:
            assert isinstance(entity, OpaqueFunction)
            actions += entity.execute(context)
    for action in actions:
        action._perform_substitutions(context)
    commands = [
        [perform_substitutions(context, list(part)) for part in action.cmd] for action in actions
    ]
    # launch_ros ends each command with this, for remappings of its own.
    assert all(command[-1] == "--ros-args" for command in commands)
    return [command[:-1] for command in commands]


@pytest.mark.parametrize(
    ("name", "topology", "arguments", "options"),
    [
        ("fleet.launch.py", fleet_topology, {"robots": "3"}, {"robots": 3}),
        (
            "fleet.launch.py",
            fleet_topology,
            {"robot_names": "anna,bert", "robots_per_process": "1", "kafka": "localhost:9092"},
            {"robot_names": "anna,bert", "robots_per_process": 1, "kafka": "localhost:9092"},
        ),
        ("edge.launch.py", edge_topology, {"policy": "nearest"}, {"policy": "nearest"}),
        ("edge.launch.py", edge_topology, {"standby": "true"}, {"standby": True}),
        (
            "robot.launch.py",
            robot_topology,
            {"robot": "anna", "speed": "2"},
            {"robot_names": "anna", "speed": 2.0},
        ),
    ],
)
def test_launch_file_starts_the_same_processes_as_up(
    name: str,
    topology: Callable[[FleetOptions], tuple[Process, ...]],
    arguments: dict[str, str],
    options: dict[str, Any],
    log_dir: Path,
) -> None:
    found = perform(name, **arguments)
    parsed = parse_options(**options)
    expected = [
        [
            str(find_executable(process)),
            *process.arguments,
            "--ros-args",
            *ros_arguments(process, directory=log_dir, params_file=None),
        ]
        for process in topology(parsed)
    ]
    assert found == expected


def test_launch_argument_that_cannot_be_used_is_named() -> None:
    with pytest.raises(Exception, match="robots is '0'"):
        perform("fleet.launch.py", robots="0")


def test_launch_is_imported_by_launch_files_alone() -> None:
    spec = importlib.util.find_spec("muster_bringup.launch_actions")
    assert spec is not None and spec.origin is not None
    lines = Path(spec.origin).read_text().splitlines()
    assert not [line for line in lines if line.startswith(("import launch", "from launch"))]
