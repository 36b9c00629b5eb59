"""One robot's agent, for the robot's own computer, with a supervisor of its own."""

from muster_bringup.launch_actions import launch_description
from muster_bringup.topology import robot_topology

ARGUMENTS = ("namespace", "robot", "driver", "site", "speed", "data_dir", "traffic", "params_file")


def generate_launch_description():
    return launch_description(robot_topology, ARGUMENTS)
