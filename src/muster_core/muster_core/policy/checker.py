"""What a schedule really costs, and whether it can be done: reckoned anew, one robot at a time.

For tests and benchmarks. It shares the formula's numbers with the policy and nothing else, and is
written to be read rather than to be fast.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from muster_core.ids import RobotId, TaskId
from muster_core.order import DEFAULT_PRIORITY
from muster_core.policy.objective import AGE_S, CHANGE_S, LATE_FACTOR, PRIORITY_DOUBLING
from muster_core.policy.problem import SLOWNESS_MAX, SLOWNESS_MIN, TIME_S_MAX
from muster_core.policy.protocol import Queue, Snapshot
from muster_core.policy.urgency import WAITING_S_MAX


@dataclass(frozen=True, slots=True)
class Examination:
    """What came out.

    :param objective: what the schedule costs; inf when a queue cannot be done.
    :param finish_s: s until each task is done.
    :param faults: what is wrong with the schedule, a sentence each.
    """

    objective: float
    finish_s: dict[TaskId, float]
    faults: tuple[str, ...]


def examine(snapshot: Snapshot, queues: Iterable[Queue]) -> Examination:
    """Check a schedule: each task once, each by a robot that can do it, none left out."""
    return _Examiner(snapshot).examine(list(queues))


def price(snapshot: Snapshot, queue: Queue) -> float:
    """What one queue costs; inf when it cannot be done."""
    examiner = _Examiner(snapshot)
    return examiner.price(queue.robot_id, queue.task_ids)


class _Examiner:
    """The snapshot by names."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._robots = {robot: number for number, robot in enumerate(snapshot.robot_ids)}
        self._tasks = {task: number for number, task in enumerate(snapshot.task_ids)}
        self._average_s = self._average_way_s()
        self._appointment_s = self._appointments_s()

    def examine(self, queues: Sequence[Queue]) -> Examination:
        faults: list[str] = []
        finish_s: dict[TaskId, float] = {}
        objective = 0.0
        robots = [queue.robot_id for queue in queues]
        planned = [task for queue in queues for task in queue.task_ids]
        faults += [f"robot {robot} has two queues" for robot in _repeated(robots)]
        faults += [f"task {task} is planned twice" for task in _repeated(planned)]
        faults += [f"no robot {robot}" for robot in robots if robot not in self._robots]
        faults += [f"no task {task}" for task in planned if task not in self._tasks]
        if faults:
            return Examination(math.inf, finish_s, tuple(faults))
        for queue in queues:
            times_s = self._finish_s(queue.robot_id, queue.task_ids)
            finish_s.update(zip(queue.task_ids, times_s, strict=True))
            objective += self.price(queue.robot_id, queue.task_ids)
            faults += [
                f"robot {queue.robot_id} cannot do task {task} then"
                for task in queue.task_ids
                if finish_s[task] == math.inf
            ]
        left_out = [task for task in self._tasks if task not in finish_s]
        for task in left_out:
            for robot in self._robots:
                tasks = next((q.task_ids for q in queues if q.robot_id == robot), ())
                if any(
                    math.isfinite(self.price(robot, (*tasks[:place], task, *tasks[place:])))
                    for place in range(len(tasks) + 1)
                ):
                    faults.append(f"task {task} is left out; robot {robot} can do it")
        return Examination(objective, finish_s, tuple(faults))

    def price(self, robot_id: RobotId, task_ids: Sequence[TaskId]) -> float:
        finish_s = self._finish_s(robot_id, task_ids)
        return sum(
            self._price(self._robots[robot_id], self._tasks[task], time_s)
            for task, time_s in zip(task_ids, finish_s, strict=True)
        )

    def _price(self, robot: int, task: int, finish_s: float) -> float:
        shot = self._snapshot
        waiting_s = float(shot.task_waiting_s[task])
        waiting_s = 0.0 if math.isnan(waiting_s) else min(max(waiting_s, 0.0), WAITING_S_MAX)
        slack_s = float(shot.task_slack_s[task])
        late_s = 0.0 if math.isnan(slack_s) else max(0.0, finish_s - max(slack_s, -TIME_S_MAX))
        planned_for = int(shot.task_planned_for[task])
        change_s = CHANGE_S if planned_for not in (-1, robot) else 0.0
        level = int(shot.task_priority[task]) - DEFAULT_PRIORITY
        weight: float = 2.0 ** (level / PRIORITY_DOUBLING) * (1.0 + waiting_s / AGE_S)
        seconds = waiting_s + finish_s + LATE_FACTOR * late_s + change_s
        return weight * seconds

    def _finish_s(self, robot_id: RobotId, task_ids: Sequence[TaskId]) -> list[float]:
        """When each task of a queue is done; inf for those that cannot be, or come after one."""
        return list(self._walk(self._robots[robot_id], [self._tasks[task] for task in task_ids]))

    def _walk(self, robot: int, tasks: Sequence[int]) -> Iterator[float]:
        shot = self._snapshot
        low_s = shot.battery.low * shot.battery.work_s if self._minds_battery else 0.0
        full_s = shot.battery.ready * shot.battery.work_s
        slowness = self._slowness(robot)
        time_s, energy_s = self._busy_s(robot), self._energy_s(robot)
        here: int | None = None
        is_stuck = False
        for task in tasks:
            leg_s = self._leg_s(robot, task)
            if here is not None and leg_s < math.inf:
                leg_s = slowness * self._way_s(
                    shot.task_last_stop[here], shot.task_first_stop[task]
                )
            handling_s = slowness * self._duration_s(task)
            home_s, _ = self._way_to_charger_s(shot.task_last_stop[task])
            home_s = slowness * home_s if home_s < math.inf else 0.0
            if here is None:
                to_s, charger = self._first_way_to_charger_s(robot)
            else:
                to_s, charger = self._way_to_charger_s(shot.task_last_stop[here])
                to_s *= slowness
            is_enough = energy_s >= leg_s + handling_s + home_s
            if leg_s == math.inf:
                is_stuck = True
            elif is_enough and (energy_s >= low_s or to_s == math.inf):
                time_s += leg_s + handling_s
                energy_s -= leg_s + handling_s
            else:
                on_s = slowness * self._way_s(charger, shot.task_first_stop[task]) + handling_s
                is_stuck |= to_s == math.inf or on_s + home_s > full_s or on_s == math.inf
                if not is_stuck:
                    missing_s = max(0.0, full_s - max(0.0, energy_s - to_s))
                    begin_s = max(time_s + to_s, self._appointment_s[robot])
                    charge_s = missing_s * shot.battery.charge_s / shot.battery.work_s
                    time_s, energy_s = begin_s + charge_s + on_s, full_s - on_s
            yield math.inf if is_stuck else time_s
            here = task

    @property
    def _minds_battery(self) -> bool:
        return math.isfinite(self._snapshot.battery.work_s)

    def _busy_s(self, robot: int) -> float:
        busy_s = float(self._snapshot.robot_busy_s[robot])
        return min(busy_s, TIME_S_MAX) if busy_s >= 0 else 0.0

    def _energy_s(self, robot: int) -> float:
        if not self._minds_battery:
            return math.inf
        charge = float(self._snapshot.robot_battery[robot])
        charge = 1.0 if math.isnan(charge) else charge
        return max(0.0, charge * self._snapshot.battery.work_s - self._busy_s(robot))

    def _slowness(self, robot: int) -> float:
        slowness = float(self._snapshot.robot_slowness[robot])
        return 1.0 if math.isnan(slowness) else min(max(slowness, SLOWNESS_MIN), SLOWNESS_MAX)

    def _duration_s(self, task: int) -> float:
        duration_s = float(self._snapshot.task_duration_s[task])
        return 0.0 if math.isnan(duration_s) else min(max(duration_s, 0.0), TIME_S_MAX)

    def _leg_s(self, robot: int, task: int) -> float:
        busy_s = float(self._snapshot.robot_busy_s[robot])
        travel_s = float(self._snapshot.travel_s[robot, task])
        is_possible = math.isfinite(busy_s) and busy_s >= 0 and travel_s >= 0
        return travel_s if is_possible else math.inf

    def _way_s(self, start: int, end: int) -> float:
        if start < 0 or end < 0:
            return self._average_s
        way_s = float(self._snapshot.stop_travel_s[start, end])
        return min(way_s, TIME_S_MAX) if 0 <= way_s < math.inf else math.inf

    def _way_to_charger_s(self, stop: int) -> tuple[float, int]:
        """From a stop to the nearest charger: s, and its stop."""
        ways = [(self._way_s(stop, charger), charger) for charger in self._snapshot.charger_stop]
        return min(ways, key=lambda way: way[0], default=(math.inf, -1))

    def _first_way_to_charger_s(self, robot: int) -> tuple[float, int]:
        """From where the robot is free to its nearest charger: s, and its stop."""
        shot = self._snapshot
        ways = [
            (float(way_s) if way_s >= 0 else math.inf, stop)
            for way_s, stop in zip(shot.charger_travel_s[robot], shot.charger_stop, strict=True)
        ]
        return min(ways, key=lambda way: way[0], default=(math.inf, -1))

    def _average_way_s(self) -> float:
        """What the way between stops is taken to be when it is not known."""
        stops = range(len(self._snapshot.stop_travel_s))
        ways_s = [self._way_s(a, b) for a in stops for b in stops if a != b]
        known_s = [way_s for way_s in ways_s if way_s < math.inf]
        if not known_s:
            legs_s = (
                self._leg_s(r, t) for r in self._robots.values() for t in self._tasks.values()
            )
            known_s = [leg_s for leg_s in legs_s if leg_s < math.inf]
        return sum(known_s) / len(known_s) if known_s else 0.0

    def _appointments_s(self) -> list[float]:
        """Until when all chargers are taken by robots that are low sooner, for each robot."""
        battery, appointment_s = self._snapshot.battery, [0.0] * len(self._robots)
        if not self._minds_battery or not len(self._snapshot.charger_free_s):
            return appointment_s
        free_s = [
            0.0 if math.isnan(until_s) else min(max(float(until_s), 0.0), TIME_S_MAX)
            for until_s in self._snapshot.charger_free_s
        ]
        low_at_s = {
            robot_id: self._busy_s(robot)
            + max(0.0, self._energy_s(robot) - battery.low * battery.work_s)
            for robot_id, robot in self._robots.items()
        }
        for robot_id in sorted(self._robots, key=lambda each: (low_at_s[each], each)):
            soonest = free_s.index(min(free_s))
            appointment_s[self._robots[robot_id]] = free_s[soonest]
            free_s[soonest] = max(free_s[soonest], low_at_s[robot_id])
            free_s[soonest] += (battery.ready - battery.low) * battery.charge_s
        return appointment_s


def _repeated(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
