"""The processes of a fleet, as data. Whoever starts them, by whatever means, starts these.

Rules for editors: no ROS here, and nothing is started here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from pathlib import Path

from muster_bringup.options import AGENT_PROCESSES_MAX, PACKAGE, FleetOptions, config_directory
from muster_core.errors import ConfigError

Value = bool | int | float | str | list[str]
SUPERVISOR = "supervisor"
SCHEDULER, STANDBY = "scheduler", "scheduler_2"


class Stage(IntEnum):
    """When a process's nodes are brought up: lowest first. Down goes the other way."""

    POLICY = 1
    SCHEDULER = 2
    STANDBY = 3
    """After the scheduler, so that a fleet that starts is led by it; going down, before it."""
    TRAFFIC = 4
    AGENTS = 5
    GATEWAY = 6
    SUPERVISOR = 7
    """Brings up the others, and is itself no lifecycle node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process to start.

    :param name: unique among the processes of a start; names its log file too.
    :param arguments: its command line, before the ROS arguments.
    :param parameters: what Muster sets, by fully qualified node name.
    :param nodes: the fully qualified names of its nodes.
    :param remappings: ROS remapping rules, ``from:=to``.
    :param config_file: the installed parameter file; what it says, ``parameters`` may override.
    :param stands_in_for: the name of a node; what parameter files say to that one is said to this
        process's node, too. Empty = none.
    """

    name: str
    package: str
    executable: str
    nodes: tuple[str, ...]
    stage: Stage
    arguments: tuple[str, ...] = ()
    parameters: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    remappings: tuple[str, ...] = ()
    config_file: Path | None = None
    stands_in_for: str = ""

    @property
    def is_managed(self) -> bool:
        """Whether the supervisor takes its nodes through their lifecycles."""
        return self.stage is not Stage.SUPERVISOR


def fleet_topology(options: FleetOptions) -> tuple[Process, ...]:
    """Everything on one computer: policy, scheduler, traffic, robots, gateway, supervisor.

    :raises ConfigError: when the robots need more processes than one host carries.
    """
    managed = (
        _policy(options),
        *_schedulers(options, robots_expected=len(options.robots)),
        *_traffic(options, robots=options.robots),
        *_agents(options),
        *_gateway(options),
    )
    return _complete(options.namespace, managed, "fleet.yaml")


def edge_topology(options: FleetOptions) -> tuple[Process, ...]:
    """Everything but the agents, for the edge server, which is not told what robots there are."""
    managed = (
        _policy(options),
        *_schedulers(options, robots_expected=0),
        *_traffic(options, robots=()),
        *_gateway(options),
    )
    return _complete(options.namespace, managed, "edge.yaml")


def robot_topology(options: FleetOptions) -> tuple[Process, ...]:
    """One robot's agent and a supervisor of its own, so that it needs nobody to become active.

    :raises ConfigError: when the options name another number of robots than one.
    """
    if len(options.robots) != 1:
        raise ConfigError(f"a robot's computer starts one robot, not {len(options.robots)}")
    namespace = f"{options.namespace}/{options.robots[0]}"
    return _complete(namespace, _agents(options), "robot.yaml")


def managed_nodes(processes: tuple[Process, ...]) -> list[str]:
    """The lifecycle nodes as ``stage:name``, in the order of bring-up."""
    return [
        f"{process.stage.value}:{node}"
        for process in sorted(processes, key=lambda process: process.stage)
        if process.is_managed
        for node in process.nodes
    ]


def _complete(
    namespace: str, managed: tuple[Process, ...], config_name: str
) -> tuple[Process, ...]:
    """The processes with their supervisor, and with the installed parameter file of that name."""
    path = config_directory() / config_name
    processes = (*managed, _supervisor(namespace, managed))
    return tuple(replace(process, config_file=path) for process in processes)


def _policy(options: FleetOptions) -> Process:
    settings: dict[str, Value] = {"site": str(options.site)}
    if options.policy:
        settings["policy"] = options.policy
    return _single("policy", options.namespace, Stage.POLICY, settings)


def _schedulers(options: FleetOptions, *, robots_expected: int) -> tuple[Process, ...]:
    """The scheduler, and its standby if there is to be one, on the same log."""
    settings: dict[str, Value] = {
        "site": str(options.site),
        "data_dir": str(options.data_dir),
        "robots_expected": robots_expected,
    }
    first = _single(SCHEDULER, options.namespace, Stage.SCHEDULER, settings)
    if not options.standby:
        return (first,)
    node = f"{options.namespace}/{STANDBY}"
    second = replace(
        first,
        name=STANDBY,
        nodes=(node,),
        stage=Stage.STANDBY,
        parameters={node: settings},
        remappings=(*first.remappings, f"__node:={STANDBY}"),
        stands_in_for=SCHEDULER,
    )
    return first, second


def _traffic(options: FleetOptions, *, robots: tuple[str, ...]) -> tuple[Process, ...]:
    if not options.traffic:
        return ()
    settings: dict[str, Value] = {"site": str(options.site), "data_dir": str(options.data_dir)}
    if robots:
        settings["robots"] = list(robots)
    return (_single("traffic", options.namespace, Stage.TRAFFIC, settings),)


def _gateway(options: FleetOptions) -> tuple[Process, ...]:
    if not options.kafka:
        return ()
    settings: dict[str, Value] = {"bootstrap_servers": options.kafka}
    return (_single("gateway", options.namespace, Stage.GATEWAY, settings),)


def _single(name: str, namespace: str, stage: Stage, settings: Mapping[str, Value]) -> Process:
    node = f"{namespace}/{name}"
    return Process(
        name=name,
        package=f"muster_{name}",
        executable=name,
        nodes=(node,),
        stage=stage,
        parameters={node: settings},
        remappings=(f"__ns:={namespace}",),
    )


def _agents(options: FleetOptions) -> tuple[Process, ...]:
    size = options.robots_per_process
    groups = [options.robots[start : start + size] for start in range(0, len(options.robots), size)]
    if len(groups) > AGENT_PROCESSES_MAX:
        raise ConfigError(
            f"{len(options.robots)} robots with robots_per_process {size} are {len(groups)} "
            f"processes; one computer carries at most {AGENT_PROCESSES_MAX}"
        )
    if len(groups) == 1:
        return (_agent("agents" if len(groups[0]) > 1 else "agent", groups[0], options),)
    return tuple(
        _agent(f"agents_{index}", robots, options) for index, robots in enumerate(groups, start=1)
    )


def _agent(name: str, robots: tuple[str, ...], options: FleetOptions) -> Process:
    settings: dict[str, Value] = {
        "site": str(options.site),
        "driver": options.driver,
        "data_dir": str(options.data_dir),
        "traffic": options.traffic,
    }
    if options.driver == "sim":
        settings["driver_settings.speed_factor"] = options.speed
        if options.traffic:
            settings["driver_settings.state_dir"] = str(options.data_dir)
    nodes = tuple(f"{options.namespace}/{robot}/agent" for robot in robots)
    return Process(
        name=name,
        package="muster_agent",
        executable="agent",
        nodes=nodes,
        stage=Stage.AGENTS,
        arguments=("--fleet", options.namespace, "--robots", ",".join(robots)),
        parameters={node: settings for node in nodes},
    )


def _supervisor(namespace: str, managed: tuple[Process, ...]) -> Process:
    node = f"{namespace}/{SUPERVISOR}"
    return Process(
        name=SUPERVISOR,
        package=PACKAGE,
        executable=SUPERVISOR,
        nodes=(node,),
        stage=Stage.SUPERVISOR,
        parameters={node: {"managed_nodes": managed_nodes(managed)}},
        remappings=(f"__ns:={namespace}",),
    )
