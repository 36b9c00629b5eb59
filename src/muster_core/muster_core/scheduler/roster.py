"""What the scheduler has heard of its robots lately: nothing here needs to survive a restart."""

from __future__ import annotations

from dataclasses import dataclass

from muster_core.clock import NS_PER_S, Instant
from muster_core.ids import AttemptId, RobotId
from muster_core.robot import RobotMode, RobotReport
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.ledger import Ledger, RobotRecord
from muster_core.states import RobotStanding

_MODE_REASONS = {
    RobotMode.OFFLINE: "its agent is not active",
    RobotMode.WORKING: "it works on something else",
    RobotMode.CHARGING: "it charges",
    RobotMode.FAULT: "it needs a person",
}


@dataclass(slots=True)
class Presence:
    """One robot as it was heard last. Times on the steady clock, ns.

    :param granted_ns: when it was last granted its attempt, or the scheduler started.
    :param offered_ns: when its attempt was last sent; 0 = never by this scheduler.
    :param paused_until_ns: it refused; nothing is offered to it before.
    """

    report: RobotReport
    heard_ns: int
    granted_ns: int
    offered_ns: int = 0
    paused_until_ns: int = 0


class Roster:
    """The robots that were heard or that the log knows, and whether they may be given work."""

    def __init__(self, config: SchedulerConfig, ledger: Ledger, site_digest: str) -> None:
        self._config = config
        self._ledger = ledger
        self._site_digest = site_digest
        self.presences: dict[RobotId, Presence] = {}

    def hear(self, report: RobotReport, now: Instant) -> bool:
        """Take in a heartbeat. Returns whether the robot's fitness for work may have changed."""
        presence = self.presences.get(report.robot_id)
        if presence is None:
            self.presences[report.robot_id] = Presence(report, now.steady_ns, now.steady_ns)
            return True
        has_changed = report.mode != presence.report.mode or not self.is_alive(report.robot_id, now)
        presence.report = report
        presence.heard_ns = now.steady_ns
        return has_changed

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
        return now.steady_ns - presence.heard_ns <= self._config.heartbeat_timeout_s * NS_PER_S

    def has_lease_run_out(self, robot_id: RobotId, now: Instant) -> bool:
        """Whether the robot cannot be working any more, wherever it is (I11)."""
        bound_s = self._config.lease_s + self._config.safe_point_s_max
        return now.steady_ns - self.presences[robot_id].granted_ns > bound_s * NS_PER_S

    def excluded(self, robot_id: RobotId, robot: RobotRecord, now: Instant) -> str:
        """Why the robot can be given nothing now; empty when it can."""
        presence = self.presences.get(robot_id)
        if presence is None or not self.is_alive(robot_id, now):
            return "it is silent"
        if robot.description.site_digest != self._site_digest:
            return f"its site {robot.description.site!r} differs from the scheduler's"
        if robot.standing is not RobotStanding.FREE:
            return "it has a task" if robot.standing is RobotStanding.HELD else "it is silent"
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
        )

    def is_offer_due(self, attempt_id: AttemptId, robot_id: RobotId, now: Instant) -> bool:
        """Whether the attempt was sent long ago and its robot does not show it yet."""
        presence = self.presences[robot_id]
        if presence.report.attempt_id == attempt_id:
            return False
        return now.steady_ns - presence.offered_ns > self._config.offer_timeout_s * NS_PER_S
