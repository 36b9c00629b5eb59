"""Judges what a fleet did that moves in step, from where its robots were, and from nothing else.

It shares no code with what it judges. Every function returns sentences, one for each violation;
none is the verdict to hope for. A cell is (row, column), a pose (row, column, heading), where the
headings are 0 = east, 1 = south, 2 = west, 3 = north.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

Cell = tuple[int, int]
Pose = tuple[int, int, int]
_AHEAD = {0: (0, 1), 1: (1, 0), 2: (0, -1), 3: (-1, 0)}


class JudgedTask(NamedTuple):
    """A task as it was given."""

    release: int
    pickup: Cell
    dropoff: Cell


class JudgedHandover(NamedTuple):
    """What the fleet says it did at a time."""

    time: int
    robot: int
    task: int
    is_pickup: bool


class JudgedErrand(NamedTuple):
    """What the fleet says it did at a time: the errand with that number in the order of coming."""

    time: int
    robot: int
    errand: int


def judge_moves(free: Collection[Cell], times: Sequence[Sequence[Cell]]) -> list[str]:
    """Nobody in a wall, two in a cell, further than to a neighbour, or through another.

    :param times: the cells of all robots at each time, one step apart.
    """
    found = []
    for time, cells in enumerate(times):
        found += [f"at {time} a robot is in the wall at {c}" for c in cells if c not in free]
        if len(set(cells)) < len(cells):
            found.append(f"at {time} two robots share a cell")
        before = times[max(0, time - 1)]
        moved = {(old, new) for old, new in zip(before, cells, strict=True) if old != new}
        for old, new in moved:
            if abs(old[0] - new[0]) + abs(old[1] - new[1]) != 1:
                found.append(f"at {time} a robot has come from {old} to {new} in one step")
            if (new, old) in moved and old < new:
                found.append(f"at {time} two robots have swapped {old} and {new}")
    return found


def judge_turns(poses: Sequence[Sequence[Pose]]) -> list[str]:
    """One action a step: forward, a quarter turn, or nothing.

    :param poses: the poses of all robots at each time, one step apart.
    """
    found = []
    for time in range(1, len(poses)):
        for robot, (old, new) in enumerate(zip(poses[time - 1], poses[time], strict=True)):
            row, column = _AHEAD[old[2]]
            allowed = {
                old,
                (old[0] + row, old[1] + column, old[2]),
                (old[0], old[1], (old[2] + 1) % 4),
                (old[0], old[1], (old[2] - 1) % 4),
            }
            if new not in allowed:
                found.append(f"at {time} robot {robot} has gone from {old} to {new} in one step")
    return found


def judge_deliveries(
    tasks: Sequence[JudgedTask],
    handovers: Sequence[JudgedHandover],
    times: Sequence[Sequence[Cell]],
) -> list[str]:
    """Each task picked up once, after its release, and delivered by the same robot, once.

    :param handovers: in the order in which they happened.
    """
    found = []
    carried: dict[int, int] = {}
    picked: set[int] = set()
    delivered: set[int] = set()
    for time, robot, number, is_pickup in handovers:
        what = f"at {time} robot {robot}, task {number}"
        task = tasks[number]
        place = task.pickup if is_pickup else task.dropoff
        if times[time][robot] != place:
            found.append(f"{what}: stands at {times[time][robot]}, not at {place}")
        if is_pickup:
            if time < task.release:
                found.append(f"{what}: picked up before its release")
            if number in picked:
                found.append(f"{what}: picked up twice")
            if robot in carried:
                found.append(f"{what}: picked up with task {carried[robot]} on board")
            picked.add(number)
            carried[robot] = number
        else:
            if carried.get(robot) != number:
                found.append(f"{what}: delivered without having it")
            if number in delivered:
                found.append(f"{what}: delivered twice")
            delivered.add(number)
            carried.pop(robot, None)
    if [event.time for event in handovers] != sorted(event.time for event in handovers):
        found.append("handovers are not in the order of time")
    found += [f"task {n} was never delivered" for n in range(len(tasks)) if n not in delivered]
    return found


def judge_errands(
    places: Sequence[Cell],
    visible: int,
    done: Sequence[JudgedErrand],
    times: Sequence[Sequence[Cell]],
) -> list[str]:
    """Each errand done once, by a robot that stands there, and only while it was visible.

    Errand n is at ``places[n]``, and from the first again after the last. At first ``visible`` are
    known; as many as are done by a time come up then, to be done at a later time.

    :param done: in the order of time.
    """
    found = []
    ended: set[int] = set()
    busy: set[tuple[int, int]] = set()
    known = visible
    for time in range(len(times)):
        before = known
        for _, robot, number in (event for event in done if event.time == time):
            what = f"at {time} robot {robot}, errand {number}"
            place = places[number % len(places)]
            if time == 0 or number >= before:
                found.append(f"{what}: done before it was visible")
            if times[time][robot] != place:
                found.append(f"{what}: stands at {times[time][robot]}, not at {place}")
            if number in ended:
                found.append(f"{what}: done twice")
            if (time, robot) in busy:
                found.append(f"{what}: two errands at once")
            ended.add(number)
            busy.add((time, robot))
            known += 1
    found += [
        f"at {event.time} robot {event.robot}, errand {event.errand}: after the end"
        for event in done
        if event.time >= len(times)
    ]
    return found
