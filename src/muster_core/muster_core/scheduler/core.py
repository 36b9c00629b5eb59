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
from muster_core.clock import NS_PER_S, Instant
from muster_core.ids import AttemptId, RobotId, is_robot_name
from muster_core.kinds import KINDS, Kind
from muster_core.policy.protocol import Assignment
from muster_core.scheduler import inputs as inp
from muster_core.scheduler.advice import Advice, Advisor
from muster_core.scheduler.attempts import Attempts
from muster_core.scheduler.breaker import Breaker
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.decisions import Assigned, Decisions
from muster_core.scheduler.effects import Effect, Ready, SendTask
from muster_core.scheduler.lease_book import LeaseBook, steps_permitted
from muster_core.scheduler.ledger import Ledger
from muster_core.scheduler.obstacle import obstacle
from muster_core.scheduler.recorder import Recorder
from muster_core.scheduler.requests import Requests
from muster_core.scheduler.roster import Roster
from muster_core.scheduler.sagas import Sagas
from muster_core.scheduler.spares import Spares
from muster_core.site import Routes, Site
from muster_core.states import RobotStanding
from muster_core.task import Outcome, OutcomeResult, Task

_PROBING = Advice("breaker", __version__)


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
        ledger.line.age(config.aging_s, ledger.orders.values())
        self.site = site
        self.routes = routes
        self.roster = Roster(config, ledger, site.digest)
        self.advisor = Advisor(config, ledger, site)
        self.leases = LeaseBook(config, ledger, self.roster)
        self._recorder = recorder = Recorder(ledger)
        self._sagas = Sagas(config, recorder, roster=self.roster, site=site)
        self._attempts = Attempts(config, recorder, self._sagas)
        self._breaker = Breaker(config, recorder, roster=self.roster, site=site)
        self._spares = Spares(config, recorder, self.roster)
        self._requests = Requests(
            config, recorder, sagas=self._sagas, site=site, routes=routes, kinds=kinds
        )
        self._decisions = Decisions(
            config, recorder, self.advisor, roster=self.roster, site=site, routes=routes
        )
        self._effects: list[Effect] = []
        self._watch_due_ns = 0
        self.strangers = 0
        self.stale_reports = 0
        self._handlers: dict[type, Callable[[Any, Instant], None]] = {
            inp.SubmitOrder: self._on_submit_order,
            inp.CancelOrder: self._on_cancel_order,
            inp.ResolveOrder: self._on_resolve_order,
            inp.RobotDescribed: self._on_robot_described,
            inp.RobotReported: self._on_robot_reported,
            inp.PlansReceived: self._decisions.take_plans,
            inp.DecisionReceived: self._on_decision_received,
            inp.SiteChanged: self._on_site_changed,
        }

    @property
    def proposals_rejected(self) -> int:
        """Proposals of policies that did not hold when they arrived."""
        return self._decisions.proposals_rejected

    def start(self, scheduler: str, now: Instant, *, epoch_min: int = 0) -> None:
        """Take the lead under a new epoch; robots that the log knows are expected to be heard.

        Nothing is assigned to a robot before it has answered this epoch: what it does and what it
        owes is known by then, and offers of schedulers before cannot reach it any more (I4).

        :param epoch_min: the least epoch that may be taken, as the leadership's token says.
        """
        event = ev.EpochStarted(
            epoch=max(self.ledger.epoch + 1, epoch_min),
            scheduler=scheduler,
            version=__version__,
            site=self.site.name,
            site_digest=self.site.digest,
        )
        self._recorder.emit(event, now)
        for robot_id in self.ledger.robots:
            self.roster.expect(robot_id, now)
        self._decisions.is_dirty = self.leases.is_urgent = True

    def step(self, event: inp.Input, now: Instant) -> None:
        """Take in one input. What follows from it comes out of ``ready``."""
        self._handlers[type(event)](event, now)

    def ready(self, now: Instant) -> Ready:
        """What is to be asked, made durable and done by now. Call it at least every ``tick_s``."""
        self._send_tasks(self._decisions.stand_in(now), now)
        if now.steady_ns >= self._watch_due_ns:
            self._watch_due_ns = now.steady_ns + int(self.config.tick_s / 2 * NS_PER_S)
            self._watch(now)
        queries = self._decisions.ask(now)
        if (leases := self.leases.take_due(now)) is not None:
            self._effects.append(leases)
        effects, self._effects = tuple(self._effects), []
        return Ready(queries, self._recorder.take(), effects)

    def pause(self) -> Ready:
        """What came of the inputs alone: nothing is decided, offered, permitted or given up.

        For as long as nothing can be recorded: what nobody hears of must not have consequences.
        """
        effects, self._effects = tuple(self._effects), []
        return Ready((), self._recorder.take(), effects)

    def resume(self, now: Instant) -> None:
        """Go on after a time in which nothing could be recorded: no robot is to blame for it."""
        self.roster.begin_anew(now)
        self._decisions.is_dirty = self.leases.is_urgent = True

    # Requests

    def _on_submit_order(self, request: inp.SubmitOrder, now: Instant) -> None:
        self._effects.append(self._requests.submit(request, now))

    def _on_cancel_order(self, request: inp.CancelOrder, now: Instant) -> None:
        self._effects.append(self._requests.cancel(request, now))
        self.leases.is_urgent = self._decisions.is_dirty = True  # its robot is told to stop

    def _on_resolve_order(self, request: inp.ResolveOrder, now: Instant) -> None:
        self._effects.append(self._requests.resolve(request, now))
        self._decisions.is_dirty = True

    def _on_decision_received(self, answer: inp.DecisionReceived, now: Instant) -> None:
        self._send_tasks(self._decisions.take_decision(answer, now), now)

    def _on_site_changed(self, event: inp.SiteChanged, now: Instant) -> None:
        routes, site = event.routes, event.routes.site
        self.site, self.routes = site, routes
        for user in (self.roster, self.advisor, self._sagas, self._breaker):
            user.use_site(site)
        for traveller in (self._requests, self._decisions):
            traveller.use_site(site, routes)
        self._decisions.is_dirty = True

    def obstacle(self, task: Task) -> str:
        """Why no robot can do the task as the site is now; empty when one can."""
        return obstacle(task, self.routes)

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
            self._decisions.is_dirty = True
        self.roster.expect(description.robot_id, now)

    def _on_robot_reported(self, event: inp.RobotReported, now: Instant) -> None:
        report = event.report
        robot = self.ledger.robots.get(report.robot_id)
        if robot is None:
            return  # its description is on the way; the next heartbeat will do
        if not self.roster.is_news(report, now):
            self.stale_reports += 1
            return
        self._decisions.is_dirty |= self.roster.hear(report, now)
        if robot.standing is RobotStanding.SILENT:
            self._recorder.emit(ev.RobotReturned(robot_id=report.robot_id), now)
            self._decisions.is_dirty = True
            self.leases.hurry(report.robot_id)  # it may think itself alone
        if report.epoch < self.ledger.epoch:
            self.leases.hurry(report.robot_id)  # it is to hear who leads
        if report.attempt_id:
            self._attempts.take_progress(report, now)
            is_permitted = self._attempts.permit(report, now)
            # It is to hear that, or it works on what is not its own any more.
            if is_permitted or robot.attempt_id != report.attempt_id:
                self.leases.hurry(report.robot_id)
        for outcome in report.outcomes:
            self._take_outcome(report.robot_id, outcome, now)

    def _take_outcome(self, robot_id: RobotId, outcome: Outcome, now: Instant) -> None:
        is_first = self.leases.acknowledge(robot_id, outcome.attempt_id, now)
        if self._attempts.take_outcome(robot_id, outcome, now):
            self._decisions.is_dirty = True
            if outcome.result is OutcomeResult.REFUSED:
                self.roster.take_refusal(robot_id, now)
            else:
                self.roster.presences[robot_id].refusals = 0
        elif is_first and self.ledger.task_of_attempt(outcome.attempt_id) is None:
            self.strangers += 1

    # Time

    def _watch(self, now: Instant) -> None:
        """Look at all that may have become due by itself."""
        for robot_id in self.ledger.robots:
            self._watch_robot(robot_id, now)
        self._sagas.watch(now)
        self._decisions.is_dirty |= self._spares.watch(now)
        for robot_id, task in self._breaker.watch(now):
            assignment = Assignment(robot_id, task.task_id)
            assigned = self._decisions.assign(assignment, _PROBING, now)
            self._send_tasks([assigned] if assigned else [], now)

    def _watch_robot(self, robot_id: RobotId, now: Instant) -> None:
        robot = self.ledger.robots[robot_id]
        is_alive = self.roster.is_alive(robot_id, now)
        if robot.attempt_id and is_alive and self.roster.is_offer_due(robot_id, now):
            self._repeat_offer(robot_id, robot.attempt_id, now)
        silent_s = self.roster.silent_s(robot_id, now)
        if robot.attempt_id and self.roster.has_lease_run_out(robot_id, now):
            reason = self._why_lost(robot_id, silent_s, is_alive=is_alive)
            self._attempts.lose(robot_id, robot.attempt_id, reason, now)
            self._decisions.is_dirty = True
        is_known_silent = robot.standing is RobotStanding.SILENT
        if robot.attempt_id or is_alive or is_known_silent or silent_s <= self.config.lease_s:
            return
        event = ev.RobotSilent(robot_id=robot_id, silent_s=round(silent_s, 3))
        self._recorder.emit(event, now)

    def _why_lost(self, robot_id: RobotId, silent_s: float, *, is_alive: bool) -> str:
        if not is_alive:
            return f"it has been silent for {silent_s:.0f} s"
        if self.roster.has_forgotten(robot_id):
            return "it knows nothing of it any more (is its journal gone?)"
        return f"it was offered the task for {self.config.offer_s_max:g} s in vain"

    def _repeat_offer(self, robot_id: RobotId, attempt: AttemptId, now: Instant) -> None:
        task = self.ledger.task_of_attempt(attempt)
        assert task is not None
        if not self._sagas.is_stopping(task) and not self.roster.is_offer_over(robot_id, now):
            self._send_task(robot_id, attempt, now)

    def _send_tasks(self, assigned: Iterable[Assigned], now: Instant) -> None:
        for robot_id, attempt in assigned:
            self.roster.presences[robot_id].offered_since_ns = now.steady_ns
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
            heard_report=presence.report.report_number,
            steps_permitted=steps_permitted(task),
            traceparent=self.ledger.orders[task.task.order_id].traceparent,
        )
        self._effects.append(effect)
