"""Make `.venv`, the environment in which Muster builds and runs on a machine without ROS 2.

The package index carries the real rclpy, rosidl and Fast DDS as wheels. This installs the locked
set of them and mends what they still say about the machine they were built on. Running it again
costs nothing while nothing changed; otherwise, and after an interrupted run, it makes the
environment anew, which is easier to trust than a repaired one.

Standard library only: it runs on the system's Python, before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STAMP = VENV / "muster-setup.stamp"
LOCK = ROOT / "tools" / "requirements.lock"
ROS_REQUIREMENTS = ROOT / "tools" / "requirements-ros.txt"
PYTHON_MIN, PYTHON_MAX = (3, 10), (3, 14)
PIP_LINES_SHOWN = 25

# The lock is complete, so pip need not resolve; and compileall compiles on all cores, pip on one.
PIP_OPTIONS = [
    "--require-hashes",
    "--no-deps",
    "--no-build-isolation",
    "--use-pep517",
    "--no-compile",
    "--no-input",
    "--disable-pip-version-check",
    "--progress-bar=off",
]

LOCAL_SETUP = """\
# Written by tools/setup.py. The environment is on AMENT_PREFIX_PATH like a ROS 2 installation, and
# colcon expects such a prefix to have this file.
case ":$PATH:" in *":{venv}/bin:"*) ;; *) export PATH="{venv}/bin:$PATH" ;; esac
export AMENT_PREFIX_PATH="{venv}"
export CMAKE_PREFIX_PATH="{venv}"
# CMake prefers the interpreter this names; otherwise it takes the newest Python on the machine.
export VIRTUAL_ENV="{venv}"
"""


def main() -> int:
    """Make the environment unless it is there already, or explain why not; the exit status."""
    if is_ros_sourced():
        return report_ros()
    # Held until this process ends: of two set-ups started together, the second finds the work done.
    fcntl.flock(os.open(ROOT / "tools", os.O_RDONLY), fcntl.LOCK_EX)
    key = setup_key()
    if STAMP.is_file() and STAMP.read_text() == key:
        return 0
    if VENV.is_symlink():
        print(
            f"setup: {VENV} is a link to {VENV.resolve()}, which this would empty; remove the link",
            file=sys.stderr,
        )
        return 2
    missing = missing_from_machine()
    if missing:
        print("setup: Muster without ROS 2 needs what this machine lacks:", file=sys.stderr)
        print("\n".join(f"  - {line}" for line in missing), file=sys.stderr)
        return 2
    return make_environment(key)


def is_ros_sourced() -> bool:
    """Whether a real ROS 2 is sourced and this Python can import it."""
    return "ROS_DISTRO" in os.environ and importlib.util.find_spec("rclpy") is not None


def report_ros() -> int:
    """Say what to type where ROS 2 is sourced, and name what rosdep cannot install there."""
    print(
        f"setup: ROS 2 {os.environ['ROS_DISTRO']} is sourced, so no .venv is needed. By hand, type"
    )
    print("  rosdep install --from-paths msg src -iy && colcon build")
    modules = re.findall(r"^[^#\n]*# import (\w+)$", ROS_REQUIREMENTS.read_text(), re.MULTILINE)
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if not missing:
        return 0
    print(f"setup: cannot import {', '.join(missing)}, which rosdep does not know", file=sys.stderr)
    print(f"  python3 -m pip install -r {ROS_REQUIREMENTS.relative_to(ROOT)}", file=sys.stderr)
    return 2


def setup_key() -> str:
    """Digest of all that the environment depends on; its place is part, for it cannot be moved."""
    digest = hashlib.sha256(f"{sys.version}\n{sys.base_prefix}\n{ROOT}\n".encode())
    digest.update(LOCK.read_bytes())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest() + "\n"


def missing_from_machine() -> list[str]:
    """A line for each thing that is missing, with the Debian or Ubuntu package that brings it."""
    missing = []
    machine = f"{platform.system()} {platform.machine()}"
    if machine != "Linux x86_64":
        missing.append(f"x86-64 Linux, the only one there are wheels for (this is {machine})")
    if not PYTHON_MIN <= sys.version_info[:2] <= PYTHON_MAX:
        known = f"{'.'.join(map(str, PYTHON_MIN))} to {'.'.join(map(str, PYTHON_MAX))}"
        missing.append(f"Python {known}: make PYTHON=... (this is {platform.python_version()})")
    if not all(importlib.util.find_spec(module) for module in ("venv", "ensurepip")):
        missing.append("the venv module: apt-get install python3-venv")
    if python_include() is None:
        missing.append("Python.h, to compile the messages: apt-get install python3-dev")
    for tool in ("g++", "make"):
        if shutil.which(tool) is None:
            missing.append(f"{tool}: apt-get install {tool}")
    return missing


def python_include() -> str | None:
    """The directory with this Python's Python.h; Debian's and a moved Python misname it in turn."""
    candidates = (sysconfig.get_path("include"), sysconfig.get_config_var("INCLUDEPY"))
    return next((path for path in candidates if path and Path(path, "Python.h").is_file()), None)


def make_environment(key: str) -> int:
    """Make `.venv` from nothing and stamp it with `key` when it is whole; the exit status."""
    started_s = time.monotonic()
    say(f"making .venv with Python {platform.python_version()} (about a minute, once)")
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
    lock = LOCK.read_text()
    # Some packages come as source only: they are built with the locked setuptools, not the newest.
    setuptools = re.search(r"^setuptools==.*\n(?: .*\n)+", lock, re.MULTILINE)
    assert setuptools, "the lock must pin setuptools"
    if not pip_install("setuptools", setuptools[0]) or not pip_install("the locked packages", lock):
        return 1
    say(f"mended {mend_cmake_files()} CMake files")
    compile_modules()
    (VENV / "local_setup.bash").write_text(LOCAL_SETUP.format(venv=VENV))
    STAMP.write_text(key)
    say(f".venv is ready after {time.monotonic() - started_s:.0f} s")
    return 0


def pip_install(what: str, requirements: str) -> bool:
    """Install `requirements`, each checked against its hash; on failure show how pip ended."""
    started_s = time.monotonic()
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(requirements)
        file.flush()
        command = [VENV / "bin" / "python", "-m", "pip", "install", "-r", file.name, *PIP_OPTIONS]
        pip = subprocess.run(
            command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    if pip.returncode != 0:
        print("\n".join(pip.stdout.splitlines()[-PIP_LINES_SHOWN:]), file=sys.stderr)
        print(f"setup: pip could not install {what}; its end is above", file=sys.stderr)
        return False
    say(f"installed {what} in {time.monotonic() - started_s:.0f} s")
    return True


def compile_modules() -> None:
    """Compile every module now, or every process does it again where Python must not write."""
    started_s = time.monotonic()
    command = [VENV / "bin" / "python", "-m", "compileall", "-qq", "-j", "0", VENV / "lib"]
    # A package may carry sources for another Python; that they do not compile is no failure.
    subprocess.run(command, check=False)
    say(f"compiled the modules in {time.monotonic() - started_s:.0f} s")


def mend_cmake_files() -> int:
    """Make the wheels' CMake exports name this Python, not the one they were built with."""
    python = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    homes = {"include": python_include(), "lib": VENV / "lib" / python / "site-packages"}
    builder = re.compile(
        r"/opt/python/cp\d+-cp\d+/(?:(include)/python3\.\d+|(lib)/python3\.\d+/site-packages)"
    )
    mended = 0
    for path in VENV.rglob("*.cmake"):
        text = path.read_text()
        new_text = builder.sub(lambda match: str(homes[match[1] or match[2]]), text)
        if new_text != text:
            path.write_text(new_text)
            mended += 1
    return mended


def say(line: str) -> None:
    """Print a line of progress at once, also into a pipe."""
    print(f"setup: {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
