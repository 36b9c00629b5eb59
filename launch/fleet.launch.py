"""A simulated fleet on one computer: everything, and a gateway if `kafka` is given."""

from muster_bringup.launch_actions import launch_description
from muster_bringup.topology import fleet_topology

ARGUMENTS = (
    "namespace",
    "robots",
    "robot_names",
    "robots_per_process",
    "driver",
    "site",
    "speed",
    "policy",
    "kafka",
    "data_dir",
    "standby",
    "traffic",
    "params_file",
)


def generate_launch_description():
    return launch_description(fleet_topology, ARGUMENTS)
