"""The picture of the fleet that a decision is made from."""

from __future__ import annotations

import heapq

import numpy as np
import numpy.typing as npt

from muster_core.clock import NS_PER_S, Instant
from muster_core.ids import RobotId
from muster_core.intake import deadline_ns
from muster_core.policy.protocol import Snapshot
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.ledger import Ledger
from muster_core.scheduler.records import OrderRecord, RobotRecord, TaskRecord
from muster_core.scheduler.roster import Roster
from muster_core.site import Routes, Site
from muster_core.states import RobotStanding
from muster_core.task import Task, TaskPurpose

HANDLING_S = 5.0
"""What a pick, place or scan is taken to need when its step does not say, s."""

TASKS_CONSIDERED_MAX = 1000
"""Tasks in one snapshot, the most urgent first; the others wait for the next one."""


def build_snapshot(
    ledger: Ledger, roster: Roster, *, site: Site, routes: Routes, now: Instant
) -> Snapshot:
    """The robots that are or will soon be free, and the tasks that wait, most urgent first."""
    robots = _robots(ledger, roster, now)
    tasks = _tasks(ledger, roster.config, now)
    ends = np.array([_free_at(ledger, roster, site, robot_id) for robot_id, _ in robots], dtype=int)
    slowness = np.array(
        [_slowness(robot, site) for _, robot in robots],
        dtype=np.float32,
    )
    travel_s = np.full((len(robots), len(tasks)), np.inf, dtype=np.float32)
    masks: dict[object, npt.NDArray[np.bool_]] = {}
    for column, (task, _) in enumerate(tasks):
        wanted = (task.task.capabilities, task.task.robot_id, tuple(task.tried))
        if wanted not in masks:
            masks[wanted] = np.array([roster.can_take(r, task) for r, _ in robots], dtype=bool)
        first = _first_stop(task.task, site)
        times = routes.travel_times_to(first)[ends] if first else np.zeros(len(ends), np.float32)
        travel_s[:, column] = np.where(masks[wanted], times * slowness, np.inf)
    return Snapshot(
        robot_ids=tuple(robot_id for robot_id, _ in robots),
        robot_busy_s=_floats([_busy_s(roster, robot_id, robot) for robot_id, robot in robots]),
        robot_battery=_floats([roster.presences[r].report.battery for r, _ in robots]),
        task_ids=tuple(task.task.task_id for task, _ in tasks),
        task_priority=np.array(
            [ledger.line.aged_priority(order, now.wall_ns) for _, order in tasks], dtype=np.uint8
        ),
        task_waiting_s=_floats([(now.wall_ns - o.accepted_ns) / NS_PER_S for _, o in tasks]),
        task_slack_s=_floats([_slack_s(order, now) for _, order in tasks]),
        task_duration_s=_floats([task_duration_s(task.task, site, routes) for task, _ in tasks]),
        travel_s=travel_s,
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
    ledger: Ledger, config: SchedulerConfig, now: Instant
) -> list[tuple[TaskRecord, OrderRecord]]:
    waiting = []
    for task_id, order in ledger.ready.items():
        task = ledger.task(task_id)
        assert task is not None
        is_stopping = order.cancel_requested and task.task.purpose is not TaskPurpose.RETURN
        is_probe = task.task.purpose is TaskPurpose.PROBE
        if not is_stopping and not is_probe and _is_due(task, config, now):
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
    for step in reversed(task.task.steps) if task else ():
        if step.place:
            return site.vertex_index(site.place(step.place).vertex)
    if site.has_vertex(report.vertex):
        return site.vertex_index(report.vertex)
    return site.vertex_index(site.nearest_vertex(report.x, report.y))


def _busy_s(roster: Roster, robot_id: RobotId, robot: RobotRecord) -> float:
    return roster.presences[robot_id].report.busy_s if robot.task_id else 0.0


def _first_stop(task: Task, site: Site) -> str:
    place = next((step.place for step in task.steps if step.place), "")
    return site.place(place).vertex if place else ""


def _slowness(robot: RobotRecord, site: Site) -> float:
    """How many times the reference travel time the robot needs; 1 where it tells no speed."""
    speed_mps = robot.description.speed_mps_max
    return max(1.0, site.speed_mps / speed_mps) if speed_mps > 0 else 1.0


def _slack_s(order: OrderRecord, now: Instant) -> float:
    at_ns = deadline_ns(order.order.deadline) if order.order.deadline else None
    return float("inf") if at_ns is None else (at_ns - now.wall_ns) / NS_PER_S


def _floats(values: list[float]) -> npt.NDArray[np.float32]:
    return np.array(values, dtype=np.float32)
