from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("rclpy")

import rclpy

from muster_bringup.options import FleetOptions
from muster_bringup.ros_arguments import ros_arguments
from muster_bringup.topology import edge_topology
from muster_ros.testing import ros_context

pytestmark = pytest.mark.ros


def parameters_of(
    name: str, options: FleetOptions, directory: Path, params_file: Path
) -> dict[str, object]:
    """What a node of the edge's process of that name would be given."""
    process = next(p for p in edge_topology(options) if p.name == name)
    arguments = ros_arguments(process, directory=directory, params_file=params_file)
    with ros_context():
        node = rclpy.create_node(
            "scheduler",
            cli_args=["--ros-args", *arguments],
            automatically_declare_parameters_from_overrides=True,
        )
        assert node.get_fully_qualified_name() == f"/muster/{name}"
        found = node.get_parameters_by_prefix("")
        node.destroy_node()
    return {key: parameter.value for key, parameter in found.items()}


@pytest.mark.parametrize("pattern", ["/**", "/**/scheduler", "/muster/scheduler"])
def test_persons_parameter_file_has_the_last_word_however_it_names_the_node(
    make_options: Callable[..., FleetOptions], tmp_path: Path, pattern: str
) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(f"{pattern}:\n  ros__parameters:\n    robots_expected: 7\n    lease_s: 5.0\n")
    found = parameters_of("scheduler", make_options(), tmp_path, mine)
    assert (found["robots_expected"], found["lease_s"]) == (7, 5.0)
    assert found["heartbeat_timeout_s"] == 6.0


@pytest.mark.parametrize(
    "text",
    [
        "/**:\n  ros__parameters: {lease_s: 5.0}\n",
        "/**/scheduler:\n  ros__parameters: {lease_s: 5.0}\n",
        "/muster/scheduler:\n  ros__parameters: {lease_s: 5.0}\n",
        "muster:\n  scheduler:\n    ros__parameters: {lease_s: 5.0}\n",
        "/**/scheduler:\n  ros__parameters: {lease_s: 4.0}\n"
        "/**/scheduler_2:\n  ros__parameters: {lease_s: 5.0}\n",
    ],
)
def test_what_is_said_to_the_scheduler_is_said_to_its_standby(
    make_options: Callable[..., FleetOptions], tmp_path: Path, text: str
) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(text)
    options = make_options(standby=True)
    found = parameters_of("scheduler_2", options, tmp_path, mine)
    assert found["lease_s"] == 5.0 and found["heartbeat_timeout_s"] == 6.0
    assert found["data_dir"] == str(options.data_dir)


def test_parameter_file_for_other_nodes_leaves_the_standby_as_it_is(
    make_options: Callable[..., FleetOptions], tmp_path: Path
) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("/**/policy:\n  ros__parameters: {policy: nearest}\n")
    found = parameters_of("scheduler_2", make_options(standby=True), tmp_path, mine)
    assert "policy" not in found and found["heartbeat_timeout_s"] == 6.0
