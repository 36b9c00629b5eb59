"""What all agents are to be told: what they may go on with, must stop, and may forget."""

from __future__ import annotations

from muster_core.clock import NS_PER_S, Instant
from muster_core.ids import AttemptId, RobotId
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.effects import PublishLeases
from muster_core.scheduler.ledger import Ledger
from muster_core.scheduler.roster import Roster

Hold = tuple[RobotId, AttemptId]

ACKNOWLEDGEMENTS_MAX = 10_000
"""Acknowledgements told at once; beyond it an outcome waits for its robot's next heartbeat."""


class LeaseBook:
    """Makes the next message of leases, when one is due or ``is_urgent``."""

    def __init__(self, config: SchedulerConfig, ledger: Ledger, roster: Roster) -> None:
        self._config = config
        self._ledger = ledger
        self._roster = roster
        self._acknowledgements: dict[Hold, None] = {}
        self._sent_ns = 0
        self.is_urgent = False

    def acknowledge(self, robot_id: RobotId, attempt_id: AttemptId) -> None:
        """Tell the robot that the log has the outcome, or has no use for it."""
        hold = (robot_id, attempt_id)
        if (
            hold not in self._acknowledgements
            and len(self._acknowledgements) < ACKNOWLEDGEMENTS_MAX
        ):
            self._acknowledgements[hold] = None
            self.is_urgent = True

    def take_due(self, now: Instant) -> PublishLeases | None:
        """The message to publish now; None when none is due."""
        due_ns = self._sent_ns + int(self._config.lease_s / 3 * NS_PER_S)
        if not self.is_urgent and now.steady_ns < due_ns:
            return None
        grants, revocations = self._grants(now)
        leases = PublishLeases(
            epoch=self._ledger.epoch,
            duration_s=self._config.lease_s,
            grants=grants,
            revocations=revocations,
            acknowledgements=tuple(self._acknowledgements),
        )
        self._acknowledgements.clear()  # a report that still carries the outcome brings it back
        self.is_urgent = False
        self._sent_ns = now.steady_ns
        return leases

    def _grants(self, now: Instant) -> tuple[tuple[Hold, ...], tuple[Hold, ...]]:
        grants: list[Hold] = []
        revocations: list[Hold] = []
        for robot_id, presence in self._roster.presences.items():
            robot = self._ledger.robots[robot_id]
            works_on = presence.report.attempt_id
            if works_on and works_on != robot.attempt_id:
                revocations.append((robot_id, works_on))
            if not robot.attempt_id:
                continue
            if self._ledger.orders[robot.order_id].cancel_requested:
                revocations.append((robot_id, robot.attempt_id))
            if self._roster.is_alive(robot_id, now):
                presence.granted_ns = now.steady_ns
                grants.append((robot_id, robot.attempt_id))
        return tuple(grants), tuple(revocations)
