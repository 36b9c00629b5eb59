"""Tasks of the benchmark for multi-agent pickup and delivery (Ma, Li, Kumar, Koenig, 2017).

A small file, whole; lines may end as on any system::

    2
    0 17 4 0 0
    1 3 3 0 0

Line 1 has how many tasks there are; each further line when one is released, in steps, the endpoints
where it begins and ends, and how long picking and placing take. Endpoints are numbered as in the
map's file: its first ``e`` in reading order is 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from muster_core.errors import SiteError
from muster_core.site.grid import file_lines
from muster_core.site.names import shown

TASKS_MAX = 1_000_000
_COUNT = re.compile(rb"\s*([0-9]{1,9})\s*")
_TASK = re.compile(rb"\s*([0-9]{1,9})" + rb"\s+([0-9]{1,9})" * 4 + rb"\s*")


@dataclass(frozen=True, slots=True)
class MapdTask:
    """One line: from an endpoint to another one, known from step ``release`` on."""

    release: int
    start: int
    goal: int


def parse_mapd_tasks(content: bytes, endpoints: int) -> tuple[MapdTask, ...]:
    """The tasks in a file, in its order.

    :param endpoints: how many the map has.
    :raises SiteError: when it cannot be used; one sentence with the line.
    """
    lines = file_lines(content)
    found = _COUNT.fullmatch(lines[0])
    if found is None:
        raise SiteError(f"line 1: is {_text(lines[0])}; write the number of tasks")
    count = int(found[1])
    if count > TASKS_MAX:
        raise SiteError(f"line 1: {count} tasks; a file has at most {TASKS_MAX}")
    if (given := sum(1 for line in lines[1:] if line.strip())) != count:
        raise SiteError(f"line 1: says {count} tasks, but {given} lines with tasks follow")
    return tuple(_task(line, number, endpoints) for number, line in _numbered(lines))


def _numbered(lines: list[bytes]) -> list[tuple[int, bytes]]:
    return [(number, line) for number, line in enumerate(lines[1:], 2) if line.strip()]


def _numbers(line: bytes, number: int) -> list[int]:
    found = _TASK.fullmatch(line)
    if found is None:
        raise SiteError(
            f"line {number}: is {_text(line)}; write five whole numbers: release, start endpoint, "
            "goal endpoint, steps to pick, steps to place"
        )
    return [int(word) for word in found.groups()]


def _task(line: bytes, number: int, endpoints: int) -> MapdTask:
    release, start, goal, pick, place = _numbers(line, number)
    for endpoint in (start, goal):
        if endpoint >= endpoints:
            raise SiteError(
                f"line {number}: there is no endpoint {endpoint}; the map's are 0 to "
                f"{endpoints - 1}"
            )
    if pick or place:
        raise SiteError(
            f"line {number}: picking takes {pick} and placing {place} steps; only 0 can be read"
        )
    return MapdTask(release, start, goal)


def _text(line: bytes) -> str:
    return shown(line[:200].decode("ascii", "replace"))
