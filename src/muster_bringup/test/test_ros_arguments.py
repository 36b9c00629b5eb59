from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("rclpy")

import rclpy

from muster_bringup.options import FleetOptions
from muster_bringup.ros_arguments import ros_arguments, write_parameters
from muster_bringup.topology import edge_topology
from muster_ros.testing import ros_context

pytestmark = pytest.mark.ros


@pytest.mark.parametrize("pattern", ["/**", "/**/scheduler", "/muster/scheduler"])
def test_persons_parameter_file_has_the_last_word_however_it_names_the_node(
    make_options: Callable[..., FleetOptions], tmp_path: Path, pattern: str
) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(f"{pattern}:\n  ros__parameters:\n    robots_expected: 7\n    lease_s: 5.0\n")
    process = next(p for p in edge_topology(make_options()) if p.name == "scheduler")
    own = write_parameters(process, tmp_path)
    arguments = ros_arguments(process, own_file=own, params_file=mine)
    with ros_context():
        node = rclpy.create_node(
            "scheduler",
            cli_args=["--ros-args", *arguments],
            automatically_declare_parameters_from_overrides=True,
        )
        assert node.get_fully_qualified_name() == "/muster/scheduler"
        found = {name: node.get_parameter(name).value for name in ("robots_expected", "lease_s")}
        kept = node.get_parameter("heartbeat_timeout_s").value
        node.destroy_node()
    assert found == {"robots_expected": 7, "lease_s": 5.0}
    assert kept == 6.0
