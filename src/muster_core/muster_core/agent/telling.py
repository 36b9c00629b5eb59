"""When an agent tells of itself: at once when something changed, and else as a heartbeat."""

from __future__ import annotations

from muster_core.agent.effects import TellProgress
from muster_core.agent.run import Run
from muster_core.clock import Instant
from muster_core.driver.protocol import DriverReport
from muster_core.ids import AttemptId
from muster_core.robot import RobotReport

PROGRESS_PERIOD_S = 5.0
"""How often followers of an attempt hear how far its step is, besides when a step begins. Seldom:
the scheduler follows all attempts, and an action client costs most when it wakes."""


class Telling:
    """Remembers what was told last, and when.

    :param heartbeat_period_s: the longest silence, s.
    """

    def __init__(self, heartbeat_period_s: float, now: Instant) -> None:
        self._heartbeat_period_s = heartbeat_period_s
        self._told: object = None
        self._heartbeat_ns = now.steady_ns
        self._progress_told: tuple[AttemptId, int] | None = None
        self._progress_ns = now.steady_ns

    def repeat(self) -> None:
        """Have the next report told whether or not it is news."""
        self._told = None

    def is_due(self, report: RobotReport, now: Instant) -> bool:
        """Whether to tell ``report`` now; it then counts as told."""
        news = (
            report.mode,
            report.message,
            report.epoch,
            report.attempt_id,
            report.step_index,
            report.outcomes,
        )
        if news == self._told and now.steady_ns < self._heartbeat_ns:
            return False
        self._told = news
        self._heartbeat_ns = now.later(self._heartbeat_period_s).steady_ns
        return True

    def progress(self, run: Run, report: DriverReport, now: Instant) -> TellProgress | None:
        """What to tell those who follow ``run``; None when there is nothing new."""
        if run.is_errand or not run.is_under_way:
            return None
        step = (run.attempt_id, run.index)
        is_new = step != self._progress_told
        if not is_new and now.steady_ns < self._progress_ns:
            return None
        self._progress_told = step
        self._progress_ns = now.later(PROGRESS_PERIOD_S).steady_ns
        # The report of a step that begins just now is still that of the step before.
        return TellProgress(run.attempt_id, run.index, 0.0 if is_new else report.progress)
