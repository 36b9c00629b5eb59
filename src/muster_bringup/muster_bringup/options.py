"""What can be asked of a start, checked once; the same for ``ros2 launch`` and ``muster up``."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ament_index_python.packages import get_package_share_directory

from muster_core.errors import ConfigError

PACKAGE = "muster_bringup"
DEFAULT_FLEET = "/muster"
DEFAULT_ROBOTS = 5
DEFAULT_ROBOTS_PER_PROCESS = 10
DEFAULT_SITE = "small_warehouse"
DEFAULT_DRIVER = "sim"

ROBOTS_MAX = 300
"""Matching the channels of a fleet grows with the square of its robots; beyond this, make zones."""
AGENT_PROCESSES_MAX = 90
"""One host carries about 100 DDS participants, the other nodes and a person's tools included."""
ROBOTS_PER_PROCESS_MAX = 100
SPEED_MIN, SPEED_MAX = 0.01, 1000.0

HELP: Mapping[str, str] = {
    "namespace": "The fleet's ROS namespace.",
    "robots": f"How many simulated robots, robot_1 and so on, at most {ROBOTS_MAX}.",
    "robot_names": "Names of the robots, separated by commas, instead of a number.",
    "robots_per_process": "How many robots share an agent process.",
    "robot": "The name of this computer's robot.",
    "driver": "What moves the robots: a name registered under muster.drivers.",
    "site": f"The site: a file of any format, or the name of an installed one: {DEFAULT_SITE}.",
    "speed": "How many times faster than real time simulated robots work.",
    "policy": "Who decides: a name registered under muster.policies; empty = the policy's default.",
    "kafka": "Where Kafka is, host:port, several with commas; empty = no gateway.",
    "data_dir": "Directory of the logs and journals; empty = $XDG_STATE_HOME/muster/<namespace>.",
    "standby": "Whether a second scheduler waits to take over when the first ends or stands still.",
    "traffic": "Whether robots keep clear of each other; all of a fleet must have it alike.",
    "params_file": "A ROS parameter file that has the last word over these options; empty = none.",
}

_TOKEN = r"[A-Za-z](?:_?[A-Za-z0-9])*_?"
_NAMESPACE = re.compile(rf"(/{_TOKEN})+")
_ROBOT = re.compile(_TOKEN)
_SERVER = re.compile(r"(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9_.-]+):(\d{1,5})")

Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetOptions:
    """What to start. Made by :func:`parse_options`, which checks it.

    :param robots: the robots' names; empty for an edge server, which starts none.
    :param speed: simulated seconds in a second, for the ``sim`` driver.
    :param policy: empty = the policy node's own default.
    :param kafka: ``host:port``, several with commas; empty = no gateway.
    :param standby: whether a second scheduler waits to take over.
    :param traffic: whether robots drive only where traffic has them drive.
    :param params_file: has the last word over what Muster sets; None = none.
    """

    namespace: str
    robots: tuple[str, ...]
    robots_per_process: int
    driver: str
    site: Path
    speed: float
    policy: str
    kafka: str
    data_dir: Path
    standby: bool
    traffic: bool
    params_file: Path | None


def parse_options(
    *,
    namespace: str = DEFAULT_FLEET,
    robots: int | str | None = None,
    robot_names: str = "",
    robots_per_process: int | str = DEFAULT_ROBOTS_PER_PROCESS,
    driver: str = DEFAULT_DRIVER,
    site: str | Path = DEFAULT_SITE,
    speed: float | str = 1.0,
    policy: str = "",
    kafka: str = "",
    data_dir: str | Path = "",
    standby: bool | str = False,
    traffic: bool | str = True,
    params_file: str | Path = "",
) -> FleetOptions:
    """The options, checked; texts as a command line or a launch argument gives them.

    :raises ConfigError: naming the option, its value and what would be right.
    """
    fleet = "/" + namespace.strip("/")
    if not _NAMESPACE.fullmatch(fleet):
        raise ConfigError(f"namespace is {namespace!r}; it must be like {DEFAULT_FLEET}")
    return FleetOptions(
        namespace=fleet,
        robots=_parse_robots(robots, robot_names),
        robots_per_process=_parse_number(
            "robots_per_process", robots_per_process, int, 1, ROBOTS_PER_PROCESS_MAX
        ),
        driver=driver,
        site=find_site(site),
        speed=_parse_number("speed", speed, float, SPEED_MIN, SPEED_MAX),
        policy=policy,
        kafka=_parse_kafka(kafka),
        data_dir=Path(data_dir).expanduser().resolve() if data_dir else default_data_dir(fleet),
        standby=_parse_truth("standby", standby),
        traffic=_parse_truth("traffic", traffic),
        params_file=_parse_params_file(params_file),
    )


def default_data_dir(namespace: str) -> Path:
    """Where a fleet keeps its logs and journals when nobody says where."""
    state_home = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state_home).expanduser() / "muster" / namespace.strip("/").replace("/", "_")


def config_directory() -> Path:
    """Where the installed parameter files are, with the sites below it."""
    return Path(get_package_share_directory(PACKAGE)) / "config"


def find_site(site: str | Path = DEFAULT_SITE) -> Path:
    """The site file: as given, or the installed one of that name.

    :raises ConfigError: when there is no such file; lists the installed sites.
    """
    sites = config_directory() / "sites"
    wanted = str(site) or DEFAULT_SITE
    own = Path(wanted).expanduser()
    if own.is_file():
        return own.resolve() if own.parent != sites else own
    installed = sorted(path for path in sites.glob("*") if path.is_file())
    for path in installed:
        if wanted in (path.stem, path.name):
            return path
    names = ", ".join(dict.fromkeys(path.stem for path in installed)) or "none"
    raise ConfigError(f"site {wanted!r} is not a file; the installed sites are: {names}")


def _parse_robots(count: int | str | None, names: str) -> tuple[str, ...]:
    listed = tuple(name.strip() for name in names.split(",")) if names.strip() else ()
    if listed and count not in ("", None):
        raise ConfigError(f"robots is {count!r} and robot_names is {names!r}; give one of the two")
    if not listed:
        wanted = DEFAULT_ROBOTS if count in ("", None) else count
        number = _parse_number("robots", wanted, int, 1, ROBOTS_MAX)
        return tuple(f"robot_{index}" for index in range(1, number + 1))
    for name in listed:
        if not _ROBOT.fullmatch(name):
            raise ConfigError(f"robot name {name!r} must be letters, digits and _, as in robot_1")
    if len(set(listed)) != len(listed):
        twice = next(name for name in listed if listed.count(name) > 1)
        raise ConfigError(f"robot_names has {twice!r} twice; each robot needs a name of its own")
    if len(listed) > ROBOTS_MAX:
        raise ConfigError(f"robot_names has {len(listed)} names; a fleet has at most {ROBOTS_MAX}")
    return listed


def _parse_number(
    key: str, value: object, number_type: Callable[[str], Number], least: Number, greatest: Number
) -> Number:
    try:
        number = number_type(str(value))
    except ValueError:
        number = None
    if number is None or not least <= number <= greatest:
        kind = "a whole number" if number_type is int else "a number"
        raise ConfigError(f"{key} is {value!r}; it must be {kind} from {least:g} to {greatest:g}")
    return number


def _parse_truth(key: str, value: bool | str) -> bool:
    words = {"true": True, "false": False}
    truth = value if isinstance(value, bool) else words.get(value.strip().lower())
    if truth is None:
        raise ConfigError(f"{key} is {value!r}; it must be true or false")
    return truth


def _parse_kafka(kafka: str) -> str:
    servers = [server.strip() for server in kafka.split(",")] if kafka.strip() else []
    for server in servers:
        found = _SERVER.fullmatch(server)
        if found is None or not 0 < int(found[2]) < 65536:
            raise ConfigError(f"kafka is {kafka!r}; it must be host:port, as in localhost:9092")
    return ",".join(servers)


def _parse_params_file(params_file: str | Path) -> Path | None:
    if not str(params_file):
        return None
    path = Path(params_file).expanduser().resolve()
    if not path.is_file():
        raise ConfigError(f"params_file {str(params_file)!r} is not a file")
    return path
