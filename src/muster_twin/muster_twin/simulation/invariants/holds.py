"""I3: a task has at most one running attempt, a robot at most one task."""

from __future__ import annotations

from muster_core import events as ev
from muster_core.ids import RobotId, TaskId
from muster_core.task import Step
from muster_twin.simulation.body import Body
from muster_twin.simulation.facts import Facts
from muster_twin.simulation.floor import Work
from muster_twin.simulation.witness import Invariant


class OneHold(Invariant):
    """Checked in the log, and on the floor where bodies move."""

    name = "I3"
    claim = "a task has at most one running attempt, a robot at most one task"

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self._facts = facts
        self._movers: dict[TaskId, RobotId] = {}
        self._busy: set[RobotId] = set()

    def recorded(self, record: ev.Record) -> None:
        """See :class:`Invariant`."""
        event = record.event
        if not isinstance(event, ev.TaskAssigned):
            return
        rival = self._facts.open_attempt_of(event.task_id)
        if rival is not None:
            what = f"{event.task_id} is given to {event.robot_id} while {rival.robot_id} has it"
            self.fail(what, event.order_id, event.robot_id, rival.robot_id)
        held = self._facts.held.get(event.robot_id)
        if held is not None:
            what = f"{event.robot_id} is given {event.task_id} while it has {held.attempt_id}"
            self.fail(what, event.robot_id, event.order_id, held.order_id)

    def step_begun(self, body: Body, step: Step, work: Work | None) -> None:
        """See :class:`Invariant`."""
        if body.robot_id in self._busy:
            self.fail(f"{body.robot_id} begins {step.verb} in the middle of a step", body.robot_id)
        self._busy.add(body.robot_id)
        if work is None:
            return
        other = self._movers.get(work.task_id)
        if other is not None and other != body.robot_id:
            what = f"{body.robot_id} and {other} work on {work.task_id} at the same time"
            self.fail(what, body.robot_id, other, work.order_id)
        self._movers[work.task_id] = body.robot_id

    def step_ended(self, body: Body, step: Step, work: Work | None) -> None:
        """See :class:`Invariant`."""
        self._busy.discard(body.robot_id)
        if work is not None and self._movers.get(work.task_id) == body.robot_id:
            del self._movers[work.task_id]
