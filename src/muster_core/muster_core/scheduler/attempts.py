"""What robots tell of their attempts, and what follows for tasks and orders."""

from __future__ import annotations

import msgspec

from muster_core import events as ev
from muster_core.clock import NS_PER_S, Instant
from muster_core.errors import ErrorCode
from muster_core.ids import AttemptId, RobotId
from muster_core.robot import RobotReport
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.ledger import Attempt, OrderRecord, TaskRecord
from muster_core.scheduler.recorder import Recorder
from muster_core.states import AttemptState, TaskState
from muster_core.task import Outcome, OutcomeResult


class Attempts:
    """Takes in progress and outcomes; decides what a failed try means for its order."""

    def __init__(self, config: SchedulerConfig, recorder: Recorder) -> None:
        self._config = config
        self._recorder = recorder
        self._ledger = recorder.ledger

    def take_outcome(self, robot_id: RobotId, outcome: Outcome, now: Instant) -> bool:
        """Record an outcome that a robot told, once. False when the log already has its end.

        An outcome of an attempt that the robot was never given changes nothing.
        """
        task = self._ledger.task_of_attempt(outcome.attempt_id)
        if task is None or self._ledger.robot_of(outcome.attempt_id) != robot_id:
            return False
        if task.state is TaskState.RUNNING and outcome.result is OutcomeResult.REFUSED:
            # A confused agent: what it had begun it cannot have refused.
            outcome = msgspec.structs.replace(outcome, result=OutcomeResult.FAILED)
        self._end(outcome, now)
        return True

    def take_progress(self, report: RobotReport, now: Instant) -> None:
        """Record that the robot began the attempt it holds, and the steps it has finished."""
        task = self._ledger.task_of_attempt(report.attempt_id)
        attempt = task.open_attempt if task else None
        if task is None or attempt is None or attempt.attempt_id != report.attempt_id:
            return
        if attempt.robot_id != report.robot_id:
            return
        self._begin(task, attempt, now)
        self._finish_steps(task, attempt, report.step_index, now)

    def lose(self, robot_id: RobotId, attempt_id: AttemptId, reason: str, now: Instant) -> None:
        """End an attempt whose robot cannot be working on it any more."""
        robot = self._ledger.robots[robot_id]
        outcome = Outcome(
            attempt_id,
            robot.order_id,
            OutcomeResult.LOST,
            error_code=ErrorCode.ROBOT_SILENT,
            message=reason,
        )
        self._end(outcome, now)

    def _begin(self, task: TaskRecord, attempt: Attempt, now: Instant) -> None:
        if attempt.state is AttemptState.OFFERED:
            order = self._ledger.orders[task.task.order_id]
            event = ev.AttemptStarted(
                order_id=order.order.order_id,
                task_id=task.task.task_id,
                attempt_id=attempt.attempt_id,
                robot_id=attempt.robot_id,
                traceparent=order.traceparent,
            )
            self._recorder.emit(event, now)

    def _finish_steps(self, task: TaskRecord, attempt: Attempt, until: int, now: Instant) -> None:
        order = self._ledger.orders[task.task.order_id]
        for index in range(attempt.steps_finished, min(until, len(task.task.steps))):
            step = task.task.steps[index]
            event = ev.StepFinished(
                order_id=order.order.order_id,
                task_id=task.task.task_id,
                attempt_id=attempt.attempt_id,
                robot_id=attempt.robot_id,
                step_index=index,
                verb=step.verb,
                place=step.place,
                traceparent=order.traceparent,
            )
            self._recorder.emit(event, now)

    def _end(self, outcome: Outcome, now: Instant) -> None:
        task = self._ledger.task_of_attempt(outcome.attempt_id)
        assert task is not None and task.attempt is not None
        attempt, order = task.attempt, self._ledger.orders[task.task.order_id]
        if outcome.result is not OutcomeResult.REFUSED:
            if outcome.result is not OutcomeResult.LOST:
                self._begin(task, attempt, now)
            self._finish_steps(task, attempt, outcome.steps_finished, now)
        event = ev.AttemptEnded(
            order_id=order.order.order_id,
            task_id=task.task.task_id,
            attempt_id=attempt.attempt_id,
            robot_id=attempt.robot_id,
            result=outcome.result,
            steps_finished=attempt.steps_finished,
            error_code=outcome.error_code,
            message=outcome.message,
            retry_not_before_ns=self._retry_not_before_ns(task, outcome.result, now),
            traceparent=order.traceparent,
        )
        self._recorder.emit(event, now)
        self._conclude(order, task, attempt, outcome, now)

    def _retry_not_before_ns(self, task: TaskRecord, result: OutcomeResult, now: Instant) -> int:
        if result in (OutcomeResult.SUCCEEDED, OutcomeResult.REFUSED):
            return 0
        pause_s = self._config.retry_pause_s * 2.0 ** min(task.failures, 30)
        return now.wall_ns + int(min(pause_s, self._config.retry_pause_s_max) * NS_PER_S)

    def _conclude(
        self,
        order: OrderRecord,
        task: TaskRecord,
        attempt: Attempt,
        outcome: Outcome,
        now: Instant,
    ) -> None:
        """End the order when this was its last attempt; otherwise its task waits again."""
        order_id, trace = order.order.order_id, order.traceparent
        if order.current_task is None:
            self._recorder.emit(ev.OrderCompleted(order_id=order_id, traceparent=trace), now)
            return
        has_item = task.task.has_picked(attempt.steps_finished)
        where = f"; the item is on robot {attempt.robot_id}" if has_item else ""
        if order.cancel_requested:
            reason = f"cancelled: {order.cancel_reason or 'on request'}{where}"
            event = ev.OrderCancelled(order_id=order_id, reason=reason, traceparent=trace)
            self._recorder.emit(event, now)
            return
        give_up = self._reason_to_give_up(task, attempt, outcome, has_item)
        if give_up:
            code = outcome.error_code if has_item else ErrorCode.RETRIES_EXHAUSTED
            failed = ev.OrderFailed(
                order_id=order_id,
                error_code=code or ErrorCode.DRIVER_FAILED,
                reason=give_up,
                traceparent=trace,
            )
            self._recorder.emit(failed, now)

    def _reason_to_give_up(
        self, task: TaskRecord, attempt: Attempt, outcome: Outcome, has_item: bool
    ) -> str:
        if outcome.result is OutcomeResult.SUCCEEDED:
            return ""
        story = f"{outcome.result.value} on robot {attempt.robot_id}: {outcome.message}"
        if has_item:
            # Another robot cannot pick it again (I11); a person must look at the robot.
            return f"{story}; the item is on robot {attempt.robot_id}, a person must take it over"
        if task.failures >= self._config.attempts_max:
            return f"given up after {task.failures} failed attempts; the last {story}"
        if task.attempts - task.failures >= self._config.refusals_max:
            return f"given up after {task.attempts} attempts; the last {story}"
        return ""
