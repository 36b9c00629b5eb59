"""How long a decision of the policy `batch` takes, beside one bare linear sum assignment.

The policy is asked as its node asks it: with the scheduler's budget and a clock, from a snapshot to
a decision. The bare solver is given the same snapshot's matrix of finishing times, and finds one
task for each robot where the policy plans queues. Times are the process's CPU.
"""

from __future__ import annotations

import time

import numpy as np
from assignments import Instances, decide
from figure import Better, Figure, percentile
from scipy.optimize import linear_sum_assignment

from muster_core.compiled import IS_COMPILED
from muster_core.policy.batch import BatchPolicy
from muster_core.policy.protocol import Snapshot
from muster_core.testing.snapshots import MIXED

SIZES = ((100, 100, 0.1, 200), (300, 1000, 1.0, 30))
"""Robots, tasks, the bound of the 99th percentile, s, and decisions timed."""

QUICK_SHARE = 0.1
MS_PER_S = 1e3


def measure(is_quick: bool) -> list[Figure]:
    """Milliseconds from the snapshot to the decision."""
    figures = []
    for robots, tasks, bound_s, count in SIZES:
        instances = Instances(robots, tasks, MIXED)
        policy = BatchPolicy()
        decide(policy, instances.make(0))  # compiles, if there is a compiler
        ours_ms, bare_ms = [], []
        for number in range(max(3, int(count * QUICK_SHARE)) if is_quick else count):
            snapshot = instances.make(number)
            started_s = time.process_time()
            decision = decide(policy, snapshot)
            ours_ms.append((time.process_time() - started_s) * MS_PER_S)
            assert sum(len(queue.task_ids) for queue in decision.queues) == tasks
            bare_ms.append(_bare_ms(snapshot))
        figures.append(
            Figure(
                name=f"assignment_time_{robots}x{tasks}",
                value=percentile(ours_ms, 99),
                unit="ms",
                baseline=percentile(bare_ms, 99),
                better=Better.LOWER,
                value_target=bound_s * MS_PER_S,
                note=f"p99 of {len(ours_ms)}; p50 {percentile(ours_ms, 50):.1f} ms, "
                f"bare {percentile(bare_ms, 50):.2f} ms, "
                f"{'compiled' if IS_COMPILED else 'plain Python'}",
            )
        )
    return figures


def _bare_ms(snapshot: Snapshot) -> float:
    finish_s = snapshot.robot_busy_s[:, None] + snapshot.travel_s + snapshot.task_duration_s
    started_s = time.process_time()
    rows, _ = linear_sum_assignment(finish_s)
    elapsed_ms = (time.process_time() - started_s) * MS_PER_S
    assert len(rows) == min(np.shape(finish_s))
    return elapsed_ms
