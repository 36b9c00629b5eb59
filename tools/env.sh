# Source this in bash, then type `muster`, `ros2`, `python` or `colcon`: it brings the workspace's environment into the shell.
# With ROS 2 sourced it builds on that; elsewhere on .venv, which tools/setup.py makes.

_muster_root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

if [ -z "${ROS_DISTRO:-}" ] || ! python3 -c 'import importlib.util, sys; sys.exit(not importlib.util.find_spec("rclpy"))'; then
  if [ ! -f "$_muster_root/.venv/muster-setup.stamp" ]; then
    echo "env: there is no environment yet; run 'make setup' first" >&2
    return 1
  fi
  . "$_muster_root/.venv/local_setup.bash"
fi

# A demo or a test must not meet the robots of the network it happens to run in.
export ROS_AUTOMATIC_DISCOVERY_RANGE="${ROS_AUTOMATIC_DISCOVERY_RANGE:-LOCALHOST}"

if [ -f "$_muster_root/install/local_setup.bash" ]; then
  . "$_muster_root/install/local_setup.bash"
fi
unset _muster_root
