"""Fleets at work, drawn from a seed: snapshots for tests and benchmarks of policies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from muster_core.ids import RobotId, TaskId
from muster_core.order import DEFAULT_PRIORITY
from muster_core.policy.protocol import BatteryModel, Snapshot
from muster_core.site import Routes, Site

PLANE_M = 60.0
STOPS = 40
HANDLING_S = 10.0
CHARGERS_MAX = 4
BATTERY = BatteryModel(work_s=1200.0, charge_s=600.0, low=0.25, ready=0.9)

Times = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Variety:
    """What varies besides places: the shares of robots or tasks of which it is so, 0 to 1.

    :param busy: robots that are about to finish something, within a minute.
    :param urgent: tasks with a priority of their own; ``due`` with a deadline within five minutes.
    :param waited_s_max: how long a task may have waited, s.
    :param barred: pairs of robot and task that cannot be; ``slow`` robots.
    :param planned: tasks that were planned for some robot.
    :param minds_battery: whether robots have batteries, some low, and there are chargers.
    """

    busy: float = 0.5
    urgent: float = 0.0
    due: float = 0.0
    waited_s_max: float = 0.0
    barred: float = 0.0
    slow: float = 0.0
    planned: float = 0.0
    minds_battery: bool = False


ALIKE = Variety()
"""Tasks of one priority without deadlines, all just released: only the ways differ."""

MIXED = Variety(urgent=0.4, due=0.3, waited_s_max=300.0)
"""Some tasks more urgent than others, and some due soon."""

ALL = Variety(0.5, 0.4, 0.3, 300.0, barred=0.2, slow=0.3, planned=0.4, minds_battery=True)
"""Whatever there is."""


def plane_stops(generator: np.random.Generator, stops: int = STOPS) -> Times:
    """Random points on a plane, driven between along its axes at 1 m/s: [stops, stops], s."""
    points = generator.uniform(0.0, PLANE_M, (stops, 2))
    times_s: Times = np.abs(points[:, None] - points[None]).sum(axis=-1)
    return times_s


def site_stops(site: Site) -> Times:
    """The places of a site: [places, places], s."""
    vertices = [place.vertex for place in site.places.values()]
    indices = [site.vertex_index(vertex) for vertex in vertices]
    routes = Routes(site)
    columns = [routes.travel_times_to(vertex)[indices] for vertex in vertices]
    return np.stack(columns, axis=1).astype(np.float64)


def draw_snapshot(
    generator: np.random.Generator,
    stop_s: Times,
    *,
    robots: int,
    tasks: int,
    variety: Variety = ALIKE,
) -> Snapshot:
    """Robots and tasks at random stops. Every task can be done by some robot."""
    chance, stops = generator, len(stop_s)
    places = chance.integers(0, stops, robots)
    first, last = chance.integers(0, stops, (2, tasks))
    slowness = np.where(chance.random(robots) < variety.slow, chance.uniform(1, 3, robots), 1.0)
    travel_s = stop_s[np.ix_(places, first)] * slowness[:, None]
    is_barred = chance.random((robots, tasks)) < variety.barred
    if robots:
        is_barred[chance.integers(0, robots, tasks), np.arange(tasks)] = False
    travel_s[is_barred] = np.inf
    priority = np.where(
        chance.random(tasks) < variety.urgent,
        chance.integers(DEFAULT_PRIORITY - 20, DEFAULT_PRIORITY + 40, tasks),
        DEFAULT_PRIORITY,
    )
    is_due = chance.random(tasks) < variety.due
    is_planned = (chance.random(tasks) < variety.planned) & (robots > 0)
    chargers = chance.choice(stops, min(CHARGERS_MAX, stops), replace=False)
    chargers = chargers[: None if variety.minds_battery else 0]
    return Snapshot(
        robot_ids=tuple(RobotId(f"robot_{number}") for number in range(robots)),
        robot_busy_s=_floats(
            np.where(chance.random(robots) < variety.busy, chance.uniform(0, 60, robots), 0.0)
        ),
        robot_battery=_floats(chance.uniform(0.2, 1.0, robots)),
        task_ids=tuple(TaskId(f"o-{number}/0") for number in range(tasks)),
        task_priority=priority.astype(np.uint8),
        task_waiting_s=_floats(chance.uniform(0.0, 1.0, tasks) * variety.waited_s_max),
        task_slack_s=_floats(np.where(is_due, chance.uniform(-10, 300, tasks), np.inf)),
        task_duration_s=_floats(stop_s[first, last] + HANDLING_S),
        travel_s=_floats(travel_s),
        robot_slowness=_floats(slowness),
        task_first_stop=first.astype(np.int32),
        task_last_stop=last.astype(np.int32),
        task_planned_for=np.where(is_planned, chance.integers(0, max(1, robots), tasks), -1).astype(
            np.int32
        ),
        stop_travel_s=_floats(stop_s),
        charger_stop=chargers.astype(np.int32),
        charger_free_s=_floats(chance.uniform(0.0, 300.0, len(chargers))),
        charger_travel_s=_floats(stop_s[np.ix_(places, chargers)] * slowness[:, None]),
        battery=BATTERY if variety.minds_battery else BatteryModel(),
    )


def _floats(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    return values.astype(np.float32)
