"""A run: steps that a driver is taken through, an attempt's or the robot's own errand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from muster_core.driver.protocol import DriverReport, StepState
from muster_core.errors import ErrorCode
from muster_core.ids import AttemptId
from muster_core.site.validation import AT_VERTEX
from muster_core.task import REPEATABLE_VERBS, OutcomeResult, Step

_NOBODYS = AttemptId("")

# A robot that stopped in the middle of these would leave an item between shelf and robot.
UNINTERRUPTIBLE_VERBS = ("pick", "place")


class Errand(str, Enum):
    """What an idle robot does for its own sake."""

    CHARGE = "charge"
    PARK = "park"


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a run is to end before its last step, and with which outcome."""

    result: OutcomeResult
    error_code: ErrorCode = ErrorCode.NONE
    message: str = ""


@dataclass(slots=True)
class Run:
    """One run and how far it is.

    :param attempt_id: empty for an errand.
    :param errand: None for an attempt.
    :param is_under_way: a step was started and its end has not been reported.
    :param is_start_pending: that start has not been handed out yet; reports are of the step before.
    :param is_uncertain: the step had begun, cannot be repeated, and nobody can say how it ended.
    :param stop: why it is to end; once given it stays.
    :param later_s: estimate for the steps after the one that was started last, s.
    :param started_s: estimate for that one, s: what is told of it until the driver reports of it.
    """

    steps: tuple[Step, ...]
    attempt_id: AttemptId = _NOBODYS
    errand: Errand | None = None
    index: int = 0
    is_under_way: bool = False
    is_start_pending: bool = False
    is_stop_sent: bool = False
    is_uncertain: bool = False
    stop: Stop | None = None
    later_s: float = 0.0
    started_s: float = 0.0

    @property
    def is_errand(self) -> bool:
        """Whether nobody asked for it."""
        return self.errand is not None

    @property
    def step(self) -> Step:
        """The step under way, or the next one."""
        return self.steps[self.index]

    def busy_s(self, report: DriverReport) -> float:
        """Seconds until it is expected to end, by the driver's newest report."""
        if not self.is_under_way:
            return self.later_s
        return self.later_s + (self.started_s if self.is_start_pending else report.remaining_s)

    @property
    def is_repeatable(self) -> bool:
        """Whether doing the step again changes nothing."""
        return self.is_errand or self.step.verb in REPEATABLE_VERBS

    @property
    def is_go(self) -> bool:
        """Whether the step is to get somewhere."""
        return self.step.verb == "go"

    @property
    def is_before_takeover(self) -> bool:
        """Whether the step leads to where another robot stands whose item is taken next."""
        place, following = self.step.place, self.steps[self.index + 1 : self.index + 2]
        takes_there = any(step.verb == "pick" and step.place == place for step in following)
        return takes_there and place.startswith(AT_VERTEX)

    @property
    def is_ending(self) -> bool:
        """Whether it is to end before its last step, and that step need not be finished."""
        return self.stop is not None and self.step.verb not in UNINTERRUPTIBLE_VERBS

    @property
    def is_done(self) -> bool:
        """Whether all steps are finished."""
        return self.index >= len(self.steps)

    def look_ahead(self, estimate_s: Callable[[Sequence[Step], str], float], vertex: str) -> None:
        """Estimate how long the step that begins at ``vertex`` takes, and those after it."""
        self.started_s = estimate_s((self.step,), vertex)
        self.later_s = estimate_s(self.steps[self.index :], vertex) - self.started_s

    def end_by(self, stop: Stop) -> None:
        """Have it end because of ``stop``, unless it is to end already."""
        if self.stop is None:
            self.stop = stop

    def fail(self, reason: str, *, is_known: bool) -> None:
        """Have it end because its step has.

        :param is_known: the driver says itself that the step was not done.
        """
        self.is_under_way = False
        self.is_uncertain = not is_known and not self.is_repeatable
        message = f"step {self.index + 1} ({self.step.verb} {self.step.place}".rstrip()
        message += f") failed: {reason}"
        if self.is_uncertain:
            message += "; nobody knows whether it was done"
        self.end_by(Stop(OutcomeResult.FAILED, ErrorCode.DRIVER_FAILED, message))

    def take_end(self, report: DriverReport) -> None:
        """Fail when ``report`` says that the step under way can go on no longer."""
        match report.step_state:
            case StepState.RUNNING if report.fault:
                # It may still come to an end, but a person may have to see to that.
                self.fail(f"the robot needs a person: {report.fault}", is_known=False)
            case StepState.STOPPED:
                # By an emergency stop, say: then nobody can say how far a pick had come.
                self.fail("the driver stopped by itself", is_known=False)
            case StepState.FAILED:
                self.fail(report.message or report.fault or "no reason given", is_known=True)
            case StepState.NONE:
                self.fail("the driver has forgotten the step", is_known=False)

    def needs_driver_stop(self) -> bool:
        """Whether the driver is to be told, now, to stop."""
        return (
            self.stop is not None
            and self.is_under_way
            and not self.is_stop_sent
            and self.step.verb not in UNINTERRUPTIBLE_VERBS
        )
