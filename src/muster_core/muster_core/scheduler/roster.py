"""What the scheduler has heard of its robots lately: nothing here needs to survive a restart."""

from __future__ import annotations

from dataclasses import dataclass

from muster_core.clock import NS_PER_S, Instant, utc_text
from muster_core.ids import RobotId
from muster_core.robot import RobotMode, RobotReport
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.ledger import Ledger
from muster_core.scheduler.records import Attempt, RobotRecord, TaskRecord
from muster_core.site import Site
from muster_core.states import AttemptState, RobotStanding
from muster_core.task import TaskPurpose

_MODE_REASONS = {
    RobotMode.OFFLINE: "its agent is not active",
    RobotMode.WORKING: "it works on something else",
    RobotMode.CHARGING: "it charges",
    RobotMode.FAULT: "it needs a person",
}

TWIN_TIMEOUTS = 3
"""Old reports that keep arriving for so many heartbeat timeouts come from a second agent."""


@dataclass(slots=True)
class Presence:
    """One robot as it was heard last. Times on the steady clock, ns.

    :param granted_ns: when it was last granted its attempt, or the scheduler started.
    :param offered_ns: when its attempt was last sent; 0 = never by this scheduler.
    :param offered_since_ns: when its attempt was sent first.
    :param paused_until_ns: it refused; nothing is offered to it before.
    :param refusals: refused attempts in a row.
    :param stale_since_ns: since when reports arrive that are older than the newest.
    :param stale_ns: when the last of them arrived.
    :param is_twin: they kept coming for so long that two agents must share its id.
    """

    report: RobotReport
    heard_ns: int
    granted_ns: int
    offered_ns: int = 0
    offered_since_ns: int = 0
    paused_until_ns: int = 0
    refusals: int = 0
    stale_since_ns: int = 0
    stale_ns: int = 0
    is_twin: bool = False


class Roster:
    """The robots that were heard or that the log knows, and whether they may be given work."""

    def __init__(self, config: SchedulerConfig, ledger: Ledger, site_digest: str) -> None:
        self.config = config
        self._ledger = ledger
        self._site_digest = site_digest
        self.presences: dict[RobotId, Presence] = {}

    def use_site(self, site: Site) -> None:
        """Give work only to robots of this site from now on."""
        self._site_digest = site.digest

    def is_news(self, report: RobotReport, now: Instant) -> bool:
        """Whether the report is newer than all that were heard of its robot.

        A robot that the log holds for silent may begin again with any number: it has nothing to
        lose any more, and its journal may be gone.
        """
        presence = self.presences.get(report.robot_id)
        if presence is None or not presence.heard_ns:
            return True
        newest = presence.report.report_number
        if report.report_number > newest:
            presence.is_twin &= now.steady_ns - presence.stale_ns < self._timeout_ns
            return True
        if self._ledger.robots[report.robot_id].standing is RobotStanding.SILENT:
            return True
        if report.report_number < newest:
            self._note_stale(presence, now)
        return False

    def hear(self, report: RobotReport, now: Instant) -> bool:
        """Take in news. Returns whether the robot's fitness for work may have changed."""
        presence = self.presences.get(report.robot_id)
        if presence is None:
            self.presences[report.robot_id] = Presence(report, now.steady_ns, now.steady_ns)
            return True
        before = presence.report
        has_changed = (
            report.mode != before.mode
            or report.epoch != before.epoch
            or not self.is_alive(report.robot_id, now)
        )
        presence.report = report
        presence.heard_ns = now.steady_ns
        return has_changed

    @property
    def _timeout_ns(self) -> int:
        return int(self.config.heartbeat_timeout_s * NS_PER_S)

    def _note_stale(self, presence: Presence, now: Instant) -> None:
        if now.steady_ns - presence.stale_ns > self._timeout_ns:
            presence.stale_since_ns = now.steady_ns
        presence.stale_ns = now.steady_ns
        presence.is_twin |= (
            now.steady_ns - presence.stale_since_ns > TWIN_TIMEOUTS * self._timeout_ns
        )

    def expect(self, robot_id: RobotId, now: Instant) -> None:
        """Count the silence of a robot that the log knows from now on, unless it was heard."""
        if robot_id not in self.presences:
            never_heard = RobotReport(robot_id=robot_id)
            self.presences[robot_id] = Presence(never_heard, 0, now.steady_ns)

    def silent_s(self, robot_id: RobotId, now: Instant) -> float:
        """Seconds since the robot was heard, or expected."""
        presence = self.presences[robot_id]
        return (now.steady_ns - (presence.heard_ns or presence.granted_ns)) / NS_PER_S

    def is_alive(self, robot_id: RobotId, now: Instant) -> bool:
        """Whether the robot was heard within the heartbeat timeout."""
        presence = self.presences.get(robot_id)
        if presence is None or not presence.heard_ns:
            return False
        return now.steady_ns - presence.heard_ns <= self.config.heartbeat_timeout_s * NS_PER_S

    def has_lease_run_out(self, robot_id: RobotId, now: Instant) -> bool:
        """Whether the robot cannot be working any more, wherever it is (I11)."""
        bound_s = self.config.lease_s + self.config.safe_point_s_max
        return now.steady_ns - self.presences[robot_id].granted_ns > bound_s * NS_PER_S

    def excluded(
        self, robot_id: RobotId, robot: RobotRecord, now: Instant, *, is_probe: bool = False
    ) -> str:
        """Why the robot can be given nothing now; empty when it can.

        :param is_probe: whether it is asked for a probe task, which barred robots are given.
        """
        presence = self.presences.get(robot_id)
        if presence is None or not self.is_alive(robot_id, now):
            return "it is silent"
        if robot.description.site_digest != self._site_digest:
            return f"its site {robot.description.site!r} differs from the scheduler's"
        if presence.is_twin:
            return f"two agents use the id {robot_id!r}; stop one of them or rename it"
        if presence.report.epoch > self._ledger.epoch:
            return (
                f"it has heard a scheduler of epoch {presence.report.epoch}, and this one is of "
                f"epoch {self._ledger.epoch}: is another in charge, or was the log replaced "
                f"(see epoch_min)?"
            )
        if presence.report.epoch < self._ledger.epoch:
            return "it has not answered this scheduler yet"
        if robot.standing is not RobotStanding.FREE:
            return "it has a task" if robot.standing is RobotStanding.HELD else "it is silent"
        if robot.bars and not is_probe:
            until = utc_text(robot.probe_not_before_ns)
            return f"it is barred after repeated failures; it may show by a probe from {until} on"
        if robot_id in self.config.spares and not robot.instead_of and not is_probe:
            return "it is a spare"
        if presence.paused_until_ns > now.steady_ns:
            return f"it refused a task: {presence.report.message or 'see its outcome'}"
        if presence.report.mode is not RobotMode.IDLE:
            reason = _MODE_REASONS[presence.report.mode]
            detail = presence.report.message
            return f"{reason}: {detail}" if detail else reason
        return ""

    def has_idle(self, now: Instant) -> bool:
        """Whether any robot can be given something now."""
        robots = self._ledger.robots
        return any(not self.excluded(robot_id, robots[robot_id], now) for robot_id in robots)

    def is_soon_free(self, robot_id: RobotId, robot: RobotRecord, now: Instant) -> bool:
        """Whether the robot works now and is expected to be free later (look-ahead)."""
        presence = self.presences.get(robot_id)
        return (
            presence is not None
            and robot.standing is RobotStanding.HELD
            and presence.report.mode is RobotMode.WORKING
            and presence.report.busy_s > 0
            and self.is_alive(robot_id, now)
            and robot.description.site_digest == self._site_digest
            and not robot.bars
        )

    def has_forgotten(self, robot_id: RobotId) -> bool:
        """Whether a robot that had begun an attempt does not show it any more."""
        robot = self._ledger.robots[robot_id]
        attempt = self._open_attempt(robot)
        report = self.presences[robot_id].report
        return (
            attempt is not None
            and attempt.state is AttemptState.RUNNING
            and report.epoch == self._ledger.epoch
            and report.attempt_id != attempt.attempt_id
        )

    def is_offer_over(self, robot_id: RobotId, now: Instant) -> bool:
        """Whether its attempt was offered for so long that it is to be withdrawn."""
        attempt, presence = (
            self._open_attempt(self._ledger.robots[robot_id]),
            self.presences[robot_id],
        )
        waited_ns = now.steady_ns - (presence.offered_since_ns or now.steady_ns)
        is_offered = attempt is not None and attempt.state is AttemptState.OFFERED
        return is_offered and waited_ns > self.config.offer_s_max * NS_PER_S

    def is_offer_due(self, robot_id: RobotId, now: Instant) -> bool:
        """Whether the attempt was sent long ago and its robot does not show it yet."""
        attempt, presence = (
            self._open_attempt(self._ledger.robots[robot_id]),
            self.presences[robot_id],
        )
        if attempt is None or attempt.state is not AttemptState.OFFERED:
            return False
        if presence.report.attempt_id == attempt.attempt_id:
            return False
        return now.steady_ns - presence.offered_ns > self.config.offer_timeout_s * NS_PER_S

    def take_refusal(self, robot_id: RobotId, now: Instant) -> None:
        """Leave a robot that refused alone, longer each time in a row."""
        presence, config = self.presences[robot_id], self.config
        pause_s = config.retry_pause_s * 2.0 ** min(presence.refusals, 30)
        presence.refusals += 1
        presence.paused_until_ns = now.later(min(pause_s, config.retry_pause_s_max)).steady_ns

    def begin_anew(self, now: Instant) -> None:
        """Count leases and offers from now on: what was due meanwhile did not leave."""
        for presence in self.presences.values():
            presence.granted_ns = now.steady_ns
            presence.offered_ns = presence.offered_since_ns = 0

    def can_take(self, robot_id: RobotId, task: TaskRecord) -> bool:
        """Whether the task is one for this robot: not whether it is free.

        A robot that failed it gets it again only when no other could do it. One that has another
        order's item on board has no hands for it.
        """
        item_order_id = self._ledger.robots[robot_id].item_order_id
        is_probe = task.task.purpose is TaskPurpose.PROBE
        if item_order_id not in ("", task.task.order_id) and not is_probe:
            return False
        if item_order_id and task.task.purpose is TaskPurpose.FETCH:
            return False  # nobody fetches an item from himself
        if task.task.robot_id:
            return task.task.robot_id == robot_id
        if not _can_do(self._ledger.robots[robot_id], task):
            return False
        return robot_id not in task.tried or not any(
            self._is_of_use(other_id, other) and _can_do(other, task)
            for other_id, other in self._ledger.robots.items()
            if other_id not in task.tried
        )

    def _is_of_use(self, robot_id: RobotId, robot: RobotRecord) -> bool:
        """Whether the robot can be expected to be free before long."""
        presence = self.presences.get(robot_id)
        return (
            presence is not None
            and presence.report.mode in (RobotMode.IDLE, RobotMode.WORKING)
            and robot.standing is not RobotStanding.SILENT
            and not robot.bars
            and (robot_id not in self.config.spares or bool(robot.instead_of))
            and robot.description.site_digest == self._site_digest
        )

    def _open_attempt(self, robot: RobotRecord) -> Attempt | None:
        task = self._ledger.task(robot.task_id) if robot.task_id else None
        return task.open_attempt if task else None


def _can_do(robot: RobotRecord, task: TaskRecord) -> bool:
    is_strong_enough = robot.description.can_carry(task.task.payload_kg)
    return is_strong_enough and set(task.task.capabilities) <= set(robot.description.capabilities)
