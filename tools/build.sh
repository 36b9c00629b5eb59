#!/usr/bin/env bash
# Build the workspace with colcon, unless nothing that a build depends on has changed since the last one. Python sources are
# symlinked into the installation, so an edit of them needs no build.
set -eo pipefail
cd "$(dirname "$0")/.."

# Of two builds started together the second waits, then finds the work done.
exec 9<tools
flock 9

# A build remembers its interpreter and its place, and cannot be taken to another.
. tools/env.sh
home="$PWD $(python3 -c 'import sys; print(sys.executable, sys.version)')"

key() {
  echo "$home"
  {
    find msg tools/underlay -type f 2>/dev/null || true
    find src -name package.xml -o -name setup.py -o -name setup.cfg
    echo colcon.meta tools/build.sh tools/setup.py tools/requirements.lock | tr ' ' '\n'
  } | LC_ALL=C sort | xargs -d '\n' sha256sum
  # Installed as symlinks: only which ones there are matters.
  find launch config -type f 2>/dev/null | LC_ALL=C sort || true
}

stamp=build/muster-build.stamp
if [ -f "$stamp" ] && [ "$(key)" = "$(cat "$stamp")" ]; then
  exit 0
fi
if [ -f build/muster-build.home ] && [ "$(cat build/muster-build.home)" != "$home" ]; then
  rm -rf build install
fi
mkdir -p build
echo "$home" >build/muster-build.home
rm -f "$stamp"
built="$(key)"

echo "build: colcon build (one to two minutes from scratch)"
start_s=$SECONDS
# colcon's own make must not take part in the job server of the make that called this.
unset MAKEFLAGS MFLAGS MAKELEVEL
# colcon links launch and parameter files in, but leaves the links of those that are gone.
find install -xtype l -delete 2>/dev/null || true

packages=(msg src)
# Stand-ins for packages that have no wheel; a machine with ROS 2 has the real ones.
if [ -z "${ROS_DISTRO:-}" ] && [ -d tools/underlay ]; then packages+=(tools/underlay); fi
if ! output="$(colcon build --symlink-install --base-paths "${packages[@]}" 2>&1 9<&-)"; then
  echo "$output" >&2
  echo "build: colcon failed; its output is above, its logs are in log/latest_build" >&2
  exit 1
fi
echo "$built" >"$stamp"
echo "build: done in $((SECONDS - start_s)) s"
