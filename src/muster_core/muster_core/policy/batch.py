"""All waiting tasks and all robots at once: the cheapest one-to-one assignment, with look-ahead.

The assignment problem is solved exactly by ``scipy.optimize.linear_sum_assignment`` (Crouse 2016, a
shortest augmenting path algorithm after Jonker and Volgenant 1987).

A robot that is about to finish takes part. A task that is best left to it is *reserved*: not
assigned now, and decided afresh next time. Reserving is bounded three ways, so that it neither
starves a task nor idles a robot:

- only robots that are free within ``LOOK_AHEAD_S`` take part;
- a task that has waited for ``RESERVE_WAITING_S_MAX`` is reserved no more;
- an idle robot that would be left over is given a reserved task, if it can do one.

When there are more tasks than robots can take, these decide, in this order:

1. priority, strictly. Each priority in use is a tier, and a pairing is worth so much per tier that
   no sum of costs and ages outweighs one tier. As the sets of tasks that can be done together are
   a matroid, such weights yield the best set in the strict sense, and the largest (Edmonds 1971).
2. within a tier, the pick-up time less the time waited, both in s: a task that has waited a minute
   longer is worth a minute's longer way. So the work goes to near tasks first, as throughput wants,
   and a task waits in vain only while others are nearer by more than it has waited longer, which
   the size of the site bounds.

The solver's effort is bounded by looking at the ``CANDIDATES_MAX`` most urgent tasks together, and
at the next so many only while robots are left over.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

from muster_core.ids import RobotId, TaskId
from muster_core.kinds import KINDS
from muster_core.order import Order
from muster_core.policy.planner import plan_order
from muster_core.policy.protocol import (
    POLICY_API_VERSION,
    Assignment,
    Decision,
    Floats,
    Plan,
    Snapshot,
)
from muster_core.policy.urgency import Indices, by_id, by_urgency, finite_waiting_s
from muster_core.site import Site

LOOK_AHEAD_S = 60.0
"""How soon a busy robot must be free to have a task reserved; about a task's own length."""

RESERVE_WAITING_S_MAX = 600.0
"""How long a task may have waited and still be reserved."""

CANDIDATES_MAX = 1000
"""How many tasks are matched together; with 1000 robots that takes about 0.2 s."""

CROWD = 7
"""From so many tasks to a robot on, robots choose among tasks faster than tasks among robots."""

COST_S_MAX = 1e6
"""Beyond it, differences no longer count; that keeps sums exact to well under a millisecond."""

Weights = npt.NDArray[np.float64]


class BatchPolicy:
    """Assigns all tasks at once so that the sum of the times until pick-up is least.

    The result does not depend on the order in which robots and tasks are given.
    """

    api_version: ClassVar[int] = POLICY_API_VERSION
    name: ClassVar[str] = "batch"
    version: ClassVar[str] = "1"
    kinds: ClassVar[tuple[str, ...]] = tuple(KINDS)

    def plan(self, order: Order, site: Site) -> Plan:
        """The order's tasks, or a refusal."""
        return plan_order(order, site)

    def decide(self, snapshot: Snapshot, budget_s: float) -> Decision:
        """At most one task for each idle robot; cost is s until the pick-up.

        The effort is bounded by the size of the snapshot alone: the solver cannot be interrupted.
        """
        robots, tasks = by_id(snapshot.robot_ids), by_urgency(snapshot)
        if not len(robots) or not len(tasks):
            return Decision()
        busy_s = snapshot.robot_busy_s[robots]
        waiting_s = finite_waiting_s(snapshot)[tasks]
        pickup_s = _pickup_s(busy_s, snapshot.travel_s[np.ix_(robots, tasks)])
        worth = _worth(snapshot.task_priority[tasks], waiting_s, pickup_s)
        rows, columns = _pairs(busy_s, waiting_s, pickup_s, worth)
        return Decision(
            _assignments(
                [snapshot.robot_ids[robot] for robot in robots],
                [snapshot.task_ids[task] for task in tasks],
                pickup_s,
                rows,
                columns,
            )
        )


def _pickup_s(busy_s: Floats, travel_s: Floats) -> Floats:
    """float32 [robots, tasks], s until the pick-up; inf = the robot cannot do the task."""
    pickup_s = busy_s[:, None] + travel_s
    is_possible = np.isfinite(pickup_s) & (travel_s >= 0) & (busy_s >= 0)[:, None]
    return np.where(is_possible, pickup_s, np.float32(np.inf))


def _worth(priority: npt.NDArray[np.uint8], waiting_s: Weights, pickup_s: Floats) -> Weights:
    """What serving each task is worth, float64 [tasks], s: a step for each tier, and its age.

    A step is more than all costs and ages of a decision together.
    """
    possible_s = pickup_s[np.isfinite(pickup_s)]
    cost_s_max = min(float(possible_s.max(initial=0.0)), COST_S_MAX)
    age_s = waiting_s - waiting_s.min()
    pairs_max = min(pickup_s.shape)
    step = 1.0 + pairs_max * (cost_s_max + float(age_s.max()))
    _, tiers = np.unique(priority, return_inverse=True)
    worth: Weights = step * (tiers + 1) + age_s
    return worth


def _pairs(
    busy_s: Floats, waiting_s: Weights, pickup_s: Floats, worth: Weights
) -> tuple[Indices, Indices]:
    """Rows and columns of the pairs to be assigned now; columns stand in the order of urgency."""
    is_idle = busy_s == 0
    is_reservable = (busy_s <= LOOK_AHEAD_S)[:, None] & (waiting_s < RESERVE_WAITING_S_MAX)
    first = slice(0, CANDIDATES_MAX)
    offered_s = np.where(is_idle[:, None] | is_reservable, pickup_s, np.inf)[:, first]
    rows, columns = _match(offered_s, worth[first])
    rows, columns = rows[is_idle[rows]], columns[is_idle[rows]]  # the others are reserved
    for start in range(0, len(worth), CANDIDATES_MAX):
        spare = np.setdiff1d(np.flatnonzero(is_idle), rows)
        candidates = np.arange(start, min(start + CANDIDATES_MAX, len(worth)))
        left = np.setdiff1d(candidates, columns)
        more_rows, more_columns = _match(pickup_s[np.ix_(spare, left)], worth[left])
        rows = np.append(rows, spare[more_rows])
        columns = np.append(columns, left[more_columns])
    return rows, columns


def _match(pickup_s: Floats, worth: Weights) -> tuple[Indices, Indices]:
    """Rows and columns of the best pairs: most and worthiest tasks, then least cost.

    A pair that is not possible gains nothing and is left out of the answer. The solver is given
    the tasks as rows, the worthiest first, and robots that do nothing as further columns: robots
    that outbid each other for the worthiest tasks take it up to seven times as long.
    """
    is_possible = np.isfinite(pickup_s)
    takers, wanted = (
        np.flatnonzero(is_possible.any(axis=1)),
        np.flatnonzero(is_possible.any(axis=0)),
    )
    if not len(takers):
        return takers, wanted
    wanted = wanted[np.argsort(-worth[wanted], kind="stable")]
    block = np.ix_(takers, wanted)
    gain_s = worth[wanted] - np.minimum(pickup_s[block], COST_S_MAX)
    width = len(takers)
    if width < len(wanted) < CROWD * width:
        width = len(wanted)
    gain: Weights = np.zeros((len(wanted), width))
    gain[:, : len(takers)] = np.where(is_possible[block], gain_s, 0.0).T
    solved: tuple[Any, Any] = linear_sum_assignment(gain, maximize=True)
    is_kept = gain[solved] > 0
    return takers[solved[1][is_kept]], wanted[solved[0][is_kept]]


def _assignments(
    robot_ids: list[RobotId],
    task_ids: list[TaskId],
    pickup_s: Floats,
    rows: Indices,
    columns: Indices,
) -> tuple[Assignment, ...]:
    """The pairs in order of urgency, each with the best robot that the task did not get."""
    order = np.argsort(columns)
    rows, columns = rows[order], columns[order]
    pairs = np.arange(len(rows))
    others_s = pickup_s[:, columns]
    costs_s = others_s[rows, pairs]
    others_s[rows, pairs] = np.inf
    seconds = np.argmin(others_s, axis=0)
    seconds_s = others_s[seconds, pairs]
    found = zip(rows, columns, costs_s.tolist(), seconds, seconds_s.tolist(), strict=True)
    return tuple(
        Assignment(
            robot_id=robot_ids[row],
            task_id=task_ids[column],
            cost=cost_s,
            runner_up=robot_ids[second] if second_s < np.inf else "",
            runner_up_cost=second_s if second_s < np.inf else 0.0,
        )
        for row, column, cost_s, second, second_s in found
    )
