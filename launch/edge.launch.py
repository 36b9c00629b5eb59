"""Everything but the agents, for the edge server; the gateway only if `kafka` is given."""

from muster_bringup.launch_actions import launch_description
from muster_bringup.topology import edge_topology

ARGUMENTS = (
    "namespace",
    "site",
    "policy",
    "kafka",
    "data_dir",
    "standby",
    "traffic",
    "params_file",
)


def generate_launch_description():
    return launch_description(edge_topology, ARGUMENTS)
