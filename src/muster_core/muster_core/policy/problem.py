"""A snapshot as the numbers that the search works on: canonical, finite, estimates filled in.

Robots stand in the order of their ids and tasks in the order of urgency, so that a decision does
not depend on the order in which they are told. Whatever is odd (NaN, negative times) becomes a
pair that cannot be, or a bound. All arrays are flat: float64, or int64 for indices.
"""

from __future__ import annotations

import heapq
import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from muster_core.compiled import Numbers
from muster_core.policy.objective import CHANGE_S, LATE_FACTOR, weights
from muster_core.policy.protocol import Snapshot
from muster_core.policy.urgency import Indices, by_id, by_urgency, finite_waiting_s

TIME_S_MAX = 1e6
"""Longer durations and ways count as this; eleven days."""

SLOWNESS_MIN, SLOWNESS_MAX = 0.01, 100.0

Array = npt.NDArray[np.float64]


class Problem(NamedTuple):
    """What is to be scheduled, as kernels read it. Distances are times at the reference speed.

    :param ready_s: [robots], s until the robot is free.
    :param slowness: [robots], factor of travel and duration.
    :param energy_s: [robots], s of work that its charge lasts from then on; inf = not minded.
    :param appointment_s: [robots], s until a charger is free for it.
    :param charger_s: [robots], s to its nearest charger; inf = none.
    :param charger: [robots], that charger's stop.
    :param leg_s: [robots * tasks], s from where the robot is free to the task; inf = cannot do it.
    :param weight: [tasks], what a second of it counts.
    :param waiting_s: [tasks], s since its release.
    :param due_s: [tasks], s until its deadline; inf = none.
    :param duration_s: [tasks], s from its first stop to its end.
    :param first: [tasks], its first stop; the last stop of all stands for those unknown.
    :param last: [tasks], the stop where it ends.
    :param nearest_s: [tasks], s to its first stop from where any task ends, at the least.
    :param planned_for: [tasks], the robot it was planned for; -1 = none.
    :param stop_s: [stops * stops], s from stop to stop; inf = no way.
    :param way_s: [stops], s from the stop to its nearest charger; inf = none.
    :param way_to: [stops], that charger's stop.
    :param low_s: s of work below which a robot charges before it goes on.
    :param full_s: s of work that a robot has when it has charged.
    :param charge_rate: s of charging for a second of work.
    :param late_factor: see :mod:`muster_core.policy.objective`; so ``change_s``.
    """

    robots: int
    tasks: int
    stops: int
    ready_s: Numbers
    slowness: Numbers
    energy_s: Numbers
    appointment_s: Numbers
    charger_s: Numbers
    charger: Numbers
    leg_s: Numbers
    weight: Numbers
    waiting_s: Numbers
    due_s: Numbers
    duration_s: Numbers
    first: Numbers
    last: Numbers
    nearest_s: Numbers
    planned_for: Numbers
    stop_s: Numbers
    way_s: Numbers
    way_to: Numbers
    low_s: float
    full_s: float
    charge_rate: float
    late_factor: float
    change_s: float


class Posed(NamedTuple):
    """A problem, and which robot and task of the snapshot its numbers mean."""

    problem: Problem
    robots: Indices
    tasks: Indices


def pose(snapshot: Snapshot) -> Posed:
    """The snapshot's problem."""
    robots, tasks = by_id(snapshot.robot_ids), by_urgency(snapshot)
    busy_s = snapshot.robot_busy_s[robots].astype(np.float64)
    leg_s = _leg_s(busy_s, snapshot.travel_s[np.ix_(robots, tasks)])
    waiting_s = finite_waiting_s(snapshot)[tasks]
    slowness = np.nan_to_num(snapshot.robot_slowness[robots].astype(np.float64), nan=1.0)
    stop_s = stop_times(snapshot, leg_s)
    stops = len(stop_s)
    way_s, way_to = _ways_to_chargers(snapshot, stop_s)
    charger_s, charger = _first_ways_to_chargers(snapshot, robots)
    ready_s = np.where(busy_s >= 0, np.minimum(busy_s, TIME_S_MAX), 0.0)
    energy_s, appointment_s = _energy(snapshot, robots, ready_s)
    battery = snapshot.battery
    work_s = battery.work_s if math.isfinite(battery.work_s) else 0.0
    first, last = (
        _stops(stop[tasks], stops) for stop in (snapshot.task_first_stop, snapshot.task_last_stop)
    )
    problem = Problem(
        robots=len(robots),
        tasks=len(tasks),
        stops=stops,
        ready_s=ready_s,
        slowness=np.clip(slowness, SLOWNESS_MIN, SLOWNESS_MAX),
        energy_s=energy_s,
        appointment_s=appointment_s,
        charger_s=charger_s,
        charger=charger,
        leg_s=leg_s.ravel(),
        weight=weights(snapshot.task_priority[tasks], waiting_s),
        waiting_s=waiting_s,
        due_s=_due_s(snapshot)[tasks],
        duration_s=_duration_s(snapshot)[tasks],
        first=first,
        last=last,
        nearest_s=stop_s[np.unique(last)].min(axis=0, initial=np.inf)[first],
        planned_for=_planned_for(snapshot, robots, tasks),
        stop_s=stop_s.ravel(),
        way_s=way_s,
        way_to=way_to,
        low_s=battery.low * work_s,
        full_s=battery.ready * work_s,
        charge_rate=battery.charge_s / work_s if work_s else 0.0,
        late_factor=LATE_FACTOR,
        change_s=CHANGE_S,
    )
    return Posed(problem, robots, tasks)


def stop_times(snapshot: Snapshot, leg_s: Array) -> Array:
    """float64 [stops + 1, stops + 1], s from stop to stop; the last one is any that is not known.

    The way from or to an unknown stop is taken to be as long as ways are on average.

    :param leg_s: float64 [robots, tasks], s to each task; for the average when no stop is known.
    """
    known_s = snapshot.stop_travel_s.astype(np.float64)
    known_s[~(known_s >= 0)] = np.inf
    stops = len(known_s)
    is_way = np.isfinite(known_s) & ~np.eye(stops, dtype=bool)
    seen_s = known_s[is_way] if is_way.any() else leg_s[np.isfinite(leg_s)]
    stop_s = np.full((stops + 1, stops + 1), float(seen_s.mean()) if len(seen_s) else 0.0)
    stop_s[:stops, :stops] = np.minimum(known_s, np.where(known_s < np.inf, TIME_S_MAX, np.inf))
    return stop_s


def _leg_s(busy_s: Array, travel_s: npt.NDArray[np.float32]) -> Array:
    is_possible = np.isfinite(travel_s) & (travel_s >= 0)
    is_possible &= (np.isfinite(busy_s) & (busy_s >= 0))[:, None]
    return np.where(is_possible, travel_s, np.inf).astype(np.float64)


def _due_s(snapshot: Snapshot) -> Array:
    slack_s = snapshot.task_slack_s.astype(np.float64)
    slack_s[np.isnan(slack_s)] = np.inf
    return np.maximum(slack_s, -TIME_S_MAX)


def _duration_s(snapshot: Snapshot) -> Array:
    duration_s = snapshot.task_duration_s.astype(np.float64)
    return np.clip(np.nan_to_num(duration_s, nan=0.0, posinf=TIME_S_MAX), 0.0, TIME_S_MAX)


def _stops(indices: npt.NDArray[Any], stops: int) -> Indices:
    """Stop numbers; the unknown, told as -1, is the last."""
    return np.where(indices < 0, stops - 1, indices).astype(np.int64)


def _planned_for(snapshot: Snapshot, robots: Indices, tasks: Indices) -> Indices:
    number = np.full(len(robots) + 1, -1, np.int64)  # of -1, too
    number[robots] = np.arange(len(robots))
    return number[snapshot.task_planned_for[tasks]]


def _ways_to_chargers(snapshot: Snapshot, stop_s: Array) -> tuple[Array, Indices]:
    """From each stop: s to the nearest charger, and its stop."""
    chargers = _stops(snapshot.charger_stop, len(stop_s))
    if not len(chargers):
        return np.full(len(stop_s), np.inf), np.zeros(len(stop_s), np.int64)
    ways_s = stop_s[:, chargers]
    return ways_s.min(axis=1), chargers[ways_s.argmin(axis=1)]


def _first_ways_to_chargers(snapshot: Snapshot, robots: Indices) -> tuple[Array, Indices]:
    """From where each robot is free: s to the nearest charger, and its stop."""
    chargers = _stops(snapshot.charger_stop, len(snapshot.stop_travel_s) + 1)
    if not len(chargers):
        return np.full(len(robots), np.inf), np.zeros(len(robots), np.int64)
    ways_s = snapshot.charger_travel_s[robots].astype(np.float64)
    ways_s[~(ways_s >= 0)] = np.inf
    return ways_s.min(axis=1), chargers[ways_s.argmin(axis=1)]


def _energy(snapshot: Snapshot, robots: Indices, ready_s: Array) -> tuple[Array, Array]:
    """s of work that each robot has when it is free, and s until a charger is free for it.

    Chargers are given in the order in which the robots would be low if they worked without a
    pause, each the one that is free first, for as long as a charge takes.
    """
    battery, appointment_s = snapshot.battery, np.zeros(len(robots))
    if not math.isfinite(battery.work_s):
        return np.full(len(robots), np.inf), appointment_s
    charge = np.nan_to_num(snapshot.robot_battery[robots].astype(np.float64), nan=1.0)
    energy_s = np.maximum(0.0, charge * battery.work_s - ready_s)
    free_s = np.nan_to_num(snapshot.charger_free_s.astype(np.float64), nan=0.0, posinf=TIME_S_MAX)
    queue = np.maximum(0.0, free_s).tolist()
    heapq.heapify(queue)
    low_at_s = ready_s + np.maximum(0.0, energy_s - battery.low * battery.work_s)
    stay_s = (battery.ready - battery.low) * battery.charge_s
    for robot in np.argsort(low_at_s, kind="stable").tolist() if queue else ():
        appointment_s[robot] = queue[0]
        heapq.heapreplace(queue, max(queue[0], low_at_s[robot]) + stay_s)
    return energy_s, appointment_s
