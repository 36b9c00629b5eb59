"""What processes and all that they started have used of the CPU; see proc(5)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def tree_cpu_s(roots: Iterable[int]) -> float:
    """CPU time of the processes ``roots`` and their descendants so far, user and kernel, s.

    Of descendants that have ended it counts what their parents have waited for.
    """
    table = _read_table()
    children: dict[int, list[int]] = {}
    for pid, (parent, _) in table.items():
        children.setdefault(parent, []).append(pid)
    total_s, waiting = 0.0, [pid for pid in roots if pid in table]
    while waiting:
        pid = waiting.pop()
        total_s += table[pid][1]
        waiting.extend(children.get(pid, ()))
    return total_s


def _read_table() -> dict[int, tuple[int, float]]:
    """Each process's parent and CPU time, s."""
    table = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text(errors="replace")
        except OSError:
            continue  # it has ended
        fields = stat.rpartition(")")[2].split()
        table[int(entry.name)] = (int(fields[1]), sum(map(int, fields[11:15])) / TICKS_PER_S)
    return table
