"""What the processes of a fleet compute: CPU time by what they run, from ``/proc``."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def cpu_by_program(parent: int) -> dict[str, float]:
    """CPU seconds so far of a process and all below it, by the names of their programs."""
    spent_s: defaultdict[str, float] = defaultdict(float)
    for pid in _family(parent):
        with suppress(OSError, IndexError, ValueError):  # it has ended meanwhile
            # After the program's name in brackets, which may hold anything: fields 3 and on.
            fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
            spent_s[_program(pid)] += (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
    return dict(spent_s)


def _family(parent: int) -> Iterator[int]:
    yield parent
    with suppress(OSError):
        for task in (_PROC / str(parent) / "task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _family(int(child))


def _program(pid: int) -> str:
    """The script that an interpreter runs, or the program itself."""
    words = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    names = [Path(os.fsdecode(word)).name for word in words if word and not word.startswith(b"-")]
    return names[1] if len(names) > 1 and names[0].startswith("python") else names[0]
