"""The nearest idle robot for each task in turn: the baseline that policies are measured by."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

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
from muster_core.policy.urgency import Indices, by_id, by_urgency
from muster_core.site import Site


class NearestPolicy:
    """Gives each task the nearest robot that is idle and still free.

    Tasks choose in the order of priority (greatest first), then of waiting time (longest first),
    then of ids. Of robots equally near, the first by id is taken.
    """

    api_version: ClassVar[int] = POLICY_API_VERSION
    name: ClassVar[str] = "nearest"
    version: ClassVar[str] = "1"
    kinds: ClassVar[tuple[str, ...]] = tuple(KINDS)

    def plan(self, order: Order, site: Site) -> Plan:
        """The order's tasks, or a refusal."""
        return plan_order(order, site)

    def decide(self, snapshot: Snapshot, budget_s: float) -> Decision:
        """At most one task for each idle robot; cost is s until the pick-up.

        The effort is one pass over the travel times, so the budget needs no watching.
        """
        robots = by_id(snapshot.robot_ids)
        robots = robots[snapshot.robot_busy_s[robots] == 0]
        # One row per task and contiguous: each turn below reads one row.
        travel_s = np.ascontiguousarray(snapshot.travel_s[robots].T)
        travel_s[~(travel_s >= 0)] = np.inf  # also NaN
        assignments: list[Assignment] = []
        for task in by_urgency(snapshot).tolist():
            if len(assignments) == len(robots):
                break
            chosen = int(np.argmin(travel_s[task]))
            if np.isfinite(travel_s[task, chosen]):
                assignments.append(_assignment(snapshot, task, robots, travel_s[task], chosen))
                travel_s[:, chosen] = np.inf
        return Decision(tuple(assignments))


def _assignment(
    snapshot: Snapshot,
    task: int,
    robots: Indices,
    travel_s: Floats,
    chosen: int,
) -> Assignment:
    """The proposal, with the second nearest of the robots still free.

    :param robots: [idle], their numbers in the snapshot.
    :param travel_s: float32 [idle], s to the task; inf = cannot, or not free any more.
    :param chosen: index into ``robots``.
    """
    others_s = travel_s.copy()
    others_s[chosen] = np.inf
    second = int(np.argmin(others_s))
    has_second = bool(np.isfinite(others_s[second]))
    return Assignment(
        robot_id=snapshot.robot_ids[robots[chosen]],
        task_id=snapshot.task_ids[task],
        cost=float(travel_s[chosen]),
        runner_up=snapshot.robot_ids[robots[second]] if has_second else "",
        runner_up_cost=float(others_s[second]) if has_second else 0.0,
    )
