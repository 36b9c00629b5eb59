"""Waiting for a fleet to be active, with progress in words."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from muster_msgs import srv

from muster_cli.client import FleetClient
from muster_cli.exits import CommandError
from muster_cli.lifecycle import NO_ANSWER, NOT_MANAGED, LifecycleReader
from muster_cli.records import Record, robot_records
from muster_ros import channels

NODES = ("policy", "scheduler", "gateway")
PERIOD_S = 0.3
ROBOTS_DEADLINE_S = 2.0


def wait_until_active(
    client: FleetClient,
    *,
    robots: int,
    deadline_s: float,
    check: Callable[[], None],
    tell: Callable[[str], None],
) -> None:
    """Return when all nodes are active and the scheduler hears all robots.

    :param check: called again and again; raises when waiting has become pointless.
    :param tell: called with how far it is, whenever that has changed.
    :raises CommandError: when the deadline passes before that; says what was missing.
    """
    reader = LifecycleReader(client)
    deadline = time.monotonic() + deadline_s
    told = ""
    while True:
        check()
        states = _node_states(client, reader)
        ready = _ready_robots(client) if states.get("scheduler") == "active" else []
        is_done = all(state == "active" for state in states.values()) and len(ready) >= robots
        words = ", ".join(f"{name} {state}" for name, state in states.items())
        words += f", {len(ready)} of {robots} robots ready"
        if words != told:
            told = words
            tell(words)
        if is_done:
            return
        if time.monotonic() > deadline:
            raise CommandError(f"the fleet is not active after {deadline_s:.0f} s: {words}")
        client.spin(PERIOD_S)


def _node_states(client: FleetClient, reader: LifecycleReader) -> dict[str, str]:
    found = reader.states([f"{client.fleet}/{name}" for name in NODES], deadline_s=1.0)
    absent = (NO_ANSWER, NOT_MANAGED)
    words = {path.rpartition("/")[2]: state for path, state in found.items()}
    return {name: "starting" if state in absent else state for name, state in words.items()}


def _ready_robots(client: FleetClient) -> Sequence[Record]:
    future = client.send(channels.GET_ROBOTS, srv.GetRobots.Request())
    if not client.spin_until(future.done, ROBOTS_DEADLINE_S):
        client.forget(channels.GET_ROBOTS, future)
        return []
    records = robot_records(future.result())
    return [
        robot
        for robot in records
        if robot["alive"] and not robot["excluded"] and robot["state"] != "offline"
    ]
