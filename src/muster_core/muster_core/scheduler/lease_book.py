"""What all agents are to be told: what they may go on with, must stop, and may forget."""

from __future__ import annotations

from collections.abc import Iterable

from muster_core.clock import NS_PER_S, Instant
from muster_core.events import Event, Record, TaskRevised
from muster_core.ids import AttemptId, RobotId
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.effects import GrantedHold, PublishLeases
from muster_core.scheduler.ledger import Ledger
from muster_core.scheduler.records import TaskRecord
from muster_core.scheduler.roster import Roster
from muster_core.task import TaskPurpose

Hold = tuple[RobotId, AttemptId]

ACKNOWLEDGEMENTS_MAX = 10_000
"""Acknowledgements told at once; beyond it an outcome waits for its robot's next heartbeat."""

ACKNOWLEDGE_S = 0.5
"""How long an acknowledgement may wait for others. All robots hear each message of leases, and none
waits for its acknowledgement: it is given the next task meanwhile."""


class LeaseBook:
    """Makes the next message of leases, when one is due, ``is_urgent``, or some robots hurry.

    What a message does not tell stays as it was, so in a hurry only those robots are told.
    """

    def __init__(self, config: SchedulerConfig, ledger: Ledger, roster: Roster) -> None:
        self._config = config
        self._ledger = ledger
        self._roster = roster
        self._acknowledgements: dict[Hold, None] = {}
        self._durable: dict[RobotId, tuple[AttemptId, int]] | None = None
        self._sent_ns = self._renewed_ns = 0
        self._acknowledge_ns = 0
        self.is_urgent = False
        self._urgent: set[RobotId] = set()

    def hurry(self, robot_id: RobotId) -> None:
        """Tell this robot soon how things stand."""
        self._urgent.add(robot_id)

    def acknowledge(self, robot_id: RobotId, attempt_id: AttemptId, now: Instant) -> bool:
        """Tell the robot, soon, that the log has the outcome, or has no use for it.

        False when it is to be told already, or there is no room and its next heartbeat will do.
        """
        hold = (robot_id, attempt_id)
        if hold in self._acknowledgements or len(self._acknowledgements) >= ACKNOWLEDGEMENTS_MAX:
            return False
        if not self._acknowledgements:
            self._acknowledge_ns = now.later(ACKNOWLEDGE_S).steady_ns
        self._acknowledgements[hold] = None
        return True

    def take_due(self, now: Instant) -> PublishLeases | None:
        """The message to publish now; None when none is due."""
        is_for_all = self.is_urgent or self._is_due(self._sent_ns, now)
        is_waited_for = bool(self._acknowledgements) and now.steady_ns >= self._acknowledge_ns
        if not (is_for_all or is_waited_for or self._urgent):
            return None
        presences = self._roster.presences
        robots = presences if is_for_all else [r for r in presences if r in self._urgent]
        grants, revocations = self._holds(robots, now)
        leases = self._message(grants, revocations, tuple(self._acknowledgements))
        self._acknowledgements.clear()  # a report that still carries the outcome brings it back
        self._urgent.clear()
        if is_for_all:
            self.is_urgent = False
            self._sent_ns = now.steady_ns
        return leases

    def mark_durable(self, records: Iterable[Record]) -> None:
        """Remember what is held now: the log has all of it.

        :param records: what it did not have the last time.
        """
        if self._durable is None:
            self._durable = {}
            robots = set(self._ledger.robots)
        else:
            robots = set().union(*(self._holders(record.event) for record in records))
        for robot_id in robots:
            attempt_id = self._ledger.robots[robot_id].attempt_id
            self._durable.pop(robot_id, None)
            if attempt_id:
                self._durable[robot_id] = attempt_id, self._steps_permitted(attempt_id)

    def _holders(self, event: Event) -> set[RobotId]:
        """The robots for which the event may have changed what they hold."""
        if isinstance(event, TaskRevised):
            task = self._ledger.task(event.task_id)
            attempt = task.open_attempt if task is not None else None
            return {attempt.robot_id} if attempt is not None else set()
        robot_id: RobotId | None = getattr(event, "robot_id", None)
        return {robot_id} & self._ledger.robots.keys() if robot_id else set()

    def renewals(self, now: Instant) -> PublishLeases | None:
        """What may be told, when due, while the log cannot be written: work that it has goes on.

        Nothing is revoked, permitted or acknowledged that is not durable.
        """
        # By a time of its own: what ``take_due`` gave meanwhile was never sent.
        if not self._is_due(self._renewed_ns, now):
            return None
        self._renewed_ns = now.steady_ns
        grants = [
            self._grant(robot_id, attempt_id, permitted, now)
            for robot_id, (attempt_id, permitted) in (self._durable or {}).items()
            if self._is_to_go_on(robot_id, now)
            and self._ledger.robots[robot_id].attempt_id == attempt_id
        ]
        return self._message(tuple(grants), (), ())

    def _is_due(self, sent_ns: int, now: Instant) -> bool:
        return now.steady_ns >= sent_ns + int(self._config.lease_s / 3 * NS_PER_S)

    def _message(
        self,
        grants: tuple[GrantedHold, ...],
        revocations: tuple[Hold, ...],
        acknowledgements: tuple[Hold, ...],
    ) -> PublishLeases:
        return PublishLeases(
            epoch=self._ledger.epoch,
            duration_s=self._config.lease_s,
            grants=grants,
            revocations=revocations,
            acknowledgements=acknowledgements,
        )

    def _holds(
        self, robots: Iterable[RobotId], now: Instant
    ) -> tuple[tuple[GrantedHold, ...], tuple[Hold, ...]]:
        grants: list[GrantedHold] = []
        revocations: list[Hold] = []
        for robot_id in robots:
            robot = self._ledger.robots[robot_id]
            works_on = self._roster.presences[robot_id].report.attempt_id
            if works_on and works_on != robot.attempt_id:
                revocations.append((robot_id, works_on))
            if not robot.attempt_id:
                continue
            if self._is_to_stop(robot_id, now):
                revocations.append((robot_id, robot.attempt_id))
            if self._is_to_go_on(robot_id, now):
                permitted = self._steps_permitted(robot.attempt_id)
                grants.append(self._grant(robot_id, robot.attempt_id, permitted, now))
        return tuple(grants), tuple(revocations)

    def _grant(
        self, robot_id: RobotId, attempt_id: AttemptId, permitted: int, now: Instant
    ) -> GrantedHold:
        presence = self._roster.presences[robot_id]
        presence.granted_ns = now.steady_ns
        return GrantedHold(robot_id, attempt_id, presence.report.report_number, permitted)

    def _is_to_go_on(self, robot_id: RobotId, now: Instant) -> bool:
        """Whether the robot is heard, and may still know of the attempt that it has.

        One that began it and shows nothing of it has lost its journal: it is granted nothing, so
        that its lease runs out. So is one that was offered it in vain.
        """
        roster = self._roster
        is_lost = roster.has_forgotten(robot_id) or roster.is_offer_over(robot_id, now)
        return roster.is_alive(robot_id, now) and not is_lost

    def _is_to_stop(self, robot_id: RobotId, now: Instant) -> bool:
        robot = self._ledger.robots[robot_id]
        order, task = self._ledger.orders[robot.order_id], self._ledger.task(robot.task_id)
        is_return = task is not None and task.task.purpose is TaskPurpose.RETURN
        is_cancelled = order.cancel_requested and not is_return
        return is_cancelled or self._roster.is_offer_over(robot_id, now)

    def _steps_permitted(self, attempt_id: AttemptId) -> int:
        task = self._ledger.task_of_attempt(attempt_id)
        return steps_permitted(task) if task is not None else 0


def steps_permitted(task: TaskRecord) -> int:
    """The first step of the task's open attempt that may not begin yet."""
    attempt = task.open_attempt
    is_permitted = attempt is not None and attempt.is_permitted
    return len(task.task.steps) if is_permitted else task.task.pivot
