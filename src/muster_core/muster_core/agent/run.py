"""A run: steps that a driver is taken through, an attempt's or the robot's own way to a charger."""

from __future__ import annotations

from dataclasses import dataclass

from muster_core.errors import ErrorCode
from muster_core.ids import AttemptId
from muster_core.task import OutcomeResult, Step

_NOBODYS = AttemptId("")

# A robot that stopped in the middle of these would leave an item between shelf and robot.
UNINTERRUPTIBLE_VERBS = ("pick", "place")


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a run is to end before its last step, and with which outcome."""

    result: OutcomeResult
    error_code: ErrorCode = ErrorCode.NONE
    message: str = ""


@dataclass(slots=True)
class Run:
    """One run and how far it is.

    :param attempt_id: empty for the robot's own errand.
    :param is_under_way: a step was started and its end has not been reported.
    :param is_start_pending: that start has not been handed out yet; reports are of the step before.
    :param stop: why it is to end; once given it stays.
    :param later_s: estimate for the steps after the one under way, s.
    """

    steps: tuple[Step, ...]
    attempt_id: AttemptId = _NOBODYS
    index: int = 0
    is_under_way: bool = False
    is_start_pending: bool = False
    is_stop_sent: bool = False
    stop: Stop | None = None
    later_s: float = 0.0

    @property
    def is_errand(self) -> bool:
        """Whether nobody asked for it."""
        return not self.attempt_id

    @property
    def step(self) -> Step:
        """The step under way, or the next one."""
        return self.steps[self.index]

    @property
    def is_done(self) -> bool:
        """Whether all steps are finished."""
        return self.index >= len(self.steps)

    def end_by(self, stop: Stop) -> None:
        """Have it end because of ``stop``, unless it is to end already."""
        if self.stop is None:
            self.stop = stop

    def needs_driver_stop(self) -> bool:
        """Whether the driver is to be told, now, to stop."""
        return (
            self.stop is not None
            and self.is_under_way
            and not self.is_stop_sent
            and self.step.verb not in UNINTERRUPTIBLE_VERBS
        )
