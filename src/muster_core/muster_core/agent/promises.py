"""What a robot has promised, done and owes: the one place where an agent's lasting facts change."""

from __future__ import annotations

from muster_core.agent.inputs import TaskOffered
from muster_core.agent.records import (
    AgentRecord,
    AttemptAccepted,
    AttemptDeclined,
    AttemptFinished,
    OutcomeAcknowledged,
)
from muster_core.agent.run import Stop
from muster_core.agent.state import AgentState
from muster_core.ids import AttemptId
from muster_core.task import Outcome


class Promises:
    """Changes ``state`` by records alone, and keeps those until they are taken to be written.

    :param outcomes_kept_max: outcomes that may be owed at once.
    """

    def __init__(self, state: AgentState, outcomes_kept_max: int) -> None:
        self.state = state
        self._outcomes_kept_max = outcomes_kept_max
        self._records: list[AgentRecord] = []

    @property
    def is_owing_all_it_can(self) -> bool:
        """Whether one outcome more would be too many; that of the attempt under way counts."""
        running = 1 if self.state.attempt is not None else 0
        return len(self.state.outcomes) + running >= self._outcomes_kept_max

    def record(self, record: AgentRecord) -> None:
        """Make ``record`` true."""
        self.state.apply(record)
        self._records.append(record)

    def take_records(self) -> tuple[AgentRecord, ...]:
        """What is to be written now, oldest first."""
        records, self._records = tuple(self._records), []
        return records

    def accept(self, offer: TaskOffered, lease_s: float) -> None:
        """Promise to try what is offered, under a lease of ``lease_s``."""
        self.record(
            AttemptAccepted(
                attempt_id=offer.attempt_id,
                task_id=offer.task_id,
                order_id=offer.order_id,
                epoch=offer.epoch,
                lease_s=lease_s,
                steps=offer.steps,
                traceparent=offer.traceparent,
            )
        )

    def finish(self, stop: Stop, *, is_uncertain: bool) -> Outcome:
        """End the attempt under way; its outcome, which is owed from now on."""
        attempt = self.state.attempt
        assert attempt is not None
        outcome = Outcome(
            attempt.attempt_id,
            attempt.order_id,
            stop.result,
            self.state.steps_finished,
            stop.error_code,
            stop.message,
            is_uncertain,
        )
        self.record(AttemptFinished(outcome=outcome))
        return outcome

    def acknowledge(self, attempt_id: AttemptId) -> None:
        """The scheduler's log has the outcome of the attempt, if that is owed."""
        if attempt_id in self.state.outcomes:
            self.record(OutcomeAcknowledged(attempt_id=attempt_id))

    def decline(self, outcome: Outcome) -> None:
        """Owe the outcome of an attempt that was never begun."""
        self.record(AttemptDeclined(outcome=outcome))
