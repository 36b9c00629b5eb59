"""An agent's lasting state: a fold over its journal (I6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

import msgspec

from muster_core.agent.records import (
    AgentRecord,
    AgentStarted,
    AttemptAccepted,
    AttemptDeclined,
    AttemptFinished,
    EpochSeen,
    OutcomeAcknowledged,
    StepBegun,
    StepFinished,
    TrafficEpochSeen,
    decode_record,
)
from muster_core.errors import IllegalTransitionError, LogError
from muster_core.ids import AttemptId
from muster_core.log import EventLog, LogEntry
from muster_core.task import Outcome


@dataclass(slots=True)
class AgentState:
    """What a restart must not forget.

    :param attempts_remembered_max: how many of ``ended`` are kept; the oldest acknowledged one
        gives way.
    :param incarnation: how often the agent was started.
    :param traffic_epoch: the newest of traffic's epochs that was heard.
    :param attempt: accepted and not finished; None when the robot has promised nothing.
    :param has_begun: the step after ``steps_finished`` cannot be repeated, and has begun.
    :param outcomes: owed: not acknowledged yet, oldest first.
    :param ended: every outcome that is remembered, those owed included, oldest first.
    """

    attempts_remembered_max: int
    incarnation: int = 0
    epoch: int = 0
    attempt: AttemptAccepted | None = None
    steps_finished: int = 0
    has_begun: bool = False
    outcomes: dict[AttemptId, Outcome] = field(default_factory=dict)
    ended: dict[AttemptId, Outcome] = field(default_factory=dict)
    traffic_epoch: int = 0

    def apply(self, record: AgentRecord) -> None:
        """Make ``record`` true.

        :raises IllegalTransitionError: when it does not fit; then nothing was changed.
        """
        if not self._fits(record):
            running = self.attempt.attempt_id if self.attempt else "idle"
            raise IllegalTransitionError("agent", f"epoch {self.epoch}", running, repr(record))
        match record:
            case AgentStarted(incarnation=incarnation):
                self.incarnation = incarnation
            case EpochSeen(epoch=epoch):
                self.epoch = epoch
            case TrafficEpochSeen(epoch=epoch):
                self.traffic_epoch = epoch
            case AttemptAccepted():
                self.attempt = record
            case StepBegun():
                self.has_begun = True
            case StepFinished():
                self.steps_finished += 1
                self.has_begun = False
            case AttemptFinished(outcome=outcome):
                self.attempt, self.steps_finished, self.has_begun = None, 0, False
                self._owe(outcome)
            case AttemptDeclined(outcome=outcome):
                self._owe(outcome)
            case OutcomeAcknowledged(attempt_id=attempt_id):
                del self.outcomes[attempt_id]
                self._forget()

    def _fits(self, record: AgentRecord) -> bool:
        running = self.attempt.attempt_id if self.attempt else None
        match record:
            case AgentStarted(incarnation=incarnation):
                return incarnation > self.incarnation
            case EpochSeen(epoch=epoch):
                return epoch > self.epoch
            case TrafficEpochSeen(epoch=epoch):
                return epoch > self.traffic_epoch
            case AttemptAccepted(attempt_id=attempt_id, epoch=epoch):
                return running is None and attempt_id not in self.ended and epoch == self.epoch
            case StepBegun(attempt_id=attempt_id, step_index=index):
                is_next = running == attempt_id and index == self.steps_finished
                return is_next and not self.has_begun
            case StepFinished(attempt_id=attempt_id, step_index=index):
                return running == attempt_id and index == self.steps_finished
            case AttemptFinished(outcome=outcome):
                return running == outcome.attempt_id
            case AttemptDeclined(outcome=outcome):
                return running != outcome.attempt_id and outcome.attempt_id not in self.ended
            case OutcomeAcknowledged(attempt_id=attempt_id):
                return attempt_id in self.outcomes

    def _owe(self, outcome: Outcome) -> None:
        self.outcomes[outcome.attempt_id] = outcome
        self.ended[outcome.attempt_id] = outcome
        self._forget()

    def _forget(self) -> None:
        """Forget the oldest outcomes beyond the bound, never one that is owed."""
        surplus = len(self.ended) - self.attempts_remembered_max
        if surplus > 0:
            settled = (attempt for attempt in self.ended if attempt not in self.outcomes)
            for attempt in tuple(islice(settled, surplus)):
                del self.ended[attempt]


def fold(records: Iterable[AgentRecord], *, attempts_remembered_max: int) -> AgentState:
    """The state after ``records``.

    :raises IllegalTransitionError: when one of them does not fit the ones before.
    """
    state = AgentState(attempts_remembered_max)
    for record in records:
        state.apply(record)
    return state


def read_journal(journal: EventLog) -> Iterable[AgentRecord]:
    """The records of an agent's journal, in order.

    :raises LogError: when an entry is damaged or of another version; it names the entry.
    """
    for entry in journal.entries():
        yield _record_in(entry)


def fold_journal(journal: EventLog, *, attempts_remembered_max: int) -> AgentState:
    """The state after all records of an agent's journal.

    :raises LogError: when an entry is damaged, of another version or out of place; it names the
        entry.
    """
    state = AgentState(attempts_remembered_max)
    for entry in journal.entries():
        record = _record_in(entry)
        try:
            state.apply(record)
        except IllegalTransitionError as error:
            raise _strange(entry, f"does not fit those before it ({error})") from error
    return state


def _record_in(entry: LogEntry) -> AgentRecord:
    try:
        return decode_record(entry.body)
    except msgspec.MsgspecError as error:
        raise _strange(entry, f"is no record of an agent's journal ({error})") from error


def _strange(entry: LogEntry, problem: str) -> LogError:
    return LogError(
        f"event {entry.seq} {problem}; it is good up to event {entry.seq - 1}. It is as it was "
        f"written, so it is another log, or of another version of Muster: put the right one in its "
        f"place, or name another data_dir"
    )
