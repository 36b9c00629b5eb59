"""In which order robots and tasks are looked at, so that decisions are the same on any machine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from muster_core.policy.protocol import Snapshot

WAITING_S_MAX = 1e5
"""Tasks that have waited for longer count as equally old; more than a day."""

Indices = npt.NDArray[np.intp]


def by_id(ids: Sequence[str]) -> Indices:
    """Where the ids stand in the snapshot, in the order of the ids, so that this settles ties."""
    return np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.intp)


def by_urgency(snapshot: Snapshot) -> Indices:
    """The numbers of the tasks: by priority, then by waiting time, both descending, then by id."""
    tasks = by_id(snapshot.task_ids)
    priority = snapshot.task_priority[tasks].astype(np.int64)
    return tasks[np.lexsort((-finite_waiting_s(snapshot)[tasks], -priority))]


def finite_waiting_s(snapshot: Snapshot) -> npt.NDArray[np.float64]:
    """How long each task has waited, float64 [tasks], s, 0 to ``WAITING_S_MAX``."""
    waiting_s = np.nan_to_num(snapshot.task_waiting_s.astype(np.float64))
    return np.clip(waiting_s, 0.0, WAITING_S_MAX)
