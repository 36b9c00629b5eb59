"""The facts in an agent's journal, past tense: what the robot has promised, done and still owes.

Rules for editors: a record is never changed once released, only added to (new fields get defaults).
Positions, battery and leases are not kept: they are true for a moment only.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from muster_core.clock import Instant
from muster_core.ids import AttemptId, OrderId, TaskId
from muster_core.log import LogEntry
from muster_core.task import Outcome, Step


class _Record(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    pass


class AgentStarted(_Record, frozen=True, kw_only=True, tag="agent_started"):
    """The agent started for the ``incarnation``-th time; its reports are numbered after that."""

    incarnation: int


class EpochSeen(_Record, frozen=True, kw_only=True, tag="epoch_seen"):
    """A newer scheduler was heard; older ones are refused from here on (I4)."""

    epoch: int


class AttemptAccepted(_Record, frozen=True, kw_only=True, tag="attempt_accepted"):
    """The robot promised to try. Exactly one :class:`AttemptFinished` follows."""

    attempt_id: AttemptId
    task_id: TaskId
    order_id: OrderId
    epoch: int
    lease_s: float
    steps: tuple[Step, ...]
    traceparent: str = ""


class StepBegun(_Record, frozen=True, kw_only=True, tag="step_begun"):
    """The step at ``step_index``, which cannot be repeated, is about to begin.

    From here on nobody knows whether it was done until :class:`StepFinished`, or until the driver
    says that it was not.
    """

    attempt_id: AttemptId
    step_index: int


class StepFinished(_Record, frozen=True, kw_only=True, tag="step_finished"):
    """The step at ``step_index`` (0-based) of the attempt under way was done."""

    attempt_id: AttemptId
    step_index: int


class AttemptFinished(_Record, frozen=True, kw_only=True, tag="attempt_finished"):
    """The attempt under way ended; its outcome is owed."""

    outcome: Outcome


class AttemptDeclined(_Record, frozen=True, kw_only=True, tag="attempt_declined"):
    """An attempt was refused or revoked before it began; its outcome is owed."""

    outcome: Outcome


class OutcomeAcknowledged(_Record, frozen=True, kw_only=True, tag="outcome_acknowledged"):
    """The scheduler's log has the outcome; it is not owed any more."""

    attempt_id: AttemptId


class TrafficEpochSeen(_Record, frozen=True, kw_only=True, tag="traffic_epoch_seen"):
    """A newer traffic was heard; what older ones release is not driven from here on (I8)."""

    epoch: int


AgentRecord = (
    AgentStarted
    | EpochSeen
    | TrafficEpochSeen
    | AttemptAccepted
    | StepBegun
    | StepFinished
    | AttemptFinished
    | AttemptDeclined
    | OutcomeAcknowledged
)

_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[AgentRecord] = msgspec.json.Decoder(AgentRecord)


def encode_record(record: AgentRecord) -> bytes:
    """The record as JSON, tag first."""
    return _ENCODER.encode(record)


def to_entries(
    records: Sequence[AgentRecord], *, first_seq: int, epoch: int, now: Instant
) -> list[LogEntry]:
    """The records as entries of a journal, numbered from ``first_seq`` on."""
    return [
        LogEntry(seq, now.wall_ns, epoch, encode_record(record))
        for seq, record in enumerate(records, first_seq)
    ]


def decode_record(body: bytes) -> AgentRecord:
    """The record in ``body``.

    :raises msgspec.MsgspecError: when it is not a record of this version.
    """
    return _DECODER.decode(body)
