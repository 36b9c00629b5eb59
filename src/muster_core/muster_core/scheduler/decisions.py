"""What the policy proposes, and what of it is committed: every proposal is checked first."""

from __future__ import annotations

from collections.abc import Iterable

from muster_core import events as ev
from muster_core.clock import NS_PER_S, Instant
from muster_core.errors import ErrorCode, Refusal
from muster_core.ids import AttemptId, RobotId, TaskId, attempt_id, task_id
from muster_core.policy.protocol import Assignment, Plan
from muster_core.scheduler.advice import Advice, Advisor
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.effects import Query
from muster_core.scheduler.inputs import DecisionReceived, PlansReceived
from muster_core.scheduler.obstacle import obstacle
from muster_core.scheduler.recorder import Recorder
from muster_core.scheduler.records import OrderRecord
from muster_core.scheduler.roster import Roster
from muster_core.scheduler.snapshot import build_snapshot
from muster_core.site import Routes, Site
from muster_core.states import OrderState
from muster_core.task import Task, TaskPurpose

Assigned = tuple[RobotId, AttemptId]


class Decisions:
    """Asks the policy, records what it plans, and commits the assignments that hold (I3)."""

    def __init__(
        self,
        config: SchedulerConfig,
        recorder: Recorder,
        advisor: Advisor,
        *,
        roster: Roster,
        site: Site,
        routes: Routes,
    ) -> None:
        self._config = config
        self._recorder = recorder
        self._ledger = recorder.ledger
        self._advisor = advisor
        self._roster = roster
        self._site = site
        self._routes = routes
        self._decided_ns = 0
        self._planned: dict[TaskId, RobotId] = {}
        self.is_dirty = False
        self.proposals_rejected = 0

    def use_site(self, site: Site, routes: Routes) -> None:
        """Go by this site from now on."""
        self._site, self._routes = site, routes

    def take_plans(self, answer: PlansReceived, now: Instant) -> None:
        """Record what the policy planned."""
        self._record_plans(self._advisor.take_plans(answer), now)

    def take_decision(self, answer: DecisionReceived, now: Instant) -> list[Assigned]:
        """Commit what the policy decided. Returns the new attempts."""
        taken = self._advisor.take_decision(answer)
        if taken is None:
            return []
        self._planned = {
            task: queue.robot_id for queue in taken[1].queues for task in queue.task_ids
        }
        return self._commit(taken[0], taken[1].assignments, now)

    def stand_in(self, now: Instant) -> list[Assigned]:
        """Plan and decide with the built-in policy what the policy is late with."""
        self._record_plans(self._advisor.overdue_plans(now), now)
        overdue = self._advisor.overdue_decision(now)
        return self._commit(overdue[0], overdue[1].assignments, now) if overdue else []

    def ask(self, now: Instant) -> tuple[Query, ...]:
        """The questions that are due."""
        queries: list[Query] = []
        if (plans := self._advisor.ask_for_plans(now)) is not None:
            queries.append(plans)
        is_due = now.steady_ns - self._decided_ns > self._config.decide_period_s * NS_PER_S
        if self._advisor.is_deciding or not self._ledger.ready or not (self.is_dirty or is_due):
            return tuple(queries)
        self.is_dirty = False
        self._decided_ns = now.steady_ns
        if self._roster.has_idle(now):
            snapshot = build_snapshot(
                self._ledger,
                self._roster,
                site=self._site,
                routes=self._routes,
                now=now,
                planned=self._planned,
            )
            if snapshot.task_ids:
                queries.append(self._advisor.ask_for_decision(snapshot, now))
        return tuple(queries)

    def assign(self, assignment: Assignment, advice: Advice, now: Instant) -> Assigned | None:
        """Commit one assignment; None when it does not hold."""
        robot = self._ledger.robots.get(assignment.robot_id)
        order = self._ledger.ready.get(assignment.task_id)
        task = self._ledger.task(assignment.task_id)
        if robot is None or order is None or task is None:
            return None
        is_probe = task.task.purpose is TaskPurpose.PROBE
        is_stopping = order.cancel_requested and task.task.purpose is not TaskPurpose.RETURN
        if (
            is_stopping
            or self._roster.excluded(assignment.robot_id, robot, now, is_probe=is_probe)
            or not self._roster.can_take(assignment.robot_id, task)
            or obstacle(task.task, self._routes)
        ):
            return None
        event = ev.TaskAssigned(
            order_id=order.order.order_id,
            task_id=assignment.task_id,
            attempt_id=attempt_id(assignment.task_id, task.attempts + 1),
            robot_id=assignment.robot_id,
            epoch=self._ledger.epoch,
            policy=advice.policy,
            policy_version=advice.version,
            fallback=advice.is_fallback,
            cost=round(assignment.cost, 3),
            runner_up=assignment.runner_up,
            runner_up_cost=round(assignment.runner_up_cost, 3),
            traceparent=order.traceparent,
        )
        self._recorder.emit(event, now)
        return assignment.robot_id, event.attempt_id

    def _commit(
        self, advice: Advice, assignments: Iterable[Assignment], now: Instant
    ) -> list[Assigned]:
        """Check each proposal against what is true now, and commit those that hold (I3)."""
        committed: list[Assigned] = []
        for assignment in assignments:
            assigned = self.assign(assignment, advice, now)
            if assigned is None:
                self.proposals_rejected += 1
                self.is_dirty = True
            else:
                committed.append(assigned)
        return committed

    def _record_plans(self, plans: Iterable[tuple[Advice, Plan]], now: Instant) -> None:
        for advice, plan in plans:
            order = self._ledger.orders.get(plan.order_id)
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
                    proposal.return_place,
                    proposal.allows_fetch,
                    payload_kg=proposal.payload_kg,
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
            self.is_dirty = True

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
