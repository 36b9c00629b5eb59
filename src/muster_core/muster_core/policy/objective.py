"""What a schedule costs, as the policy ``batch`` sees it: the numbers of the formula.

For tasks ``t``, each done by a robot ``r(t)`` and finished ``f(t)`` seconds from now::

    J = sum over t of  w(t) * ( a(t) + f(t)                        finish - release
                              + LATE_FACTOR * max(0, f(t) - d(t))  lateness
                              + CHANGE_S * [r(t) is not p(t)] )    a change of mind

    w(t) = 2 ** ((priority(t) - DEFAULT_PRIORITY) / PRIORITY_DOUBLING) * (1 + a(t) / AGE_S)

with ``a`` the time that the order has waited, ``d`` the time until its deadline (negative when it
has passed), and ``p`` the robot that the last decision planned the task for; where there was none
nothing changes. J is in seconds of a new task of the default priority.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from muster_core.order import DEFAULT_PRIORITY, PRIORITY_MAX

PRIORITY_DOUBLING = 10.0
"""So many levels of priority make a task count twice as much. As an order gains a level for every
minute that it waits (the scheduler's `aging_s`), its weight doubles every ten minutes."""

AGE_S = 3600.0
"""A task's weight grows by itself with each hour of waiting: aging that no greatest level ends."""

LATE_FACTOR = 20.0
"""A second after the deadline costs as much as so many seconds of service."""

CHANGE_S = 5.0
"""What a task's change to another robot than planned must gain, s."""

_OF_PRIORITY = np.array(
    [
        2.0 ** ((priority - DEFAULT_PRIORITY) / PRIORITY_DOUBLING)
        for priority in range(PRIORITY_MAX + 1)
    ]
)

Weights = npt.NDArray[np.float64]


def weights(priority: npt.NDArray[np.uint8], waiting_s: Weights) -> Weights:
    """What a second of each task counts, float64 [tasks].

    :param waiting_s: float64 [tasks], s, finite.
    """
    weight: Weights = _OF_PRIORITY[priority] * (1.0 + waiting_s / AGE_S)
    return weight
