"""I4: nobody acts on what a deposed scheduler says, and it writes nothing any more."""

from __future__ import annotations

from collections import defaultdict

from muster_core import events as ev
from muster_core.agent import records as ar
from muster_core.agent.inputs import LeasesReceived, TaskOffered
from muster_core.ids import AttemptId, RobotId
from muster_core.task import OutcomeResult
from muster_twin.simulation.facts import Facts
from muster_twin.simulation.processes.process import Process
from muster_twin.simulation.witness import Invariant


class EpochsObeyed(Invariant):
    """Every record of an agent's journal needs a message that it was right to believe."""

    name = "I4"
    claim = "what a deposed scheduler says changes nothing"

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self._facts = facts
        self._seen: defaultdict[str, int] = defaultdict(int)
        self._journaled: defaultdict[str, int] = defaultdict(int)
        self._offered: set[tuple[RobotId, AttemptId]] = set()
        self._revoked: set[tuple[RobotId, AttemptId]] = set()
        self._acknowledged: set[tuple[RobotId, AttemptId]] = set()

    def recorded(self, record: ev.Record) -> None:
        """See :class:`Invariant`."""
        event, epoch = record.event, self._facts.epoch
        if isinstance(event, ev.EpochStarted):
            if event.epoch <= epoch:
                self.fail(f"epoch {event.epoch} begins after epoch {epoch}", event.scheduler)
        elif record.epoch != epoch:
            what = f"event {record.seq} was recorded under epoch {record.epoch} in epoch {epoch}"
            self.fail(what, getattr(event, "order_id", ""))

    def agent_heard(self, robot_id: RobotId, message: TaskOffered | LeasesReceived) -> None:
        """See :class:`Invariant`."""
        if message.epoch < self._seen[robot_id]:
            return
        self._seen[robot_id] = message.epoch
        if isinstance(message, TaskOffered):
            self._offered.add((robot_id, message.attempt_id))
            return
        self._revoked.update((robot_id, attempt_id) for attempt_id in message.revoked)
        self._acknowledged.update((robot_id, attempt_id) for attempt_id in message.acknowledged)

    def is_believed(self, robot_id: RobotId, message: TaskOffered | LeasesReceived) -> bool:
        """Whether the message that the agent has just heard is of the newest epoch it has seen."""
        return message.epoch >= self._seen[robot_id]

    def crashed(self, process: Process) -> None:
        """See :class:`Invariant`. An epoch that the journal does not have was never seen."""
        self._seen[process.name] = self._journaled[process.name]

    def noted(self, robot_id: RobotId, record: ar.AgentRecord) -> None:
        """See :class:`Invariant`."""
        match record:
            case ar.EpochSeen(epoch=epoch):
                self._journaled[robot_id] = epoch
            case ar.AttemptAccepted(attempt_id=attempt_id):
                self._require(robot_id, attempt_id, self._offered, "takes up")
            case ar.OutcomeAcknowledged(attempt_id=attempt_id):
                self._require(robot_id, attempt_id, self._acknowledged, "forgets")
            case ar.AttemptFinished(outcome=outcome) | ar.AttemptDeclined(outcome=outcome):
                if outcome.result is OutcomeResult.CANCELLED:
                    self._require(robot_id, outcome.attempt_id, self._revoked, "gives up")

    def _require(
        self,
        robot_id: RobotId,
        attempt_id: AttemptId,
        said: set[tuple[RobotId, AttemptId]],
        does: str,
    ) -> None:
        if (robot_id, attempt_id) not in said:
            order_id = attempt_id.partition("/")[0]
            what = f"{robot_id} {does} {attempt_id}, as only a deposed scheduler has said"
            self.fail(what, robot_id, order_id)
