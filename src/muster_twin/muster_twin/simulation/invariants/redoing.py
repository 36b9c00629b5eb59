"""I11: work is never redone behind a robot's back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from muster_core import events as ev
from muster_core.agent.inputs import Grant, LeasesReceived, TaskOffered
from muster_core.clock import NS_PER_S
from muster_core.ids import AttemptId, RobotId
from muster_core.robot import RobotReport
from muster_core.task import OutcomeResult, Step
from muster_twin.simulation.body import Body
from muster_twin.simulation.clock import Clock
from muster_twin.simulation.facts import Facts
from muster_twin.simulation.floor import Floor, Item, PickState, Work
from muster_twin.simulation.witness import Invariant


class NeverRedone(Invariant):
    """Leases are reckoned by the true time, picks are seen on the floor.

    :param clocks: of the agents.
    :param lease_safety: the share of a lease that agents use.
    :param true_ns: this moment.
    :param is_believed: whether an agent believes a message that it has just heard.
    """

    name = "I11"
    claim = "work is never redone behind a robot's back"

    def __init__(
        self,
        facts: Facts,
        floor: Floor,
        *,
        clocks: Mapping[RobotId, Clock],
        lease_safety: float,
        true_ns: Callable[[], int],
        is_believed: Callable[[RobotId, TaskOffered | LeasesReceived], bool],
    ) -> None:
        super().__init__()
        self._facts = facts
        self._floor = floor
        self._clocks = clocks
        self._lease_safety = lease_safety
        self._true_ns = true_ns
        self._is_believed = is_believed
        self._made_ns: dict[RobotId, dict[int, int]] = defaultdict(dict)
        self._lease_ends_ns: dict[tuple[RobotId, AttemptId], int] = {}

    def report_made(self, robot_id: RobotId, report: RobotReport) -> None:
        """See :class:`Invariant`."""
        self._made_ns[robot_id][report.report_number] = self._true_ns()

    def agent_heard(self, robot_id: RobotId, message: TaskOffered | LeasesReceived) -> None:
        """See :class:`Invariant`. Leases run from the report that the grant names."""
        if not self._is_believed(robot_id, message):
            return
        grants: tuple[Grant, ...]
        if isinstance(message, TaskOffered):
            grants, duration_s = (message.grant,), message.lease_s
        else:
            grants, duration_s = message.granted, message.duration_s
        used_ns = int(duration_s * self._lease_safety * NS_PER_S)
        for grant in grants:
            made_ns = self._made_ns[robot_id].get(grant.heard_report)
            if made_ns is None:
                continue
            end_ns = made_ns + self._clocks[robot_id].true_duration_ns(used_ns)
            hold = (robot_id, grant.attempt_id)
            self._lease_ends_ns[hold] = max(end_ns, self._lease_ends_ns.get(hold, 0))

    def recorded(self, record: ev.Record) -> None:
        """See :class:`Invariant`."""
        event = record.event
        if not isinstance(event, ev.TaskAssigned):
            return
        before = self._facts.newest.get(event.task_id)
        if before is None or before.result is not OutcomeResult.LOST:
            return
        hold = (before.robot_id, before.attempt_id)
        left_s = (self._lease_ends_ns.get(hold, 0) - self._true_ns()) / NS_PER_S
        if left_s > 0:
            self.fail(
                f"{event.task_id} is given to {event.robot_id} while {before.robot_id} may work on "
                f"it for another {left_s:.1f} s",
                event.order_id,
                before.robot_id,
                event.robot_id,
            )

    def step_begun(self, body: Body, step: Step, work: Work | None) -> None:
        """See :class:`Invariant`."""
        if work is None:
            return
        about = (work.order_id, body.robot_id)
        attempt = self._facts.attempts.get(work.attempt_id)
        if attempt is not None and attempt.result is not None:
            what = f"{body.robot_id} begins {step.verb} for {work.attempt_id}, which is over"
            self.fail(f"{what} ({attempt.result.value})", *about)
        if step.verb != "pick":
            return
        if attempt is not None and not attempt.is_permitted:
            self.fail(f"{body.robot_id} begins a pick that was not permitted", *about)
        item = self._floor.items.get(work.order_id)
        if item is not None and (why := _redoes(item, step)):
            self.fail(f"{body.robot_id} picks for {work.order_id} once more: {why}", *about)


def _redoes(item: Item, step: Step) -> str:
    """Why another pick of the item may do twice what must be done once; empty when it cannot."""
    is_takeover = step.place.startswith("@")
    for pick in item.picks:
        if pick.state in (PickState.RUNNING, PickState.BROKEN_OFF):
            return f"what became of the pick by {pick.robot_id} is not known"
        if pick.state is PickState.TAKEN and not is_takeover:
            return f"{pick.robot_id} has taken it already"
    return ""
