"""The scheduler's core: records what happens, enforces the invariants, and asks for decisions.

A library in the manner of etcd-io/raft: no clock, no disk, no network. ``step`` takes in one input,
``ready`` hands out what came of all of them; the shell makes the records durable and only then
performs the effects. The same inputs at the same instants always give the same outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from muster_core import __version__
from muster_core import events as ev
from muster_core.clock import Instant
from muster_core.errors import ErrorCode, Refusal
from muster_core.ids import AttemptId, OrderId, RobotId, attempt_id, is_robot_name, task_id
from muster_core.intake import check_order
from muster_core.kinds import KINDS, Kind
from muster_core.order import content_digest
from muster_core.policy.protocol import Assignment, Plan
from muster_core.robot import RobotMode, RobotReport
from muster_core.scheduler import inputs as inp
from muster_core.scheduler.advice import Advice, Advisor
from muster_core.scheduler.attempts import Attempts
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.effects import Effect, Query, Ready, Reply, SendTask
from muster_core.scheduler.lease_book import LeaseBook
from muster_core.scheduler.ledger import Ledger, OrderRecord
from muster_core.scheduler.recorder import Recorder
from muster_core.scheduler.roster import Roster
from muster_core.scheduler.snapshot import build_snapshot, can_do
from muster_core.scheduler.views import order_view
from muster_core.site import Routes, Site
from muster_core.states import AttemptState, OrderState, RobotStanding
from muster_core.task import Outcome, OutcomeResult, Task
from muster_core.trace import make_traceparent


class SchedulerCore:
    """Everything the scheduler decides by itself.

    :param ledger: what the log holds so far, already folded.
    :param kinds: the kinds of order that the policies know.
    """

    def __init__(
        self,
        config: SchedulerConfig,
        ledger: Ledger,
        *,
        site: Site,
        routes: Routes,
        kinds: Mapping[str, Kind] = KINDS,
    ) -> None:
        self.config = config
        self.ledger = ledger
        self.site = site
        self.routes = routes
        self.roster = Roster(config, ledger, site.digest)
        self.advisor = Advisor(config, ledger, site)
        self._kinds = kinds
        self._recorder = Recorder(ledger)
        self._attempts = Attempts(config, self._recorder)
        self._effects: list[Effect] = []
        self._leases = LeaseBook(config, ledger, self.roster)
        self._is_dirty = False
        self._decided_ns = 0
        self.strangers = 0
        self.proposals_rejected = 0
        self._handlers: dict[type, Callable[[Any, Instant], None]] = {
            inp.SubmitOrder: self._on_submit_order,
            inp.CancelOrder: self._on_cancel_order,
            inp.RobotDescribed: self._on_robot_described,
            inp.RobotReported: self._on_robot_reported,
            inp.PlansReceived: self._on_plans_received,
            inp.DecisionReceived: self._on_decision_received,
        }

    def start(self, scheduler: str, now: Instant) -> None:
        """Take the lead under a new epoch; robots that the log knows are expected to be heard."""
        event = ev.EpochStarted(
            epoch=self.ledger.epoch + 1,
            scheduler=scheduler,
            version=__version__,
            site=self.site.name,
            site_digest=self.site.digest,
        )
        self._recorder.emit(event, now)
        for robot_id in self.ledger.robots:
            self.roster.expect(robot_id, now)
        self._is_dirty = self._leases.is_urgent = True

    def step(self, event: inp.Input, now: Instant) -> None:
        """Take in one input. What follows from it comes out of ``ready``."""
        self._handlers[type(event)](event, now)

    def ready(self, now: Instant) -> Ready:
        """What is to be asked, made durable and done by now. Call it at least every ``tick_s``."""
        self._record_plans(self.advisor.overdue_plans(now), now)
        if overdue := self.advisor.overdue_decision(now):
            self._commit(overdue[0], overdue[1].assignments, now)
        self._watch_robots(now)
        queries = self._ask(now)
        if (leases := self._leases.take_due(now)) is not None:
            self._effects.append(leases)
        effects, self._effects = tuple(self._effects), []
        return Ready(queries, self._recorder.take(), effects)

    # Requests

    def _on_submit_order(self, request: inp.SubmitOrder, now: Instant) -> None:
        order, digest = request.order, content_digest(request.order)
        known = self.ledger.orders.get(order.order_id)
        if known is not None:
            self._answer_duplicate(request, known, digest)
            return
        refusal = self._check_order(request, now)
        if refusal is not None:
            self._effects.append(Reply(request.reply_to, refusal, None))
            return
        event = ev.OrderAccepted(
            order_id=order.order_id,
            order=order,
            digest=digest,
            traceparent=order.traceparent or make_traceparent(order.order_id, digest, now.wall_ns),
        )
        self._recorder.emit(event, now)
        view = order_view(self.ledger, self.ledger.orders[order.order_id])
        self._effects.append(Reply(request.reply_to, None, view))

    def _check_order(self, request: inp.SubmitOrder, now: Instant) -> Refusal | None:
        refusal = check_order(
            request.order,
            site=self.site,
            routes=self.routes,
            kinds=self._kinds,
            capabilities=self._capabilities(),
            now=now,
        )
        if refusal is None and self.ledger.orders_open >= self.config.orders_open_max:
            return Refusal(
                ErrorCode.QUEUE_FULL,
                f"order {request.order.order_id!r} is refused: {self.ledger.orders_open} orders "
                f"are open, which is the bound (orders_open_max); send it again later",
            )
        return refusal

    def _capabilities(self) -> frozenset[str] | None:
        robots = self.ledger.robots.values()
        if not robots or len(robots) < self.config.robots_expected:
            return None
        return frozenset(name for robot in robots for name in robot.description.capabilities)

    def _answer_duplicate(self, request: inp.SubmitOrder, known: OrderRecord, digest: str) -> None:
        order_id = request.order.order_id
        if known.digest == digest:
            view = order_view(self.ledger, known)
            self._effects.append(Reply(request.reply_to, None, view, is_duplicate=True))
            return
        refusal = Refusal(
            ErrorCode.CHANGED_DUPLICATE,
            f"order {order_id!r} was accepted before with other content; send what is wanted now "
            f"under a new order_id, or the same content again to learn its state",
        )
        self._effects.append(Reply(request.reply_to, refusal, None))

    def _on_cancel_order(self, request: inp.CancelOrder, now: Instant) -> None:
        order = self.ledger.orders.get(request.order_id)
        refusal = self._check_cancel(request.order_id, order)
        if order is None or refusal is not None:
            self._effects.append(Reply(request.reply_to, refusal, None))
            return
        if not order.state.is_final and not order.cancel_requested:
            self._cancel(order, request, now)
        self._effects.append(Reply(request.reply_to, None, order_view(self.ledger, order)))

    @staticmethod
    def _check_cancel(order_id: OrderId, order: OrderRecord | None) -> Refusal | None:
        if order is None:
            return Refusal(
                ErrorCode.UNKNOWN_ORDER,
                f"there is no order {order_id[:128]!r}; `muster orders` lists them",
            )
        if order.state in (OrderState.COMPLETED, OrderState.FAILED):
            return Refusal(
                ErrorCode.ALREADY_ENDED,
                f"order {order_id!r} is {order.state.value} already and cannot be cancelled",
            )
        return None

    def _cancel(self, order: OrderRecord, request: inp.CancelOrder, now: Instant) -> None:
        order_id, trace = order.order.order_id, order.traceparent
        requested = ev.OrderCancelRequested(
            order_id=order_id,
            requester=request.requester,
            reason=request.reason,
            traceparent=trace,
        )
        self._recorder.emit(requested, now)
        task = order.current_task
        if task is not None and task.open_attempt is not None:
            self._leases.is_urgent = True  # the leases tell its robot to stop
            return
        reason = f"cancelled: {request.reason or 'on request'}"
        ended = ev.OrderCancelled(order_id=order_id, reason=reason, traceparent=trace)
        self._recorder.emit(ended, now)

    # Robots

    def _on_robot_described(self, event: inp.RobotDescribed, now: Instant) -> None:
        description = event.description
        if not is_robot_name(description.robot_id):
            self.strangers += 1
            return
        known = self.ledger.robots.get(description.robot_id)
        if known is None or known.description != description:
            described = ev.RobotDescribed(robot_id=description.robot_id, description=description)
            self._recorder.emit(described, now)
            self._is_dirty = True
        self.roster.expect(description.robot_id, now)

    def _on_robot_reported(self, event: inp.RobotReported, now: Instant) -> None:
        report = event.report
        robot = self.ledger.robots.get(report.robot_id)
        if robot is None:
            return  # its description is on the way; the next heartbeat will do
        self._is_dirty |= self.roster.hear(report, now)
        if robot.standing is RobotStanding.SILENT:
            self._recorder.emit(ev.RobotReturned(robot_id=report.robot_id), now)
            self._is_dirty = True
        if report.attempt_id:
            self._attempts.take_progress(report, now)
            if robot.attempt_id != report.attempt_id:
                self._leases.is_urgent = True  # it works on what is not its own any more
        for outcome in report.outcomes:
            self._take_outcome(report.robot_id, outcome, now)
        self._check_forgotten(report, now)

    def _check_forgotten(self, report: RobotReport, now: Instant) -> None:
        """End an attempt that its robot had begun and now knows nothing of: its journal is gone."""
        task = self.ledger.task_of_attempt(self.ledger.robots[report.robot_id].attempt_id)
        attempt = task.open_attempt if task else None
        is_forgotten = (
            attempt is not None
            and attempt.state is AttemptState.RUNNING
            and report.attempt_id != attempt.attempt_id
            and report.mode is RobotMode.IDLE
        )
        if attempt is not None and is_forgotten:
            reason = f"robot {report.robot_id} knows nothing of it any more (is its journal gone?)"
            self._attempts.lose(report.robot_id, attempt.attempt_id, reason, now)
            self._is_dirty = True

    def _take_outcome(self, robot_id: RobotId, outcome: Outcome, now: Instant) -> None:
        if self._attempts.take_outcome(robot_id, outcome, now):
            self._is_dirty = True
            if outcome.result is OutcomeResult.REFUSED:
                pause = now.later(self.config.retry_pause_s)
                self.roster.presences[robot_id].paused_until_ns = pause.steady_ns
        elif self.ledger.task_of_attempt(outcome.attempt_id) is None:
            self.strangers += 1
        self._leases.acknowledge(robot_id, outcome.attempt_id)

    def _watch_robots(self, now: Instant) -> None:
        for robot_id, robot in self.ledger.robots.items():
            if robot.standing is RobotStanding.SILENT or self.roster.is_alive(robot_id, now):
                if robot.attempt_id:
                    self._repeat_offer(robot_id, robot.attempt_id, now)
                continue
            silent_s = self.roster.silent_s(robot_id, now)
            if robot.standing is RobotStanding.HELD:
                if not self.roster.has_lease_run_out(robot_id, now):
                    continue
                reason = f"robot {robot_id} has been silent for {silent_s:.0f} s"
                self._attempts.lose(robot_id, robot.attempt_id, reason, now)
                self._is_dirty = True
            if silent_s > self.config.lease_s:
                event = ev.RobotSilent(robot_id=robot_id, silent_s=round(silent_s, 3))
                self._recorder.emit(event, now)

    def _repeat_offer(self, robot_id: RobotId, attempt: AttemptId, now: Instant) -> None:
        order = self.ledger.orders[self.ledger.robots[robot_id].order_id]
        if not order.cancel_requested and self.roster.is_offer_due(attempt, robot_id, now):
            self._send_task(robot_id, attempt, now)

    def _send_task(self, robot_id: RobotId, attempt: AttemptId, now: Instant) -> None:
        task = self.ledger.task_of_attempt(attempt)
        assert task is not None
        presence = self.roster.presences[robot_id]
        presence.offered_ns = presence.granted_ns = now.steady_ns
        effect = SendTask(
            robot_id=robot_id,
            epoch=self.ledger.epoch,
            attempt_id=attempt,
            task=task.task,
            lease_s=self.config.lease_s,
            traceparent=self.ledger.orders[task.task.order_id].traceparent,
        )
        self._effects.append(effect)

    # Decisions

    def _on_plans_received(self, answer: inp.PlansReceived, now: Instant) -> None:
        self._record_plans(self.advisor.take_plans(answer), now)

    def _record_plans(self, plans: Iterable[tuple[Advice, Plan]], now: Instant) -> None:
        for advice, plan in plans:
            order = self.ledger.orders.get(plan.order_id)
            if order is None or order.state is not OrderState.ACCEPTED:
                continue
            if plan.refusal is not None or not plan.tasks:
                self._fail_plan(order, advice, plan.refusal, now)
                continue
            tasks = tuple(
                Task(
                    task_id(plan.order_id, index),
                    plan.order_id,
                    proposal.steps,
                    tuple(sorted(proposal.capabilities)),
                )
                for index, proposal in enumerate(plan.tasks)
            )
            event = ev.OrderPlanned(
                order_id=plan.order_id,
                tasks=tasks,
                policy=advice.policy,
                policy_version=advice.version,
                fallback=advice.is_fallback,
                traceparent=order.traceparent,
            )
            self._recorder.emit(event, now)
            self._is_dirty = True

    def _fail_plan(
        self, order: OrderRecord, advice: Advice, refusal: Refusal | None, now: Instant
    ) -> None:
        reason = refusal.message if refusal else "it planned no task"
        event = ev.OrderFailed(
            order_id=order.order.order_id,
            error_code=ErrorCode.PLAN_FAILED,
            reason=f"policy {advice.policy} has no plan: {reason}",
            traceparent=order.traceparent,
        )
        self._recorder.emit(event, now)

    def _on_decision_received(self, answer: inp.DecisionReceived, now: Instant) -> None:
        if (taken := self.advisor.take_decision(answer)) is not None:
            self._commit(taken[0], taken[1].assignments, now)

    def _ask(self, now: Instant) -> tuple[Query, ...]:
        queries: list[Query] = []
        if (plans := self.advisor.ask_for_plans(now)) is not None:
            queries.append(plans)
        is_due = now.steady_ns - self._decided_ns > self.config.decide_period_s * 1e9
        if not self.advisor.is_deciding and self.ledger.ready and (self._is_dirty or is_due):
            self._is_dirty = False
            self._decided_ns = now.steady_ns
            if self.roster.has_idle(now):
                snapshot = build_snapshot(
                    self.ledger, self.roster, site=self.site, routes=self.routes, now=now
                )
                if snapshot.task_ids:
                    queries.append(self.advisor.ask_for_decision(snapshot, now))
        return tuple(queries)

    def _commit(self, advice: Advice, assignments: Iterable[Assignment], now: Instant) -> None:
        """Check each proposal against what is true now, and commit those that hold (I3)."""
        for assignment in assignments:
            robot = self.ledger.robots.get(assignment.robot_id)
            order = self.ledger.ready.get(assignment.task_id)
            task = self.ledger.task(assignment.task_id)
            if (
                robot is None
                or order is None
                or task is None
                or order.cancel_requested
                or self.roster.excluded(assignment.robot_id, robot, now)
                or not can_do(robot, task.task.capabilities)
            ):
                self.proposals_rejected += 1
                self._is_dirty = True
                continue
            event = ev.TaskAssigned(
                order_id=order.order.order_id,
                task_id=assignment.task_id,
                attempt_id=attempt_id(assignment.task_id, task.attempts + 1),
                robot_id=assignment.robot_id,
                epoch=self.ledger.epoch,
                policy=advice.policy,
                policy_version=advice.version,
                fallback=advice.is_fallback,
                cost=round(assignment.cost, 3),
                runner_up=assignment.runner_up,
                runner_up_cost=round(assignment.runner_up_cost, 3),
                traceparent=order.traceparent,
            )
            self._recorder.emit(event, now)
            self._send_task(assignment.robot_id, event.attempt_id, now)
