"""What is installed, and what is missing, on this machine."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, entry_points, version

from muster_cli.doctor.finding import Finding, Health
from muster_core.errors import SiteError

PYTHON_MIN = (3, 10)
PACKAGES = (
    "muster_core",
    "muster_ros",
    "muster_scheduler",
    "muster_policy",
    "muster_traffic",
    "muster_agent",
    "muster_gateway",
    "muster_twin",
    "muster_bringup",
)
PLUGIN_GROUPS = {
    "muster.policies": "policies",
    "muster.drivers": "drivers",
    "muster.commands": "commands",
}
BUILD = "build the workspace and source it: `make build && source tools/env.sh`"
SETUP = "source your ROS 2, or `make setup build && source tools/env.sh`"
DOMAIN_MAX = 232


def look_at_installation() -> Iterator[Finding]:
    """Everything that Muster needs, one finding each, most basic first."""
    yield _python()
    yield _try("rclpy", _rclpy, SETUP)
    yield _try("middleware", _middleware, SETUP)
    yield _try("muster_msgs", _messages, BUILD)
    yield _packages()
    for group, noun in PLUGIN_GROUPS.items():
        yield _plugins(group, noun)
    yield _try("kafka client", _kafka, "pip install confluent-kafka")
    yield _sites()
    yield _dds()


def _try(name: str, look: Callable[[], str], remedy: str) -> Finding:
    """What ``look`` says, or that the thing is missing: a doctor meets any kind of error."""
    try:
        return Finding(name, Health.OK, look())
    except Exception as error:
        words = f"{type(error).__name__}: {error}".splitlines()[0]
        return Finding(name, Health.MISSING, words, remedy)


def _python() -> Finding:
    words = f"{platform.python_version()} at {sys.executable}"
    if sys.version_info[:2] >= PYTHON_MIN:
        return Finding("python", Health.OK, words)
    wanted = ".".join(map(str, PYTHON_MIN))
    return Finding("python", Health.MISSING, words, f"use Python {wanted} or newer")


def _rclpy() -> str:
    rclpy = importlib.import_module("rclpy")
    distribution = os.environ.get("ROS_DISTRO", "")
    origin = f"ROS 2 {distribution}" if distribution else "a wheel"
    return f"{_version('ros-rclpy', 'rclpy')} from {origin}, {os.path.dirname(str(rclpy.__file__))}"


def _middleware() -> str:
    return str(importlib.import_module("rclpy").get_rmw_implementation_identifier())


def _messages() -> str:
    message = importlib.import_module("muster_msgs.msg").Event()
    importlib.import_module("rclpy.type_support").check_for_type_support(type(message))
    return f"built, {_version('muster_msgs')}"


def _packages() -> Finding:
    broken = {}
    for package in PACKAGES:
        try:
            importlib.import_module(package)
        except Exception as error:  # whatever a broken package raises
            broken[package] = f"{type(error).__name__}: {error}"
    if broken:
        words = "; ".join(f"{package}: {why}" for package, why in broken.items())
        return Finding("packages", Health.MISSING, words, BUILD)
    return Finding("packages", Health.OK, f"all {len(PACKAGES)} can be imported")


def _plugins(group: str, noun: str) -> Finding:
    good, broken = [], []
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        try:
            point.load()
        except Exception as error:  # whatever a broken plug-in raises
            broken.append(f"{point.name} ({type(error).__name__}: {error})")
        else:
            good.append(point.name)
    words = ", ".join(dict.fromkeys(good)) or "none"
    if broken:
        words += f"; cannot be loaded: {', '.join(broken)}"
    if broken or not good:
        return Finding(noun, Health.MISSING, words, f"install or mend what registers {group}")
    return Finding(noun, Health.OK, words)


def _kafka() -> str:
    client = importlib.import_module("confluent_kafka")
    return f"confluent-kafka {_version('confluent-kafka')}, librdkafka {client.libversion()[0]}"


def _sites() -> Finding:
    from muster_cli.floor import installed_sites
    from muster_core.site import load_site

    try:
        paths = installed_sites()
    except ImportError as error:
        return Finding("sites", Health.MISSING, str(error), SETUP)
    good, broken = [], []
    for path in paths:
        try:
            site = load_site(path)
        except (SiteError, OSError) as error:
            broken.append(f"{path}: {error}")
        else:
            good.append(f"{site.name} ({len(site.vertices)} vertices, {len(site.places)} places)")
    if broken:
        return Finding("sites", Health.MISSING, "; ".join(broken), "mend or remove the file")
    if not good:
        return Finding("sites", Health.MISSING, "no site file is installed", BUILD)
    return Finding("sites", Health.OK, ", ".join(good))


def _dds() -> Finding:
    domain = os.environ.get("ROS_DOMAIN_ID") or "0"
    reach = os.environ.get("ROS_AUTOMATIC_DISCOVERY_RANGE") or "SUBNET (the default)"
    words = f"ROS_DOMAIN_ID={domain}, discovery {reach}"
    if not domain.isdigit() or int(domain) > DOMAIN_MAX:
        remedy = f"export ROS_DOMAIN_ID as a number from 0 to {DOMAIN_MAX}"
        return Finding("dds", Health.MISSING, words, remedy)
    return Finding("dds", Health.OK, words)


def _version(*names: str) -> str:
    for name in names:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return "of unknown version"
