"""From events to a story: a fold that keeps what one order's story needs, and nothing else.

Give it a log's records in order, all of them or only those about the order and about no order at
all (``concerns``). It never fails on a log: an event that makes no sense here is told as it stands.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from muster_core import events as ev
from muster_core.clock import NS_PER_S
from muster_core.explain import words
from muster_core.explain.spelling import spell_duration
from muster_core.explain.story import Choice, Moment, Present, StepTold, Story, Tone, Try
from muster_core.explain.time_sheet import Activity, TimeSheet, activity_of
from muster_core.ids import OrderId, RobotId, TaskId
from muster_core.intake.deadline import deadline_ns
from muster_core.order import Order
from muster_core.states import OrderState
from muster_core.task import OutcomeResult, Task, TaskPurpose

MOMENTS_SIDE_MAX = 500
"""Moments kept from the beginning, and as many from the end; those between are counted."""
TRIES_MAX = 1000
"""Tries kept; of later ones only the moments are."""


def explain(
    order_id: OrderId, records: Iterable[ev.Record], present: Present | None = None
) -> Story | None:
    """The order's story; None when the records hold no such order.

    :param present: what is known of it now; None when only the log is, as of a log file.
    """
    narrator = Narrator(order_id)
    for record in records:
        narrator.take(record)
    return narrator.story(present)


class Narrator:
    """Takes in records one by one and tells the story so far whenever it is asked."""

    def __init__(self, order_id: OrderId) -> None:
        self.order_id = order_id
        self.order: Order | None = None
        self.state = OrderState.ACCEPTED
        self._accepted_ns = self._ended_ns = self._last_ns = 0
        self._sheet = TimeSheet(0)
        self._tasks: dict[TaskId, Task] = {}
        self._tries: list[Try] = []
        self._try: Try | None = None
        self._question = self._reason = ""
        self._answered_seq = 0
        self._asked_ns = 0
        self._head: list[Moment] = []
        self._tail: deque[Moment] = deque(maxlen=MOMENTS_SIDE_MAX)
        self._moments_total = 0

    @property
    def is_ended(self) -> bool:
        """Whether the order has ended; later records add little to its story."""
        return self.state.is_final

    def concerns(self, event: ev.Event) -> bool:
        """Whether the event may belong to the story: it is the order's, or may be its robot's."""
        if isinstance(event, ev.RobotCleared):
            return True  # by another order, the probe
        return getattr(event, "order_id", self.order_id) == self.order_id

    def take(self, record: ev.Record) -> None:
        """Take in the next record of the log."""
        if not self.concerns(record.event):
            return
        self._last_ns = record.wall_ns
        if isinstance(record.event, ev.OrderAccepted):
            self._on_accepted(record.event, record)
        elif self.order is not None:
            handler = _HANDLERS.get(type(record.event))
            if handler is not None:
                handler(self, record.event, record)

    def story(self, present: Present | None = None) -> Story | None:
        """The story so far; None when the order was not met."""
        if self.order is None:
            return None
        until_ns = self._ended_ns or (present.wall_ns if present else self._last_ns)
        moments = (*self._head, *self._tail)
        now = self._now(present)
        if now:
            tone = Tone.ASKING if self.state is OrderState.SUSPENDED else Tone.PLAIN
            moments += (Moment(wall_ns=until_ns, seq=0, event="now", words=now, tone=tone),)
        return Story(
            order_id=self.order_id,
            order=self.order,
            state=self.state,
            summary=self._summary(until_ns, now),
            accepted_ns=self._accepted_ns,
            until_ns=until_ns,
            ended_ns=self._ended_ns,
            question=self._question,
            times=self._sheet.times(until_ns),
            tries=tuple(self._tries),
            moments=moments,
            moments_left_off=self._moments_total - len(self._head) - len(self._tail),
        )

    def _now(self, present: Present | None) -> str:
        if self.is_ended:
            return ""
        if self.state is OrderState.SUSPENDED:
            return "it waits for a person's answer"
        return words.now_words(self._try, self._task_of(self._try), present)

    def _summary(self, until_ns: int, now: str) -> str:
        assert self.order is not None
        took = spell_duration((until_ns - self._accepted_ns) / NS_PER_S)
        if not self.is_ended:
            now = f"{now}: {self._question}" if self._question else now
            return f"{words.wish_words(self.order)}: {self.state.value} for {took}; {now}"
        reason = f": {self._reason}" if self._reason else ""
        return f"{words.wish_words(self.order)}: {self.state.value} after {took}{reason}"

    # Telling

    def _tell(
        self,
        record: ev.Record,
        sentence: str,
        *,
        depth: int = 0,
        tone: Tone = Tone.PLAIN,
        took_s: float = 0.0,
    ) -> None:
        moment = Moment(
            wall_ns=record.wall_ns,
            seq=record.seq,
            event=ev.event_type(record.event),
            words=sentence,
            depth=depth,
            tone=tone,
            took_s=took_s,
        )
        self._moments_total += 1
        if len(self._head) < MOMENTS_SIDE_MAX:
            self._head.append(moment)
        else:
            self._tail.append(moment)

    def _task_of(self, attempt: Try | None) -> Task | None:
        return self._tasks.get(attempt.task_id) if attempt else None

    # The order

    def _on_accepted(self, event: ev.OrderAccepted, record: ev.Record) -> None:
        self.order, self._accepted_ns = event.order, record.wall_ns
        self._sheet = TimeSheet(record.wall_ns)
        self._tell(record, words.accepted_words(event.order))

    def _on_planned(self, event: ev.OrderPlanned, record: ev.Record) -> None:
        self.state = OrderState.PLANNED
        self._tasks = {task.task_id: task for task in event.tasks}
        self._tell(record, words.planned_words(event))

    def _on_revised(self, event: ev.TaskRevised, record: ev.Record) -> None:
        self._tasks[event.task_id] = event.task
        self._tell(record, words.revised_words(event))

    def _on_suspended(self, event: ev.OrderSuspended, record: ev.Record) -> None:
        self.state, self._asked_ns = OrderState.SUSPENDED, record.wall_ns
        self._question = words.question_words(event.reason)
        self._sheet.change(record.wall_ns, Activity.PERSON)
        self._tell(record, words.suspended_words(event), tone=Tone.ASKING)

    def _on_resolved(self, event: ev.OrderResolved, record: ev.Record) -> None:
        self._answered_seq = record.seq
        self._sheet.change(record.wall_ns, Activity.WAITING)
        self._tell(record, words.resolved_words(event))

    def _on_resumed(self, event: ev.OrderResumed, record: ev.Record) -> None:
        self.state, self._question = OrderState.ACTIVE, ""
        self._sheet.change(record.wall_ns, Activity.WAITING)
        if not self._was_just_answered(record):
            self._tell(record, f"it went on: {event.reason}" if event.reason else "it went on")

    def _on_cancel_requested(self, event: ev.OrderCancelRequested, record: ev.Record) -> None:
        who = event.requester or "somebody"
        reason = f": {event.reason}" if event.reason else ""
        self._tell(record, f"{who} asked to cancel it{reason}")

    def _on_completed(self, event: ev.OrderCompleted, record: ev.Record) -> None:
        is_new = event.reason and not self._was_just_answered(record)
        reason = f": {event.reason}" if is_new else ""
        sentence = f"completed{reason}{self._deadline_words(record.wall_ns)}"
        self._end(record, OrderState.COMPLETED, sentence, reason=event.reason, tone=Tone.GOOD)

    def _on_failed(self, event: ev.OrderFailed, record: ev.Record) -> None:
        is_told = event.reason.startswith("given up")
        sentence = event.reason if is_told else f"given up: {event.reason}"
        self._end(record, OrderState.FAILED, sentence, reason=event.reason, tone=Tone.BAD)

    def _on_cancelled(self, event: ev.OrderCancelled, record: ev.Record) -> None:
        reason = event.reason.removeprefix("cancelled: ")
        sentence = f"cancelled: {reason}" if reason else "cancelled"
        self._end(record, OrderState.CANCELLED, sentence, reason=reason, tone=Tone.PLAIN)

    def _end(
        self, record: ev.Record, state: OrderState, sentence: str, *, reason: str, tone: Tone
    ) -> None:
        self.state, self._ended_ns, self._reason = state, record.wall_ns, reason
        self._question = ""
        self._sheet.change(record.wall_ns, Activity.WAITING)
        self._tell(record, sentence, tone=tone)

    def _was_just_answered(self, record: ev.Record) -> bool:
        """Whether the event before was a person's answer, which has been told with its reason."""
        return self._answered_seq == record.seq - 1

    def _deadline_words(self, wall_ns: int) -> str:
        due_ns = deadline_ns(self.order.deadline) if self.order else None
        if due_ns is None:
            return ""
        early_s = (due_ns - wall_ns) / NS_PER_S
        if early_s >= 0:
            return f", {spell_duration(early_s)} before its deadline"
        return f", {spell_duration(-early_s)} after its deadline"

    # Tries

    def _on_assigned(self, event: ev.TaskAssigned, record: ev.Record) -> None:
        self.state = OrderState.ACTIVE
        before, task = self._last_try_of(event.task_id), self._tasks.get(event.task_id)
        number = event.attempt_id.rpartition("#")[2]
        attempt = Try(
            number=int(number) if number.isdecimal() else 1,
            attempt_id=event.attempt_id,
            task_id=event.task_id,
            robot_id=event.robot_id,
            purpose=task.purpose if task else TaskPurpose.WORK,
            choice=Choice(
                policy=event.policy,
                policy_version=event.policy_version,
                stood_in=event.fallback,
                cost=event.cost,
                runner_up=event.runner_up,
                runner_up_cost=event.runner_up_cost,
            ),
            assigned_ns=record.wall_ns,
        )
        self._try = attempt
        if len(self._tries) < TRIES_MAX:
            self._tries.append(attempt)
        pause_ns = 0
        if before and before.ended_ns > self._asked_ns:
            pause_ns = before.retry_not_before_ns - before.ended_ns
        task_ids = list(self._tasks)
        sentence = words.chosen_words(
            attempt,
            task_number=task_ids.index(event.task_id) + 1 if task else 1,
            tasks_total=len(task_ids),
            pause_s=pause_ns / NS_PER_S,
            is_only_one=bool(task and task.robot_id),
        )
        self._tell(record, sentence)

    def _last_try_of(self, task_id: TaskId) -> Try | None:
        return self._try if self._try and self._try.task_id == task_id else None

    def _on_started(self, event: ev.AttemptStarted, record: ev.Record) -> None:
        if self._try is not None:
            self._try.began_ns = record.wall_ns
            self._sheet.change(record.wall_ns, self._next_activity())
            self._tell(record, f"{event.robot_id} began", depth=1)

    def _on_step(self, event: ev.StepFinished, record: ev.Record) -> None:
        if self._try is None:
            return
        told = StepTold(verb=event.verb, place=event.place, wall_ns=record.wall_ns)
        self._try.steps.append(told)
        # Whatever it was taken for, it was this step: its permission may be missing from old logs.
        told.took_s = self._sheet.change(
            record.wall_ns, self._next_activity(), was=activity_of(event.verb)
        )
        sentence = words.done_words(event.verb, event.place)
        self._tell(record, sentence, depth=1, took_s=told.took_s)

    def _on_permitted(self, event: ev.PickPermitted, record: ev.Record) -> None:
        if self._try is None:
            return
        self._try.permitted_ns = record.wall_ns
        if self._try.began_ns and len(self._try.steps) >= event.step_index:
            self._sheet.change(record.wall_ns, self._next_activity())
        task = self._task_of(self._try)
        step = task.steps[event.step_index] if task and event.step_index < len(task.steps) else None
        self._tell(record, words.permitted_words(step), depth=1)

    def _next_activity(self) -> Activity:
        """What the robot does now that it has finished the steps so far."""
        attempt, task = self._try, self._task_of(self._try)
        index = len(attempt.steps) if attempt else 0
        if attempt is None or task is None or index >= len(task.steps):
            return Activity.WAITING
        if index >= task.pivot and not attempt.permitted_ns:
            return Activity.WAITING  # for its permission
        return activity_of(task.steps[index].verb)

    def _on_ended(self, event: ev.AttemptEnded, record: ev.Record) -> None:
        attempt = self._try
        if attempt is None:
            return
        # Of a lost robot nobody knows what it did after its last finished step.
        was = Activity.WAITING if event.result is OutcomeResult.LOST else None
        self._sheet.change(record.wall_ns, Activity.WAITING, was=was)
        attempt.ended_ns, attempt.result = record.wall_ns, event.result
        attempt.error_code, attempt.message = event.error_code, event.message
        attempt.retry_not_before_ns = event.retry_not_before_ns
        is_bad = event.result in (OutcomeResult.FAILED, OutcomeResult.LOST)
        sentence = words.ended_words(event.robot_id, self._task_of(attempt), event)
        self._tell(record, sentence, depth=1, tone=Tone.BAD if is_bad else Tone.PLAIN)

    def _on_late(self, event: ev.OutcomeArrivedLate, record: ev.Record) -> None:
        self._tell(record, words.late_words(event))

    # What happened around it

    def _on_epoch(self, event: ev.EpochStarted, record: ev.Record) -> None:
        if not self.is_ended:
            sentence = f"a scheduler took the lead and went on from the log (epoch {event.epoch})"
            self._tell(record, sentence)

    def _is_about_its_robot(self, robot_id: RobotId) -> bool:
        return not self.is_ended and self._try is not None and self._try.robot_id == robot_id

    def _on_silent(self, event: ev.RobotSilent, record: ev.Record) -> None:
        # That a robot was lost has been told with its silence.
        is_told = self._try is not None and self._try.result is OutcomeResult.LOST
        if self._is_about_its_robot(event.robot_id) and not is_told:
            silence = spell_duration(event.silent_s)
            self._tell(record, f"{event.robot_id} has not been heard for {silence}", tone=Tone.BAD)

    def _on_returned(self, event: ev.RobotReturned, record: ev.Record) -> None:
        if self._is_about_its_robot(event.robot_id):
            self._tell(record, f"{event.robot_id} was heard again")

    def _on_barred(self, event: ev.RobotBarred, record: ev.Record) -> None:
        if self._is_about_its_robot(event.robot_id):
            sentence = f"{event.robot_id} is given no more work for now: {event.reason}"
            self._tell(record, sentence)

    def _on_cleared(self, event: ev.RobotCleared, record: ev.Record) -> None:
        if self._is_about_its_robot(event.robot_id):
            self._tell(record, f"{event.robot_id} did a probe task and is given work again")

    def _on_spare(self, event: ev.SpareCalled, record: ev.Record) -> None:
        if self._is_about_its_robot(event.instead_of):
            sentence = f"the spare {event.robot_id} was called in place of {event.instead_of}"
            self._tell(record, sentence)


_HANDLERS: dict[type, Callable[[Narrator, Any, ev.Record], None]] = {
    ev.OrderPlanned: Narrator._on_planned,
    ev.TaskAssigned: Narrator._on_assigned,
    ev.AttemptStarted: Narrator._on_started,
    ev.StepFinished: Narrator._on_step,
    ev.PickPermitted: Narrator._on_permitted,
    ev.AttemptEnded: Narrator._on_ended,
    ev.OutcomeArrivedLate: Narrator._on_late,
    ev.TaskRevised: Narrator._on_revised,
    ev.OrderSuspended: Narrator._on_suspended,
    ev.OrderResolved: Narrator._on_resolved,
    ev.OrderResumed: Narrator._on_resumed,
    ev.OrderCancelRequested: Narrator._on_cancel_requested,
    ev.OrderCompleted: Narrator._on_completed,
    ev.OrderFailed: Narrator._on_failed,
    ev.OrderCancelled: Narrator._on_cancelled,
    ev.EpochStarted: Narrator._on_epoch,
    ev.RobotSilent: Narrator._on_silent,
    ev.RobotReturned: Narrator._on_returned,
    ev.RobotBarred: Narrator._on_barred,
    ev.RobotCleared: Narrator._on_cleared,
    ev.SpareCalled: Narrator._on_spare,
}
