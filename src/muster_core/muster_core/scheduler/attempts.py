"""What robots tell of their attempts: progress and outcomes, each recorded once."""

from __future__ import annotations

from typing import Any

import msgspec

from muster_core import events as ev
from muster_core.clock import NS_PER_S, Instant
from muster_core.errors import ErrorCode
from muster_core.ids import AttemptId, RobotId
from muster_core.robot import RobotReport
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.recorder import Recorder
from muster_core.scheduler.records import Attempt, TaskRecord
from muster_core.scheduler.sagas import Sagas
from muster_core.states import AttemptState, TaskState
from muster_core.task import REPEATABLE_VERBS, Outcome, OutcomeResult

NOT_TRIED = (OutcomeResult.SUCCEEDED, OutcomeResult.REFUSED)


class Attempts:
    """Takes in progress and outcomes. What an end means for its order is the sagas' to say."""

    def __init__(self, config: SchedulerConfig, recorder: Recorder, sagas: Sagas) -> None:
        self._config = config
        self._recorder = recorder
        self._ledger = recorder.ledger
        self._sagas = sagas

    def take_progress(self, report: RobotReport, now: Instant) -> None:
        """Record that the robot began the attempt it holds, and the steps it has finished."""
        task = self._ledger.task_of_attempt(report.attempt_id)
        attempt = task.open_attempt if task else None
        if task is None or attempt is None or attempt.attempt_id != report.attempt_id:
            return
        if attempt.robot_id == report.robot_id:
            self._begin(task, attempt, now)
            self._finish_steps(task, attempt, report.step_index, now)

    def permit(self, report: RobotReport, now: Instant) -> bool:
        """Permit the step that cannot be repeated, when the robot stands before it.

        The report must be of the present epoch: then nobody else can have made other plans since.

        :returns: whether something was permitted that must be told.
        """
        task = self._ledger.task_of_attempt(report.attempt_id)
        attempt = task.open_attempt if task else None
        if task is None or attempt is None or attempt.attempt_id != report.attempt_id:
            return False
        pivot = task.task.pivot
        is_wanted = (
            attempt.robot_id == report.robot_id
            and report.epoch == self._ledger.epoch
            and attempt.steps_finished == pivot < len(task.task.steps)
            and not attempt.is_permitted
            and not self._sagas.is_stopping(task)
        )
        if is_wanted:
            fields = self._about(task, attempt)
            self._recorder.emit(ev.PickPermitted(**fields, step_index=pivot), now)
        return is_wanted

    def take_outcome(self, robot_id: RobotId, outcome: Outcome, now: Instant) -> bool:
        """Record an outcome that a robot told, once. False when it changes nothing.

        An outcome of an attempt that the robot was never given changes nothing. One that comes
        after its robot was lost counts as long as nothing else was done for the task.
        """
        task = self._ledger.task_of_attempt(outcome.attempt_id)
        if task is None or task.attempt is None or task.attempt.robot_id != robot_id:
            return False
        if task.attempt.attempt_id != outcome.attempt_id:
            return False
        outcome = _corrected(task, task.attempt, outcome)
        if task.open_attempt is not None:
            self._end(task, task.attempt, outcome, now)
            return True
        if task.lost_attempt is not None and outcome.result is not OutcomeResult.REFUSED:
            self._end_late(task, task.lost_attempt, outcome, now)
            return True
        return False

    def lose(self, robot_id: RobotId, attempt_id: AttemptId, reason: str, now: Instant) -> None:
        """End an attempt whose robot cannot be working on it any more."""
        task = self._ledger.task_of_attempt(attempt_id)
        assert task is not None and task.attempt is not None
        attempt = task.attempt
        rest = task.task.steps[attempt.steps_finished :]
        is_done = not rest
        outcome = Outcome(
            attempt_id,
            task.task.order_id,
            OutcomeResult.SUCCEEDED if is_done else OutcomeResult.LOST,
            steps_finished=attempt.steps_finished,
            error_code=ErrorCode.NONE if is_done else ErrorCode.ROBOT_SILENT,
            message=reason,
            is_uncertain=attempt.is_permitted
            and any(step.verb not in REPEATABLE_VERBS for step in rest),
        )
        self._end(task, attempt, outcome, now)

    def _begin(self, task: TaskRecord, attempt: Attempt, now: Instant) -> None:
        if attempt.state is AttemptState.OFFERED:
            self._recorder.emit(ev.AttemptStarted(**self._about(task, attempt)), now)

    def _finish_steps(self, task: TaskRecord, attempt: Attempt, until: int, now: Instant) -> None:
        for index in range(attempt.steps_finished, min(until, len(task.task.steps))):
            step = task.task.steps[index]
            event = ev.StepFinished(
                **self._about(task, attempt), step_index=index, verb=step.verb, place=step.place
            )
            self._recorder.emit(event, now)

    def _end(self, task: TaskRecord, attempt: Attempt, outcome: Outcome, now: Instant) -> None:
        if outcome.result is not OutcomeResult.REFUSED:
            if outcome.result is not OutcomeResult.LOST:
                self._begin(task, attempt, now)
            self._finish_steps(task, attempt, outcome.steps_finished, now)
        event = ev.AttemptEnded(
            **self._about(task, attempt),
            **self._content(outcome),
            retry_not_before_ns=self._retry_not_before_ns(task, outcome.result, now),
        )
        self._recorder.emit(event, now)
        self._sagas.conclude(task, attempt, outcome, now)

    def _end_late(self, task: TaskRecord, attempt: Attempt, outcome: Outcome, now: Instant) -> None:
        event = ev.OutcomeArrivedLate(**self._about(task, attempt), **self._content(outcome))
        self._recorder.emit(event, now)
        self._sagas.conclude_late(task, attempt, outcome, now)

    def _about(self, task: TaskRecord, attempt: Attempt) -> dict[str, Any]:
        order = self._ledger.orders[task.task.order_id]
        return {
            "order_id": order.order.order_id,
            "task_id": task.task.task_id,
            "attempt_id": attempt.attempt_id,
            "robot_id": attempt.robot_id,
            "traceparent": order.traceparent,
        }

    @staticmethod
    def _content(outcome: Outcome) -> dict[str, Any]:
        return {
            "result": outcome.result,
            "steps_finished": outcome.steps_finished,
            "error_code": outcome.error_code,
            "message": outcome.message,
            "uncertain": outcome.is_uncertain,
        }

    def _retry_not_before_ns(self, task: TaskRecord, result: OutcomeResult, now: Instant) -> int:
        is_revoked = result is OutcomeResult.CANCELLED and self._sagas.is_stopping(task)
        if result in NOT_TRIED or is_revoked:
            return 0
        pause_s = self._config.retry_pause_s * 2.0 ** min(task.failures, 30)
        return now.wall_ns + int(min(pause_s, self._config.retry_pause_s_max) * NS_PER_S)


def _corrected(task: TaskRecord, attempt: Attempt, outcome: Outcome) -> Outcome:
    """What a confused agent says, as it can be true."""
    steps = len(attempt.task.steps)
    finished = max(min(outcome.steps_finished, steps), attempt.steps_finished)
    result = outcome.result
    if task.state is TaskState.RUNNING and result is OutcomeResult.REFUSED:
        result = OutcomeResult.FAILED  # what it had begun it cannot have refused
    if finished == steps and result is not OutcomeResult.REFUSED:
        result = OutcomeResult.SUCCEEDED
    return msgspec.structs.replace(outcome, result=result, steps_finished=finished)
