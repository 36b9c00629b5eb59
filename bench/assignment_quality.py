"""What the policy `batch` leaves on the table, and what it gains on the obvious way to assign.

Small fleets are compared with the best of all schedules, larger ones with the greedy schedule that
always takes next what is finished first. Ours has the time that its node has, and stops at
that. All schedules are reckoned by the checker. `mixed`
instances have priorities, waits and deadlines; in `alike` ones only the ways differ, and the
greedy schedule is close to the best there is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from assignments import Instances, brute_force, decide, greedy
from figure import Better, Figure, spread

from muster_core.policy.batch import BatchPolicy
from muster_core.policy.checker import examine
from muster_core.policy.protocol import Snapshot
from muster_core.testing.snapshots import ALIKE, MIXED

INSTANCES, INSTANCES_QUICK = 100, 6
SMALL, LARGE = ((2, 6), (3, 6), (5, 5), (5, 7)), ((10, 20), (20, 20), (50, 100))
OPTIMUM_RATIO_MAX = 1.005
GREEDY_RATIO_MAX = 0.97


def measure(is_quick: bool) -> list[Figure]:
    """Mean objectives, s; the ratio is that of the means."""
    count = INSTANCES_QUICK if is_quick else INSTANCES
    figures = []
    for name, variety in (("mixed", MIXED), ("alike", ALIKE)):
        for robots, tasks in SMALL:
            ours, best = _costs(Instances(robots, tasks, variety), count, brute_force)
            figures.append(
                _figure(f"{robots}x{tasks}_{name}", ours, best, "optimum", OPTIMUM_RATIO_MAX)
            )
        for robots, tasks in LARGE:
            ours, plain = _costs(Instances(robots, tasks, variety), count, _greedy_cost)
            # Among tasks that are all alike the best schedule gains hardly more than this.
            bound = GREEDY_RATIO_MAX if variety is MIXED else None
            figures.append(_figure(f"{robots}x{tasks}_{name}", ours, plain, "greedy", bound))
            figures.append(_worst(f"{robots}x{tasks}_{name}", ours, plain))
    return figures


def _costs(
    instances: Instances, count: int, baseline: Callable[[Snapshot], float]
) -> tuple[list[float], list[float]]:
    """What our schedules cost, and the baseline's, of the same instances."""
    policy, ours, others = BatchPolicy(), [], []
    decide(policy, instances.make(0))  # compiles, if there is a compiler
    for number in range(count):
        snapshot = instances.make(number)
        found = examine(snapshot, decide(policy, snapshot).queues)
        assert not found.faults, found.faults
        ours.append(found.objective)
        others.append(baseline(snapshot))
    return ours, others


def _greedy_cost(snapshot: Snapshot) -> float:
    found = examine(snapshot, greedy(snapshot))
    assert not found.faults, found.faults
    return found.objective


def _figure(
    name: str, ours: list[float], others: list[float], against: str, bound: float | None
) -> Figure:
    ratios = np.array(ours) / np.array(others)
    return Figure(
        name=f"assignment_quality_{name}",
        value=float(np.mean(ours)),
        unit="s",
        baseline=float(np.mean(others)),
        better=Better.LOWER,
        target=bound,
        note=f"against {against}; {len(ours)} instances, mean of ratios {ratios.mean():.4f}, "
        f"{spread(ratios, 3)}",
    )


def _worst(name: str, ours: list[float], others: list[float]) -> Figure:
    """The instance on which ours gains least."""
    worst = max(range(len(ours)), key=lambda number: ours[number] / others[number])
    return Figure(
        name=f"assignment_quality_{name}_worst",
        value=ours[worst],
        unit="s",
        baseline=others[worst],
        better=Better.LOWER,
        target=1.0,
        note=f"against greedy; instance {worst}",
    )
