"""What follows when an attempt ends: the order goes on, begins anew, is made good, or waits.

An order is a saga (Garcia-Molina and Salem 1987). What a failed attempt means depends on what was
already done:

- nothing that cannot be repeated: another robot begins anew, a bounded number of times;
- the item is on board of a robot that works: that robot goes on with the rest (``RESUME``), or puts
  the item where the policy says when the order was cancelled (``RETURN``);
- the item is on board of a robot that was lost: another robot takes it over where the lost one
  stands (``FETCH``), if the site allows it and some robot can; otherwise a person is asked;
- nobody knows: a person is asked.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from muster_core import events as ev
from muster_core.clock import NS_PER_S, Instant
from muster_core.errors import ErrorCode
from muster_core.ids import OrderId, RobotId
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.recorder import Recorder
from muster_core.scheduler.records import Attempt, OrderRecord, TaskRecord
from muster_core.scheduler.roster import Roster
from muster_core.site import Site
from muster_core.states import OrderState, RobotStanding, TaskState
from muster_core.task import Outcome, OutcomeResult, Resolution, Step, Task, TaskPurpose

FETCH_CAPABILITY = "fetch"
"""What a robot must offer to take an item over from another robot."""

_ON_LOST_ROBOT = "the item is still on the robot that was lost with it"


class Whereabouts(Enum):
    """What is known of an order's item after an attempt that did not succeed."""

    UNTOUCHED = "untouched"  # nothing was done that cannot be repeated
    ON_BOARD = "on board"  # of the robot that told it
    PUT_DOWN = "put down"  # the rest needs no item
    LEFT = "left"  # on board of a robot that was lost
    UNKNOWN = "unknown"


class Sagas:
    """Decides what becomes of orders whose attempts have ended, and of those that wait too long."""

    def __init__(
        self, config: SchedulerConfig, recorder: Recorder, *, roster: Roster, site: Site
    ) -> None:
        self._config = config
        self._recorder = recorder
        self._ledger = recorder.ledger
        self._roster = roster
        self._site = site
        # Since when each order waits for a person or for one certain robot, on the steady clock.
        self._waits_since_ns: dict[OrderId, int] = {}

    def use_site(self, site: Site) -> None:
        """Go by this site from now on."""
        self._site = site

    def is_stopping(self, task: TaskRecord) -> bool:
        """Whether the task is only to come to its end: its order is cancelled."""
        order = self._ledger.orders[task.task.order_id]
        return order.cancel_requested and task.task.purpose is not TaskPurpose.RETURN

    # Ends of attempts

    def conclude(self, task: TaskRecord, attempt: Attempt, outcome: Outcome, now: Instant) -> None:
        """Decide what follows from an attempt's end, which is in the ledger already."""
        order = self._ledger.orders[task.task.order_id]
        if outcome.result is OutcomeResult.SUCCEEDED:
            self._go_on(order, attempt, now)
        elif task.task.purpose is TaskPurpose.PROBE:
            self._fail(order, ErrorCode.RETRIES_EXHAUSTED, _told(attempt, outcome), now)
        elif outcome.result is OutcomeResult.REFUSED and not self.is_stopping(task):
            self._repeat(order, task, attempt, _told(attempt, outcome), now)
        else:
            self._make_good(order, task, attempt, outcome, now)

    def conclude_late(
        self, task: TaskRecord, attempt: Attempt, outcome: Outcome, now: Instant
    ) -> None:
        """Decide what follows when a lost robot told at last how its attempt had ended."""
        order = self._ledger.orders[task.task.order_id]
        is_suspended = order.state is OrderState.SUSPENDED
        if outcome.result is OutcomeResult.SUCCEEDED:
            is_last = order.current_task is None or attempt.task.purpose is TaskPurpose.RETURN
            if is_suspended and not is_last:
                self._resume(order, f"{attempt.robot_id} is back and had done it", now)
            self._go_on(order, attempt, now)
        elif not outcome.is_uncertain:
            if is_suspended:
                self._resume(order, f"{attempt.robot_id} is back: {outcome.message}", now)
            self._make_good(order, task, attempt, outcome, now)

    def _go_on(self, order: OrderRecord, attempt: Attempt, now: Instant) -> None:
        order_id, trace = order.order.order_id, order.traceparent
        purpose = attempt.task.purpose
        if purpose is TaskPurpose.RETURN:
            place = attempt.task.steps[-1].place
            self._cancel(order, f"the item was put down at {place}", now)
        elif order.current_task is None:
            self._recorder.emit(ev.OrderCompleted(order_id=order_id, traceparent=trace), now)
        elif order.cancel_requested:
            self._cancel(order, "", now)
        if purpose is TaskPurpose.PROBE:
            cleared = ev.RobotCleared(robot_id=attempt.robot_id, order_id=order_id)
            self._recorder.emit(cleared, now)

    def _make_good(
        self, order: OrderRecord, task: TaskRecord, attempt: Attempt, outcome: Outcome, now: Instant
    ) -> None:
        where = whereabouts(attempt, outcome)
        told = _told(attempt, outcome)
        is_over = task.failures >= self._config.attempts_max
        match where:
            case Whereabouts.UNTOUCHED if order.cancel_requested:
                is_fetch = task.task.purpose is TaskPurpose.FETCH
                self._cancel(order, _ON_LOST_ROBOT if is_fetch else "", now)
            case Whereabouts.UNTOUCHED:
                self._repeat(order, task, attempt, told, now)
            case Whereabouts.PUT_DOWN if order.cancel_requested:
                self._cancel(order, "the item had been put down", now)
            case Whereabouts.ON_BOARD if order.cancel_requested and not is_over:
                self.put_back(task, attempt, now)
            case Whereabouts.ON_BOARD | Whereabouts.PUT_DOWN if not is_over:
                self._carry_on(task, attempt, where, told, now)
            case Whereabouts.LEFT if not is_over and self._can_fetch(order, attempt):
                self._fetch(task, attempt, now)
            case _:
                words = f"{told}; {_item_words(where, attempt)}"
                self._ask(order, attempt.robot_id, words, now)

    def _repeat(
        self, order: OrderRecord, task: TaskRecord, attempt: Attempt, told: str, now: Instant
    ) -> None:
        """Leave the task to another robot, unless it was tried often enough."""
        if task.failures >= self._config.attempts_max:
            story = "; ".join(f"({n}) {each}" for n, each in enumerate(task.story, 1))
            reason = f"given up after {task.failures} failed attempts: {story}"
        elif task.refusals >= self._config.refusals_max:
            reason = f"given up after {task.refusals} refused attempts; the last {told}"
        else:
            return
        if _needs_one(task):
            robot_id = order.item_robot_id or attempt.robot_id
            self._ask(order, robot_id, f"{reason}; the item is on {robot_id}", now)
        else:
            self._fail(order, ErrorCode.RETRIES_EXHAUSTED, reason, now)

    # What persons ask

    def cancel(self, order: OrderRecord, now: Instant) -> None:
        """End an order that is to be cancelled, as far as no robot has to stop for it first."""
        task = order.current_task
        if order.state is OrderState.SUSPENDED:
            self._cancel(order, order.message, now)
        elif task is not None and task.open_attempt is not None:
            return  # the leases tell its robot to stop
        elif task is not None and task.task.is_holding and task.attempt is not None:
            self.put_back(task, task.attempt, now)
        else:
            is_fetch = task is not None and task.task.purpose is TaskPurpose.FETCH
            self._cancel(order, _ON_LOST_ROBOT if is_fetch else "", now)

    def resolve(self, order: OrderRecord, resolution: Resolution, said: str, now: Instant) -> None:
        """Go on with a suspended order as a person says; one that is cancelled is not retried."""
        if resolution is Resolution.COMPLETED:
            event = ev.OrderCompleted(
                order_id=order.order.order_id, reason=said, traceparent=order.traceparent
            )
            self._recorder.emit(event, now)
        elif order.cancel_requested:
            self._cancel(order, said, now)
        elif resolution is Resolution.FAILED:
            self._fail(order, ErrorCode.UNRESOLVED, f"given up: {said}; {order.message}", now)
        else:
            task = order.current_task
            assert task is not None
            self._resume(order, said, now)
            if task.task != task.planned:
                self._revise(task, task.planned, f"from the start, as {said}", now)

    # Making good

    def put_back(self, task: TaskRecord, attempt: Attempt, now: Instant) -> None:
        """Have the robot that has the item put it where the policy says."""
        robot_id, place = attempt.robot_id, _return_place(attempt)
        steps = (Step("go", place), Step("place", place))
        revised = msgspec.structs.replace(
            task.task,
            steps=steps,
            capabilities=("go", "place"),
            purpose=TaskPurpose.RETURN,
            robot_id=robot_id,
            is_holding=True,
            return_place=place,
        )
        reason = f"the order is cancelled and the item is on {robot_id}: back to {place}"
        self._revise(task, revised, reason, now)

    def _carry_on(
        self, task: TaskRecord, attempt: Attempt, where: Whereabouts, told: str, now: Instant
    ) -> None:
        is_on_board = where is Whereabouts.ON_BOARD
        rest = _rest(attempt)
        revised = msgspec.structs.replace(
            task.task,
            steps=rest,
            purpose=TaskPurpose.RESUME,
            robot_id=attempt.robot_id if is_on_board else RobotId(""),
            is_holding=is_on_board,
            return_place=_return_place(attempt),
        )
        who = f"{attempt.robot_id}, which has the item," if is_on_board else "any robot"
        self._revise(task, revised, f"{told}; {who} goes on with the rest", now)

    def _can_fetch(self, order: OrderRecord, attempt: Attempt) -> bool:
        lost_id = attempt.robot_id
        presence = self._roster.presences.get(lost_id)
        is_known = presence is not None and self._site.has_vertex(presence.report.vertex)
        return (
            is_known
            and self._site.allows_fetch
            and attempt.task.allows_fetch
            and not order.cancel_requested
            and any(
                FETCH_CAPABILITY in robot.description.capabilities
                and robot.description.can_carry(attempt.task.payload_kg)
                and robot.standing is not RobotStanding.SILENT
                for robot_id, robot in self._ledger.robots.items()
                if robot_id != lost_id
            )
        )

    def _fetch(self, task: TaskRecord, attempt: Attempt, now: Instant) -> None:
        vertex = self._roster.presences[attempt.robot_id].report.vertex
        at = f"@{vertex}"
        rest = _rest(attempt)
        revised = msgspec.structs.replace(
            task.task,
            steps=(Step("go", at), Step("pick", at), *rest),
            capabilities=tuple(sorted({*task.task.capabilities, FETCH_CAPABILITY})),
            purpose=TaskPurpose.FETCH,
            robot_id=RobotId(""),
            is_holding=False,
            return_place=_return_place(attempt),
        )
        reason = f"{attempt.robot_id} was lost with the item at {vertex}: it is fetched there"
        self._revise(task, revised, reason, now)

    def _revise(self, task: TaskRecord, revised: Task, reason: str, now: Instant) -> None:
        order = self._ledger.orders[task.task.order_id]
        event = ev.TaskRevised(
            order_id=order.order.order_id,
            task_id=task.task.task_id,
            task=revised,
            reason=reason,
            traceparent=order.traceparent,
        )
        self._recorder.emit(event, now)

    # Persons

    def _ask(self, order: OrderRecord, robot_id: RobotId, reason: str, now: Instant) -> None:
        if order.state is OrderState.SUSPENDED:
            return
        presence = self._roster.presences.get(robot_id)
        event = ev.OrderSuspended(
            order_id=order.order.order_id,
            reason=reason,
            robot_id=robot_id,
            vertex=presence.report.vertex if presence else "",
            traceparent=order.traceparent,
        )
        self._recorder.emit(event, now)

    def _resume(self, order: OrderRecord, reason: str, now: Instant) -> None:
        event = ev.OrderResumed(
            order_id=order.order.order_id, reason=reason, traceparent=order.traceparent
        )
        self._recorder.emit(event, now)

    # Waits that have a bound

    def watch(self, now: Instant) -> None:
        """Give up what has waited for a person, or for one certain robot, for too long."""
        waits: dict[OrderId, int] = {}
        for order_id, order in list(self._ledger.suspended.items()):
            waits[order_id] = since = self._waits_since_ns.get(order_id, now.steady_ns)
            if now.steady_ns - since >= self._config.suspended_s_max * NS_PER_S:
                hours = self._config.suspended_s_max / 3600
                reason = f"nobody answered for {hours:g} h; {order.message}"
                self._fail(order, ErrorCode.UNRESOLVED, reason, now)
        for task_id, order in list(self._ledger.ready.items()):
            task = self._ledger.task(task_id)
            if task is None or task.attempt is None or not _needs_one(task):
                continue
            order_id = order.order.order_id
            waits[order_id] = since = self._waits_since_ns.get(order_id, now.steady_ns)
            if now.steady_ns - since >= self._config.item_wait_s_max * NS_PER_S:
                robot_id = order.item_robot_id or task.attempt.robot_id
                reason = (
                    f"nobody could do the rest for {self._config.item_wait_s_max:g} s "
                    f"({task.task.purpose.value}); the item is on {robot_id}"
                )
                self._ask(order, robot_id, reason, now)
        self._waits_since_ns = waits

    # Ends of orders

    def _fail(self, order: OrderRecord, code: ErrorCode, reason: str, now: Instant) -> None:
        event = ev.OrderFailed(
            order_id=order.order.order_id,
            error_code=code,
            reason=reason,
            traceparent=order.traceparent,
        )
        self._recorder.emit(event, now)

    def _cancel(self, order: OrderRecord, detail: str, now: Instant) -> None:
        reason = f"cancelled: {order.cancel_reason or 'on request'}"
        event = ev.OrderCancelled(
            order_id=order.order.order_id,
            reason=f"{reason}; {detail}" if detail else reason,
            traceparent=order.traceparent,
        )
        self._recorder.emit(event, now)


def whereabouts(attempt: Attempt, outcome: Outcome) -> Whereabouts:
    """Where the item is after an attempt that did not succeed."""
    task, finished = attempt.task, attempt.steps_finished
    is_lost = outcome.result is OutcomeResult.LOST
    if task.has_item(finished):
        if is_lost:
            return Whereabouts.LEFT
        return Whereabouts.UNKNOWN if outcome.is_uncertain else Whereabouts.ON_BOARD
    if outcome.is_uncertain:
        return Whereabouts.UNKNOWN
    return Whereabouts.UNTOUCHED if finished <= task.pivot else Whereabouts.PUT_DOWN


def _rest(attempt: Attempt) -> tuple[Step, ...]:
    """The steps that are left, with the way to the place of the first, for the robot may move."""
    rest = attempt.task.steps[attempt.steps_finished :]
    first = rest[0]
    if first.verb != "go" and first.place:
        return (Step("go", first.place), *rest)
    return rest


def _return_place(attempt: Attempt) -> str:
    steps = attempt.task.steps
    picked = [step.place for step in steps[: attempt.steps_finished] if step.verb == "pick"]
    return attempt.task.return_place or (picked[-1] if picked else steps[-1].place)


def _needs_one(task: TaskRecord) -> bool:
    """Whether the task waits with an item on board of a robot."""
    is_waiting = task.state is TaskState.WAITING
    return is_waiting and (task.task.is_holding or task.task.purpose is TaskPurpose.FETCH)


def _told(attempt: Attempt, outcome: Outcome) -> str:
    return f"{outcome.result.value} on {attempt.robot_id}: {outcome.message}"


def _item_words(where: Whereabouts, attempt: Attempt) -> str:
    robot = attempt.robot_id
    if where in (Whereabouts.ON_BOARD, Whereabouts.LEFT):
        return f"the item is on {robot}, a person must take it over"
    if where is Whereabouts.PUT_DOWN:
        return "the item was put down, but the rest cannot be done"
    step = attempt.task.steps[min(attempt.steps_finished, len(attempt.task.steps) - 1)]
    others = dict.fromkeys(each.place for each in attempt.task.steps[attempt.steps_finished :])
    places = [place for place in (step.place, *others) if place]
    return f"the item may be on {robot}, or at {' or '.join(dict.fromkeys(places))}; look there"
