"""The ``agent`` program: the agents of one or more robots in one process."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence

from muster_core.ids import RobotId, is_robot_name

ROBOTS_PER_PROCESS_MAX = 100


def robot_names(text: str) -> list[RobotId]:
    """The names in a list with commas.

    :raises argparse.ArgumentTypeError: when one cannot be a ROS name, is repeated, or there are too
        many.
    """
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if not is_robot_name(name):
            raise argparse.ArgumentTypeError(
                f"{name!r} is no name for a robot; use letters, digits and single underscores, "
                f"a letter first, as in robot_1"
            )
    if len(set(names)) < len(names) or len(names) > ROBOTS_PER_PROCESS_MAX:
        raise argparse.ArgumentTypeError(
            f"{len(names)} names; name each robot once, at most {ROBOTS_PER_PROCESS_MAX} a process"
        )
    return [RobotId(name) for name in names]


def fleet_namespace(text: str) -> str:
    """A namespace, as in ``/muster``.

    :raises argparse.ArgumentTypeError: when it is none.
    """
    if not re.fullmatch(r"(/[A-Za-z][A-Za-z0-9_]*)+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no namespace; as in /muster")
    return text


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the agents until the process is told to end."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(prog="agent", description=__doc__)
    parser.add_argument("--fleet", type=fleet_namespace, default="/muster", help="its namespace")
    parser.add_argument(
        "--robots", type=robot_names, required=True, help="names, as in robot_1,robot_2"
    )
    ours = given[: given.index("--ros-args")] if "--ros-args" in given else given
    options = parser.parse_args(ours)

    from muster_agent.node import AgentNode
    from muster_ros.process import run_nodes

    run_nodes(lambda: [AgentNode(options.fleet, robot) for robot in options.robots], given)
