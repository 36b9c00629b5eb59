"""Whether there is time for the next step of a search, by how long the steps before it took."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from muster_core.compiled import IS_COMPILED

STEP_S = 3e-4
"""What the smallest step takes, s."""

PLAIN_FACTOR = 80.0
"""So much longer kernels take that are not compiled."""

CAUTION = 2.0
"""A step begins only if there is so many times the time that it should take."""


class Step(Enum):
    """What takes time. The values are s for each of what is counted, if kernels are compiled."""

    ASSIGN = 8e-10
    """Steps of the solver: rows x rows x columns."""

    INSERT = 5e-8
    """Queues in which a task is priced."""

    EXCHANGE = 4e-8
    """Queues in which a task is priced, linking and the solver's part included."""

    ROUNDS = 2e-7
    """Robots and a few for the tasks, each round."""

    def each_s(self, *, is_compiled: bool = IS_COMPILED) -> float:
        """How long each takes, s."""
        is_slow = self is not Step.ASSIGN and not is_compiled
        return self.value * (PLAIN_FACTOR if is_slow else 1.0)


class StepWatch:
    """Tells whether a step will be over in time.

    A kind of step that was not seen yet is taken to be as much slower than guessed as the slowest
    of those that were: the machine may be slow, or busy.

    :param seconds_left: how long the search may still take, s; asked once for each step.
    :param is_compiled: whether kernels are.
    """

    def __init__(
        self, seconds_left: Callable[[], float], *, is_compiled: bool = IS_COMPILED
    ) -> None:
        self._seconds_left = seconds_left
        self._is_compiled = is_compiled
        self._paces: dict[Step, float] = {}
        self._running: tuple[Step, float, float] | None = None

    def has_time(self, step: Step, count: float) -> bool:
        """Whether a step can begin now; the one before is over."""
        left_s = self._seconds_left()
        if self._running is not None:
            last, last_guess_s, last_left_s = self._running
            self._paces[last] = max(1.0, (last_left_s - left_s) / last_guess_s)
        guess_s = STEP_S + step.each_s(is_compiled=self._is_compiled) * count
        self._running = step, guess_s, left_s
        pace = self._paces.get(step) or max(self._paces.values(), default=1.0)
        return CAUTION * guess_s * pace < left_s
