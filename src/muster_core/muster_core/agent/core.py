"""The agent's core: one robot's promises, kept across crashes of everybody else and of itself.

Pure, in the manner of etcd-io/raft: ``step`` takes inputs, ``ready`` hands out the records to make
durable and the effects that may leave after that. The shell calls ``step`` again only after it has
performed them.

Rules for editors: lasting facts change in :class:`Promises` alone; what is not in the journal
(driver, permission, run, driving) must be safe to lose. Steps are started in ``_start`` alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from muster_core.agent.abilities import Abilities
from muster_core.agent.config import AgentConfig
from muster_core.agent.contact import Contact
from muster_core.agent.driving import Driving, motion_of
from muster_core.agent.effects import Effect, FinishGoal, PublishState, StartStep, StopDriver
from muster_core.agent.errands import Errands
from muster_core.agent.inputs import (
    DriverReported,
    Input,
    LeasesReceived,
    ReleaseReceived,
    RollCalled,
    StopRequested,
    TaskOffered,
    Ticked,
)
from muster_core.agent.intake import EPOCH_MAX, refusal, refused, revoked_early
from muster_core.agent.lease import Lease
from muster_core.agent.pace import pause_s
from muster_core.agent.permission import Permission
from muster_core.agent.picture import picture
from muster_core.agent.promises import Promises
from muster_core.agent.records import (
    AgentRecord,
    AgentStarted,
    EpochSeen,
    StepBegun,
    StepFinished,
    TrafficEpochSeen,
)
from muster_core.agent.report_numbers import ReportNumbers
from muster_core.agent.run import Errand, Run, Stop
from muster_core.agent.state import AgentState
from muster_core.agent.telling import Telling
from muster_core.clock import Instant
from muster_core.driver.protocol import DriverReport, StepState
from muster_core.errors import ErrorCode
from muster_core.ids import AttemptId, RobotId
from muster_core.robot import RobotMode, RobotReport
from muster_core.task import Outcome, OutcomeResult
from muster_core.traffic.effects import Release
from muster_core.traffic.inputs import TrafficReport


@dataclass(frozen=True, slots=True)
class Ready:
    """What to make durable, then what to do."""

    records: tuple[AgentRecord, ...]
    effects: tuple[Effect, ...]


class AgentCore:
    """One robot's agent.

    :param state: what its journal says; ``fold`` of nothing for a new robot. The core's own from
        now on.
    :param now: when it starts. An attempt found in ``state`` waits from now on for a grant.
    """

    def __init__(
        self,
        config: AgentConfig,
        robot_id: RobotId,
        *,
        abilities: Abilities,
        state: AgentState,
        now: Instant,
    ) -> None:
        self.state = state
        self.counts: Counter[str] = Counter()
        self._config = config
        self._robot_id = robot_id
        self._abilities = abilities
        self._report: DriverReport | None = None
        self._run: Run | None = None
        self._effects: list[Effect] = []
        self._promises = Promises(state, config.outcomes_kept_max)
        self._promises.record(AgentStarted(incarnation=state.incarnation + 1))
        self._numbers = ReportNumbers(state.incarnation, now)
        lease = Lease(config.lease_safety, config.lease_s_max)
        self._permission = Permission(lease, self._numbers, self.counts)
        self._contact = Contact(config.alone_after_s, now)
        self._errands = Errands(config, abilities, now)
        self._telling = Telling(config.heartbeat_period_s, now)
        # The lease ran out, and no scheduler was heard since.
        self._is_adrift = False
        self._driving: Driving | None = None
        if config.traffic:
            self._driving = Driving(config, robot_id, abilities=abilities, state=state, now=now)
        self._resume(now)

    def step(self, item: Input, now: Instant) -> None:
        """Take in ``item``."""
        self._check_time(now)
        match item:
            case TaskOffered():
                self._on_task_offered(item, now)
            case LeasesReceived():
                self._on_leases_received(item, now)
            case DriverReported(report=report):
                self._on_driver_reported(report, now)
            case StopRequested(attempt_id=attempt_id):
                self._on_stop_requested(attempt_id)
            case ReleaseReceived(release=release):
                self._on_traffic_heard(release.epoch, release)
            case RollCalled(epoch=epoch):
                self._on_traffic_heard(epoch)
            case Ticked():
                pass
        self._proceed(now)

    def ready(self, now: Instant) -> Ready:
        """What became of the inputs since the last call."""
        self._tell(now)
        if self._run is not None:
            self._run.is_start_pending = False
        if self._driving is not None:
            motion = motion_of(self._run, self._report, is_adrift=self._is_adrift)
            self._effects.extend(self._driving.effects(self._run, motion, now))
        ready = Ready(self._promises.take_records(), tuple(self._effects))
        self._effects.clear()
        return ready

    def pause_s(self) -> float:
        """How long ``step`` need not be called if no input comes, s."""
        if self._driving is not None and self._driving.is_under_way:
            return self._config.tick_s  # each vertex that is left is waited for by others
        is_idle = self._run is None and self.state.attempt is None
        return pause_s(self._config, self._report, self._run, is_idle=is_idle)

    def report(self) -> RobotReport:
        """What is true of the robot; not numbered, as it is not told yet."""
        return self._picture(self._step_report())

    def _picture(self, step_report: DriverReport | None) -> RobotReport:
        return picture(
            self._robot_id,
            self.state,
            step_report,
            self._run,
            alone=self._contact.told(),
            battery_low=self._config.battery_low,
        )

    @property
    def held(self) -> tuple[str, ...]:
        """The vertices that the robot holds; none where it finds its own way, or is not placed."""
        return () if self._driving is None else self._driving.held

    def farewell(self, now: Instant) -> RobotReport:
        """The report with which the agent ends."""
        report = self.report()
        report.mode, report.message = RobotMode.OFFLINE, "the agent is not active"
        report.report_number = self._numbers.next(now)
        return report

    def farewell_to_traffic(self) -> TrafficReport | None:
        """What traffic is told when the agent ends; None when there is nothing to tell."""
        return None if self._driving is None else self._driving.farewell()

    def warning(self) -> str:
        """What a person should look into; empty when there is nothing."""
        return self._permission.warning(self._robot_id)

    def _step_report(self) -> DriverReport | None:
        """What the driver knows of the step under way, also where traffic leads it."""
        driving = self._driving
        return self._report if driving is None else driving.as_step(self._run, self._report)

    def _tell(self, now: Instant) -> None:
        step_report = self._step_report()
        if self._run is not None and step_report is not None:
            progress = self._telling.progress(self._run, step_report, now)
            if progress is not None:
                self._effects.append(progress)
        report = self._picture(step_report)
        if self._telling.is_due(report, now):
            report.report_number = self._numbers.next(now)
            self._effects.append(PublishState(report))

    def _resume(self, now: Instant) -> None:
        """Take up the attempt that the journal left open, if that is safe."""
        attempt, index = self.state.attempt, self.state.steps_finished
        if attempt is None:
            return
        self._run = Run(attempt.steps, attempt.attempt_id, index=index)
        self._permission.await_grant(attempt.attempt_id, attempt.lease_s, now)
        if self.state.has_begun:
            self._run.fail("the agent was restarted in the middle of it", is_known=False)

    # Inputs

    def _on_task_offered(self, offer: TaskOffered, now: Instant) -> None:
        attempt_id = offer.attempt_id
        if not attempt_id or offer.epoch > EPOCH_MAX:
            self.counts["malformed_dropped"] += 1
            return
        self._see_epoch(offer.epoch, now)
        self._permission.hear(offer.heard_report)
        if self.state.attempt is not None and self.state.attempt.attempt_id == attempt_id:
            if offer.epoch >= self.state.epoch:
                self._permission.extend(offer.grant, offer.lease_s, now)
        elif (known := self.state.ended.get(attempt_id)) is not None:
            self._effects.append(FinishGoal(known))
            self._telling.repeat()
        elif self._promises.is_owing_all_it_can:
            self.counts["offers_unanswered_outcomes_full"] += 1
        else:
            self._answer(offer, now)

    def _answer(self, offer: TaskOffered, now: Instant) -> None:
        if not self._permission.is_worth_something(offer.grant, offer.lease_s, now):
            self.counts["offers_void"] += 1  # it is late, and was repeated if it still holds
            return
        run = self._run
        why = refusal(
            offer,
            self.state,
            self._report,
            config=self._config,
            verbs=self._abilities.verbs,
            is_charging=run is not None and run.errand is Errand.CHARGE,
        )
        if why is not None:
            self._decline(refused(offer, why))
            return
        self._promises.accept(offer, self._permission.believed_s(offer.lease_s))
        self._permission.begin(offer.grant, offer.lease_s)
        if run is not None:
            run.end_by(Stop(OutcomeResult.CANCELLED, message="there is work"))

    def _on_leases_received(self, leases: LeasesReceived, now: Instant) -> None:
        if leases.epoch > EPOCH_MAX:
            self.counts["malformed_dropped"] += 1
            return
        if leases.epoch < self.state.epoch:
            self.counts["stale_leases_ignored"] += 1
            return
        self._see_epoch(leases.epoch, now)
        for grant in leases.granted:
            self._permission.hear(grant.heard_report)
            self._permission.extend(grant, leases.duration_s, now)
        for attempt_id in leases.revoked:
            self._on_revoked(attempt_id)
        for attempt_id in leases.acknowledged:
            self._promises.acknowledge(attempt_id)

    def _on_revoked(self, attempt_id: AttemptId) -> None:
        attempt = self.state.attempt
        if attempt is not None and attempt.attempt_id == attempt_id:
            self._stop_attempt(Stop(OutcomeResult.CANCELLED, message="revoked by the scheduler"))
        elif attempt_id in self.state.ended or not attempt_id:
            pass  # its outcome is on its way, or acknowledged
        elif self._promises.is_owing_all_it_can:
            self.counts["revocations_unanswered_outcomes_full"] += 1
        else:
            # The offer is late or lost; should it still come, it must not be done.
            self._decline(revoked_early(attempt_id))

    def _on_stop_requested(self, attempt_id: AttemptId) -> None:
        attempt = self.state.attempt
        if attempt is not None and attempt.attempt_id == attempt_id:
            message = "stopped by a request to the robot itself"
            self._stop_attempt(Stop(OutcomeResult.CANCELLED, message=message))

    def _on_traffic_heard(self, epoch: int, release: Release | None = None) -> None:
        driving = self._driving
        if driving is None or not 0 <= epoch <= EPOCH_MAX:
            self.counts["malformed_dropped" if driving else "traffic_unexpected"] += 1
            return
        driving.hear_traffic(epoch, release)
        if driving.epoch > self.state.traffic_epoch:
            self._promises.record(TrafficEpochSeen(epoch=driving.epoch))

    def _on_driver_reported(self, report: DriverReport, now: Instant) -> None:
        self._report = report
        driving = self._driving
        trouble = "" if driving is None else driving.hear_driver(report, now)
        run = self._run
        if run is None or not run.is_under_way or run.is_start_pending:
            return
        if driving is not None and run.is_go:
            if driving.has_finished(run, report, trouble):
                self._on_step_finished(run)
            return
        if report.step_state is StepState.FINISHED:
            self._on_step_finished(run)
            return
        run.take_end(report)
        if report.step_state is not StepState.RUNNING:
            return
        if not run.is_under_way:
            self._effects.append(StopDriver())
        elif self._errands.is_enough(run, report):
            run.end_by(Stop(OutcomeResult.SUCCEEDED))

    def _on_step_finished(self, run: Run) -> None:
        run.is_under_way = False
        if not run.is_errand:
            self._promises.record(StepFinished(attempt_id=run.attempt_id, step_index=run.index))
        run.index += 1

    # Time and epochs

    def _see_epoch(self, epoch: int, now: Instant) -> None:
        if epoch > self.state.epoch:
            self._promises.record(EpochSeen(epoch=epoch))
        if epoch == self.state.epoch:
            self._contact.hear(now)
            self._is_adrift = False

    def _check_time(self, now: Instant) -> None:
        if self._contact.check(now):
            self.counts["times_alone"] += 1
        if self._permission.is_over(now):
            self._is_adrift = True
            message = self._permission.why_over()
            self._stop_attempt(Stop(OutcomeResult.FAILED, ErrorCode.LEASE_EXPIRED, message))

    # Runs

    def _proceed(self, now: Instant) -> None:
        """Start, stop and end runs, as far as that is possible now."""
        run = self._run
        if run is not None and run.needs_driver_stop():
            run.is_stop_sent = True
            self._effects.append(StopDriver())
            if self._driving is not None and run.is_go:
                self._driving.stop()
        if run is not None and not run.is_under_way and (run.stop is not None or run.is_done):
            self._end(run, now)
            run = None
        if run is None:
            run = self._run = self._next_run(now)
        if run is not None and self._can_start(run):
            self._start(run)

    def _next_run(self, now: Instant) -> Run | None:
        attempt, report = self.state.attempt, self._report
        if attempt is not None:
            return Run(attempt.steps, attempt.attempt_id, index=self.state.steps_finished)
        if report is None:
            return None
        return self._errands.next_errand(report, now, is_alone=self._contact.is_alone)

    def _can_start(self, run: Run) -> bool:
        """A driver that still comes to a stop after a restart is let stand first."""
        is_standing = self._report is not None and self._report.step_state is not StepState.RUNNING
        is_permitted = run.is_errand or self._permission.covers(run.index)
        if self._driving is not None and run.is_go:
            is_standing = self._driving.is_placed  # it may be giving way to somebody
        return is_standing and not run.is_under_way and is_permitted

    def _start(self, run: Run) -> None:
        assert self._report is not None
        if not run.is_repeatable:
            self._promises.record(StepBegun(attempt_id=run.attempt_id, step_index=run.index))
        run.is_under_way = run.is_start_pending = True
        if self._driving is not None and run.is_go:
            self._driving.begin(run, self._report.vertex)
        else:
            self._effects.append(StartStep(run.step))
        run.look_ahead(self._abilities.estimate_s, self._report.vertex)

    def _stop_attempt(self, stop: Stop) -> None:
        """Have the attempt under way end because of ``stop``."""
        run = self._run
        if run is not None and not run.is_errand:
            run.end_by(stop)
        else:  # an errand is still coming to its end: nothing of the attempt has begun
            self._finish(stop, is_uncertain=False)

    def _end(self, run: Run, now: Instant) -> None:
        self._run = None
        if run.errand is None:
            stop = Stop(OutcomeResult.SUCCEEDED) if run.is_done else run.stop
            assert stop is not None
            self._finish(stop, is_uncertain=run.is_uncertain)
            return
        self._errands.pause(run.errand, now)
        if run.stop is not None and run.stop.result is OutcomeResult.FAILED:
            self.counts[f"{run.errand.value}_failed"] += 1

    def _finish(self, stop: Stop, *, is_uncertain: bool) -> None:
        self._permission.end()
        self._effects.append(FinishGoal(self._promises.finish(stop, is_uncertain=is_uncertain)))

    def _decline(self, outcome: Outcome) -> None:
        self._promises.decline(outcome)
        self._effects.append(FinishGoal(outcome))
