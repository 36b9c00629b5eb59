"""Where a simulated robot stands, for the next start of its agent: real robots stay where they are.

Nothing is synced: it outlasts the agent's process, and after a power cut may be a little old.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from muster_core.errors import ConfigError
from muster_core.ids import RobotId
from muster_core.site import Site

BYTES_MAX = 4096


class Memory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is remembered. Heading in rad, charge 0 to 1."""

    vertex: str
    heading: float
    charge: float


class SimMemory:
    """The file of one robot in a directory that robots of one fleet share."""

    def __init__(self, directory: Path, robot_id: RobotId) -> None:
        self._path = directory / f"{robot_id}.sim"
        self._vertex = ""

    def load(self, site: Site) -> Memory | None:
        """What was kept; None when nothing was.

        :raises ConfigError: when that is of no use at ``site``, or the directory cannot be used.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("rb") as file:
                found = msgspec.json.decode(file.read(BYTES_MAX), type=Memory)
            if not site.has_vertex(found.vertex):
                raise self._error(f"says {found.vertex!r}, which is no vertex of site {site.name}")
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            raise self._error(f"cannot be read ({error})") from error
        self._vertex = found.vertex
        return found

    def keep(self, memory: Memory) -> None:
        """Write it down, if the robot has got somewhere else.

        :raises ConfigError: when it cannot be written.
        """
        if memory.vertex == self._vertex:
            return
        draft = self._path.with_name(f"{self._path.name}.new")
        try:
            draft.write_bytes(msgspec.json.encode(memory))
            draft.replace(self._path)
        except OSError as error:
            raise self._error(f"cannot be written ({error.strerror})") from error
        self._vertex = memory.vertex

    def _error(self, problem: str) -> ConfigError:
        return ConfigError(
            f"driver_settings.state_dir: {self._path} {problem}; remove it for a robot at its "
            f"start place, or name another directory"
        )
