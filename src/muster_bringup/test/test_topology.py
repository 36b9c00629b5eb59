from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from muster_bringup.options import FleetOptions, config_directory
from muster_bringup.ros_arguments import ros_arguments
from muster_bringup.topology import (
    Process,
    edge_topology,
    fleet_topology,
    managed_nodes,
    robot_topology,
)
from muster_core.errors import ConfigError

MakeOptions = Callable[..., FleetOptions]


def robots(count: int) -> tuple[str, ...]:
    return tuple(f"robot_{index}" for index in range(1, count + 1))


def test_fleet_goes_up_policy_scheduler_traffic_agents_gateway(make_options: MakeOptions) -> None:
    processes = fleet_topology(make_options(kafka="localhost:9092"))
    assert managed_nodes(processes) == [
        "1:/muster/policy",
        "2:/muster/scheduler",
        "4:/muster/traffic",
        "5:/muster/robot_1/agent",
        "5:/muster/robot_2/agent",
        "6:/muster/gateway",
    ]
    supervisor = processes[-1]
    assert supervisor.nodes == ("/muster/supervisor",)
    assert supervisor.parameters["/muster/supervisor"] == {
        "managed_nodes": managed_nodes(processes)
    }


def test_without_kafka_there_is_no_gateway(make_options: MakeOptions) -> None:
    assert "gateway" not in [process.name for process in fleet_topology(make_options())]


def test_robots_share_processes_up_to_the_bound(make_options: MakeOptions) -> None:
    processes = fleet_topology(make_options(robots=robots(25), robots_per_process=10))
    agents = [process for process in processes if process.executable == "agent"]
    assert [len(process.nodes) for process in agents] == [10, 10, 5]
    assert agents[2].arguments == (
        "--fleet",
        "/muster",
        "--robots",
        ",".join(robots(25)[20:]),
    )
    assert len({process.name for process in processes}) == len(processes)


def test_too_many_agent_processes_are_refused_with_both_numbers(make_options: MakeOptions) -> None:
    with pytest.raises(ConfigError, match=r"300 robots with robots_per_process 1 are 300"):
        fleet_topology(make_options(robots=robots(300), robots_per_process=1))


def test_scheduler_expects_the_robots_of_the_fleet(make_options: MakeOptions) -> None:
    options = make_options()
    scheduler = next(p for p in fleet_topology(options) if p.name == "scheduler")
    assert scheduler.parameters["/muster/scheduler"] == {
        "site": str(options.site),
        "data_dir": str(options.data_dir),
        "robots_expected": 2,
    }


def settings_of(processes: tuple[Process, ...], name: str) -> dict[str, object]:
    """What is said to the first node of a process."""
    process = next(process for process in processes if process.name == name)
    return dict(process.parameters[process.nodes[0]])


def test_traffic_of_a_fleet_knows_its_robots_and_an_edges_does_not(
    make_options: MakeOptions,
) -> None:
    options = make_options()
    shared = {"site": str(options.site), "data_dir": str(options.data_dir)}
    fleet = settings_of(fleet_topology(options), "traffic")
    assert fleet == {**shared, "robots": ["robot_1", "robot_2"]}
    assert settings_of(edge_topology(options), "traffic") == shared


def test_all_of_a_fleet_have_traffic_or_none_has(make_options: MakeOptions) -> None:
    with_it, without = make_options(), make_options(traffic=False)
    assert settings_of(fleet_topology(with_it), "agents")["traffic"] is True
    assert settings_of(fleet_topology(without), "agents")["traffic"] is False
    for topology in (fleet_topology, edge_topology):
        assert "traffic" not in [process.name for process in topology(without)]


def test_simulated_robots_under_traffic_stay_where_they_are(make_options: MakeOptions) -> None:
    options, key = make_options(), "driver_settings.state_dir"
    assert settings_of(fleet_topology(options), "agents")[key] == str(options.data_dir)
    assert key not in settings_of(fleet_topology(make_options(driver="other")), "agents")
    assert key not in settings_of(fleet_topology(make_options(traffic=False)), "agents")


@pytest.mark.parametrize("topology", [fleet_topology, edge_topology])
def test_standby_is_a_second_scheduler_on_the_same_log_that_goes_up_after_the_first(
    make_options: MakeOptions, topology: Callable[..., tuple[Process, ...]]
) -> None:
    assert "scheduler_2" not in [process.name for process in topology(make_options())]
    processes = topology(make_options(standby=True))
    first, second = (process for process in processes if process.executable == "scheduler")
    assert second.nodes == ("/muster/scheduler_2",)
    assert second.parameters["/muster/scheduler_2"] == first.parameters["/muster/scheduler"]
    nodes = managed_nodes(processes)
    assert nodes[1:3] == ["2:/muster/scheduler", "3:/muster/scheduler_2"]


def test_speed_is_told_to_the_sim_driver_alone(make_options: MakeOptions) -> None:
    simulated, real = (
        robot_topology(make_options(robots=("anna",), driver=driver))[0].parameters[
            "/muster/anna/agent"
        ]
        for driver in ("sim", "nav2")
    )
    assert simulated["driver_settings.speed_factor"] == 2.0
    assert real["driver"] == "nav2"
    assert not [name for name in real if name.startswith("driver_settings")]


def test_edge_is_the_fleet_without_agents(make_options: MakeOptions) -> None:
    options = make_options(kafka="localhost:9092")
    edge = [process.name for process in edge_topology(options)]
    fleet = [process.name for process in fleet_topology(options) if process.executable != "agent"]
    assert edge == fleet


def test_robot_is_brought_up_by_a_supervisor_of_its_own(make_options: MakeOptions) -> None:
    agent, supervisor = robot_topology(make_options(robots=("anna",), namespace="/north"))
    assert agent.nodes == ("/north/anna/agent",)
    assert supervisor.nodes == ("/north/anna/supervisor",)
    assert supervisor.remappings == ("__ns:=/north/anna",)
    with pytest.raises(ConfigError, match="one robot, not 2"):
        robot_topology(make_options())


def test_parameters_are_for_the_nodes_of_their_process(make_options: MakeOptions) -> None:
    for process in fleet_topology(make_options(kafka="localhost:9092", namespace="/north")):
        assert set(process.parameters) == set(process.nodes)
        assert all(node.startswith("/north/") for node in process.nodes)


def test_persons_parameter_file_comes_last(make_options: MakeOptions, tmp_path: Path) -> None:
    process = fleet_topology(make_options())[0]
    own = tmp_path / f"{process.name}.yaml"
    arguments = ros_arguments(process, directory=tmp_path, params_file=tmp_path / "mine.yaml")
    files = [after for flag, after in pairwise(arguments) if flag == "--params-file"]
    assert files == [
        str(config_directory() / "fleet.yaml"),
        str(own),
        str(tmp_path / "mine.yaml"),
    ]
    assert yaml.safe_load(own.read_text())["/**/policy"]["ros__parameters"] == dict(
        process.parameters["/muster/policy"]
    )


@pytest.mark.parametrize("topology", [fleet_topology, edge_topology])
def test_installed_parameter_files_are_ros_yaml_for_nodes_that_are_started(
    make_options: MakeOptions, topology: Callable[..., tuple[object, ...]]
) -> None:
    processes = topology(make_options())
    names = {node.rpartition("/")[2] for process in processes for node in process.nodes}  # type: ignore[attr-defined]
    (path,) = {process.config_file for process in processes}  # type: ignore[attr-defined]
    tree = yaml.safe_load(path.read_text())
    assert tree
    for pattern, content in tree.items():
        assert pattern.rpartition("/")[2] in names
        assert content["ros__parameters"]
