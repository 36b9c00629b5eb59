"""The picture of the fleet that a decision is made from."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from muster_core.clock import NS_PER_S, Instant
from muster_core.ids import RobotId, TaskId
from muster_core.intake import deadline_ns
from muster_core.policy.protocol import BatteryModel, Floats, Numbers, Snapshot
from muster_core.robot import RobotMode
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.ledger import Ledger
from muster_core.scheduler.obstacle import obstacle
from muster_core.scheduler.records import OrderRecord, RobotRecord, TaskRecord
from muster_core.scheduler.roster import Roster
from muster_core.site import PlaceKind, Routes, Site
from muster_core.states import RobotStanding
from muster_core.task import Task, TaskPurpose

HANDLING_S = 5.0
"""What a pick, place or scan is taken to need when its step does not say, s."""

TASKS_CONSIDERED_MAX = 1000
"""Tasks in one snapshot, the most urgent first; the others wait for the next one."""

STOPS_MAX = 512
"""Stops between which a snapshot tells the ways; those of the most urgent tasks. 1 MB."""

CHARGERS_MAX = 64
"""Chargers in a snapshot, the first by name."""

BUSY_S_MIN = 0.5
"""What a robot that should be done by now is still taken to need, s; 0 would be idle."""

INF = np.float32(np.inf)


def build_snapshot(
    ledger: Ledger,
    roster: Roster,
    *,
    site: Site,
    routes: Routes,
    now: Instant,
    planned: Mapping[TaskId, RobotId] = MappingProxyType({}),
) -> Snapshot:
    """The robots that are or will soon be free, and the tasks that wait, most urgent first.

    :param planned: for which robot the last decision planned which task.
    """
    robots = _robots(ledger, roster, now)
    tasks = _tasks(ledger, roster.config, routes, now)
    ends = np.array([_free_at(ledger, roster, site, robot_id) for robot_id, _ in robots], dtype=int)
    slowness = _floats([_slowness(robot, site) for _, robot in robots])
    chargers = _chargers(site)
    firsts = [_stop(task.task, site, 0) for task, _ in tasks]
    lasts = [_stop(task.task, site, -1) for task, _ in tasks]
    stops = _stops(chargers, zip(firsts, lasts, strict=True))
    numbers = {robot_id: number for number, (robot_id, _) in enumerate(robots)}
    travel_s = _times_s(routes, ends, firsts) * slowness[:, None]
    config = roster.config
    return Snapshot(
        robot_ids=tuple(robot_id for robot_id, _ in robots),
        robot_busy_s=_floats([_busy_s(roster, robot_id, robot, now) for robot_id, robot in robots]),
        robot_battery=_floats([roster.presences[r].report.battery for r, _ in robots]),
        task_ids=tuple(task.task.task_id for task, _ in tasks),
        task_priority=np.array(
            [ledger.line.aged_priority(order, now.wall_ns) for _, order in tasks], dtype=np.uint8
        ),
        task_waiting_s=_floats([(now.wall_ns - o.accepted_ns) / NS_PER_S for _, o in tasks]),
        task_slack_s=_floats([_slack_s(order, now) for _, order in tasks]),
        task_duration_s=_floats([task_duration_s(task.task, site, routes) for task, _ in tasks]),
        travel_s=np.where(_can_take(roster, robots, tasks), travel_s, INF),
        robot_slowness=slowness,
        task_first_stop=_numbers([stops.get(stop, -1) for stop in firsts]),
        task_last_stop=_numbers([stops.get(stop, -1) for stop in lasts]),
        task_planned_for=_numbers(
            [numbers.get(planned.get(task.task.task_id, RobotId("")), -1) for task, _ in tasks]
        ),
        stop_travel_s=_times_s(routes, _indices(site, stops), list(stops)),
        charger_stop=_numbers([stops[charger] for charger in chargers]),
        charger_free_s=_charger_free_s(roster, site, routes, chargers),
        charger_travel_s=np.where(
            _can_charge(robots), _times_s(routes, ends, chargers) * slowness[:, None], INF
        ),
        battery=BatteryModel(
            work_s=config.battery_work_s or math.inf,
            charge_s=config.battery_charge_s,
            low=config.battery_low,
            ready=config.battery_ready,
        ),
    )


def task_duration_s(task: Task, site: Site, routes: Routes) -> float:
    """Seconds from the task's first stop to its end, at the site's reference speed."""
    duration_s, here = 0.0, ""
    for step in task.steps:
        if step.verb != "go":
            duration_s += step.duration_s or HANDLING_S
        if not step.place:
            continue
        there = site.place(step.place).vertex
        if here and there != here:
            duration_s += routes.travel_time_s(here, there)
        here = there
    return duration_s


def _robots(ledger: Ledger, roster: Roster, now: Instant) -> list[tuple[RobotId, RobotRecord]]:
    return [
        (robot_id, robot)
        for robot_id, robot in sorted(ledger.robots.items())
        if (
            roster.is_soon_free(robot_id, robot, now)
            if robot.standing is RobotStanding.HELD  # which alone excludes it from being free now
            else not roster.excluded(robot_id, robot, now)
        )
    ]


def _tasks(
    ledger: Ledger, config: SchedulerConfig, routes: Routes, now: Instant
) -> list[tuple[TaskRecord, OrderRecord]]:
    waiting = []
    for task_id, order in ledger.ready.items():
        task = ledger.task(task_id)
        assert task is not None
        is_stopping = order.cancel_requested and task.task.purpose is not TaskPurpose.RETURN
        is_probe = task.task.purpose is TaskPurpose.PROBE
        is_wanted = not is_stopping and not is_probe and _is_due(task, config, now)
        if is_wanted and not obstacle(task.task, routes):
            waiting.append((task, order))
    return heapq.nsmallest(
        TASKS_CONSIDERED_MAX, waiting, key=lambda pair: ledger.line.rank(pair[1])
    )


def _is_due(task: TaskRecord, config: SchedulerConfig, now: Instant) -> bool:
    """Whether the pause before the next try is over.

    A rest that is longer than any pause means that the wall clock was set back since.
    """
    left_ns = task.retry_not_before_ns - now.wall_ns
    return left_ns <= 0 or left_ns > config.retry_pause_s_max * NS_PER_S


def _free_at(ledger: Ledger, roster: Roster, site: Site, robot_id: RobotId) -> int:
    """The index of the vertex where the robot is, or will be when it has done its task."""
    robot, report = ledger.robots[robot_id], roster.presences[robot_id].report
    task = ledger.task(robot.task_id) if robot.task_id else None
    stops = [step.place for step in task.task.steps if step.place] if task else []
    if stops and site.has_place(stops[-1]):
        return site.vertex_index(site.place(stops[-1]).vertex)
    if site.has_vertex(report.vertex):
        return site.vertex_index(report.vertex)
    return site.vertex_index(site.nearest_vertex(report.x, report.y))


def _busy_s(roster: Roster, robot_id: RobotId, robot: RobotRecord, now: Instant) -> float:
    """What it reported, less the time since; never 0 as long as it has a task."""
    if not robot.task_id:
        return 0.0
    presence = roster.presences[robot_id]
    age_s = (now.steady_ns - presence.heard_ns) / NS_PER_S
    return max(BUSY_S_MIN, presence.report.busy_s - age_s)


def _stop(task: Task, site: Site, which: int) -> str:
    """The vertex of the task's first (0) or last (-1) stop; empty when it has none."""
    places = [step.place for step in task.steps if step.place]
    return site.place(places[which]).vertex if places else ""


def _chargers(site: Site) -> list[str]:
    """The vertices where robots charge."""
    vertices = (place.vertex for place in site.places_of_kind(PlaceKind.CHARGER))
    return list(dict.fromkeys(vertices))[:CHARGERS_MAX]


def _stops(chargers: list[str], pairs: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Vertices and their numbers, in the order in which they are given, as many as fit."""
    stops = dict.fromkeys(chargers)
    for pair in pairs:
        wanted = {stop for stop in pair if stop}
        if len(stops.keys() | wanted) <= STOPS_MAX:
            stops |= dict.fromkeys(stop for stop in pair if stop)
    return {stop: number for number, stop in enumerate(stops)}


def _indices(site: Site, vertices: Iterable[str]) -> npt.NDArray[np.int_]:
    return np.array([site.vertex_index(vertex) for vertex in vertices], dtype=int)


def _times_s(routes: Routes, starts: npt.NDArray[np.int_], ends: Sequence[str]) -> Floats:
    """float32 [starts, ends], s at the reference speed; 0 to an end that is nowhere."""
    times_s = np.zeros((len(starts), len(ends)), dtype=np.float32)
    columns: dict[str, Floats] = {}
    for number, end in enumerate(ends):
        if end:
            if end not in columns:
                columns[end] = routes.travel_times_to(end)[starts]
            times_s[:, number] = columns[end]
    return times_s


def _can_take(
    roster: Roster,
    robots: list[tuple[RobotId, RobotRecord]],
    tasks: list[tuple[TaskRecord, OrderRecord]],
) -> npt.NDArray[np.bool_]:
    """bool [robots, tasks]; tasks that ask for the same are looked at once."""
    columns: dict[object, npt.NDArray[np.bool_]] = {}
    can_take = np.zeros((len(robots), len(tasks)), dtype=bool)
    for number, (task, _) in enumerate(tasks):
        wanted = (
            task.task.capabilities,
            task.task.payload_kg,
            task.task.robot_id,
            tuple(task.tried),
        )
        if wanted not in columns:
            columns[wanted] = np.array([roster.can_take(r, task) for r, _ in robots], dtype=bool)
        can_take[:, number] = columns[wanted]
    return can_take


def _can_charge(robots: list[tuple[RobotId, RobotRecord]]) -> npt.NDArray[np.bool_]:
    """bool [robots, 1]."""
    abilities = ["charge" in robot.description.capabilities for _, robot in robots]
    return np.array(abilities, dtype=bool)[:, None]


def _charger_free_s(roster: Roster, site: Site, routes: Routes, chargers: list[str]) -> Floats:
    """float32 [chargers], s: each robot that charges, or is on its way, takes the nearest one."""
    free_s = np.zeros(len(chargers), dtype=np.float32)
    for presence in roster.presences.values():
        report = presence.report
        if chargers and report.mode is RobotMode.CHARGING and site.has_vertex(report.vertex):
            ways_s = _times_s(routes, _indices(site, [report.vertex]), chargers)[0]
            free_s[ways_s.argmin()] += np.float32(report.busy_s)
    return free_s


def _slowness(robot: RobotRecord, site: Site) -> float:
    """How many times the reference travel time the robot needs; 1 where it tells no speed."""
    speed_mps = robot.description.speed_mps_max
    return max(1.0, site.speed_mps / speed_mps) if speed_mps > 0 else 1.0


def _slack_s(order: OrderRecord, now: Instant) -> float:
    at_ns = deadline_ns(order.order.deadline) if order.order.deadline else None
    return float("inf") if at_ns is None else (at_ns - now.wall_ns) / NS_PER_S


def _floats(values: list[float]) -> npt.NDArray[np.float32]:
    return np.array(values, dtype=np.float32)


def _numbers(values: list[int]) -> Numbers:
    return np.array(values, dtype=np.int32)
