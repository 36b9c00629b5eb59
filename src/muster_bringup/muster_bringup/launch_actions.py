"""A topology as launch actions. Needs ``launch`` and ``launch_ros``, which only a real ROS 2 has.

The import is the launch files' alone; nothing else in this package needs them.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Any

from muster_bringup.options import HELP, FleetOptions, parse_options
from muster_bringup.ros_arguments import ros_arguments
from muster_bringup.topology import Process

RESPAWN_DELAY_S = 1.0
SIGTERM_TIMEOUT_S = 12
"""After SIGINT the supervisor still takes the nodes down, which it does in less."""
SIGKILL_TIMEOUT_S = 3
DEFAULT_ROBOT = "robot_1"

Topology = Callable[[FleetOptions], tuple[Process, ...]]


def launch_description(topology: Topology, names: tuple[str, ...]) -> Any:
    """The launch description of a topology.

    :param names: the launch arguments: options of :func:`parse_options`, which also has their
        defaults, or ``robot``, the name of the only one.
    """
    from launch import LaunchDescription
    from launch.actions import DeclareLaunchArgument, OpaqueFunction

    def start(context: Any) -> list[Any]:
        given = {name: context.launch_configurations[name] for name in names}
        if "robot" in given:
            given["robot_names"] = given.pop("robot")
        options = parse_options(**given)
        return node_actions(topology(options), options)

    declared = [
        DeclareLaunchArgument(name, default_value=_default(name), description=HELP[name])
        for name in names
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=start)])


def _default(name: str) -> str:
    if name == "robot":
        return DEFAULT_ROBOT
    default = signature(parse_options).parameters[name].default
    if isinstance(default, bool):
        return str(default).lower()
    return "" if default is None else str(default)


def node_actions(processes: tuple[Process, ...], options: FleetOptions) -> list[Any]:
    """One ``launch_ros`` action per process, started again when it ends."""
    from launch.logging import launch_config
    from launch_ros.actions import Node

    # Beside the logs of this run, to show what the processes were told.
    directory = Path(launch_config.log_dir)
    directory.mkdir(parents=True, exist_ok=True)
    return [
        Node(
            package=process.package,
            executable=process.executable,
            exec_name=process.name,
            arguments=list(process.arguments),
            ros_arguments=ros_arguments(
                process, directory=directory, params_file=options.params_file
            ),
            output="screen",
            respawn=True,
            respawn_delay=RESPAWN_DELAY_S,
            sigterm_timeout=str(SIGTERM_TIMEOUT_S),
            sigkill_timeout=str(SIGKILL_TIMEOUT_S),
        )
        for process in processes
    ]
