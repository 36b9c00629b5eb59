"""The processes that a fleet consists of, found in /proc as anybody would find them."""

from __future__ import annotations

import os
import re
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from muster_cli.chaos.draws import Part

_PROGRAM = re.compile(r"/lib/muster_(\w+)/(\w+)$")
_PARTS = {part.value: part for part in Part}
_STATE_AND_PARENT = 2


@dataclass(frozen=True, slots=True)
class Target:
    """A process that can be hit.

    :param name: for people, as in ``agent robot_1,robot_2``.
    """

    part: Part
    name: str
    pid: int

    def send(self, number: signal.Signals) -> bool:
        """Send the signal; False when the process has ended already."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)
            return True
        return False


def find_targets(parent_pid: int) -> list[Target]:
    """The children of a ``muster up`` that are Muster's programs, by name."""
    targets = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            is_child = _parent_of(path) == parent_pid
            words = (path / "cmdline").read_text().split("\0") if is_child else []
        except (OSError, ValueError):
            continue  # it has ended meanwhile
        target = _target(words, int(path.name))
        if target is not None:
            targets.append(target)
    return sorted(targets, key=lambda target: target.name)


def _parent_of(path: Path) -> int:
    # After the program's name, which may hold anything, come the state and the parent.
    _, _, rest = (path / "stat").read_text().rpartition(")")
    return int(rest.split()[_STATE_AND_PARENT - 1])


def _target(words: list[str], pid: int) -> Target | None:
    for word in words:
        program = _PROGRAM.search(word)
        part = _PARTS.get(program[2]) if program else None
        if part is not None:
            return Target(part, _name(part, words), pid)
    return None


def _name(part: Part, words: list[str]) -> str:
    """The part, with what tells it from others of its kind."""
    if "--robots" in words:
        robots = words[words.index("--robots") + 1].split(",")
        return f"{part.value} of {robots[0]}" + (f" to {robots[-1]}" if robots[1:] else "")
    named = [word.removeprefix("__node:=") for word in words if word.startswith("__node:=")]
    return named[-1] if named else part.value
