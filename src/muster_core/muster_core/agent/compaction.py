"""A journal's shortest equivalent, so that it does not grow for as long as its robot works."""

from __future__ import annotations

from collections.abc import Iterator

from muster_core.agent.records import (
    AgentRecord,
    AgentStarted,
    AttemptDeclined,
    EpochSeen,
    OutcomeAcknowledged,
    StepBegun,
    StepFinished,
    TrafficEpochSeen,
)
from muster_core.agent.state import AgentState


def shortest(state: AgentState) -> Iterator[AgentRecord]:
    """The fewest records whose fold is ``state``.

    Ended attempts are told as declined ones: of these, too, only the outcome counts.
    """
    if state.incarnation:
        yield AgentStarted(incarnation=state.incarnation)
    if state.traffic_epoch:
        yield TrafficEpochSeen(epoch=state.traffic_epoch)
    for attempt_id, outcome in state.ended.items():
        yield AttemptDeclined(outcome=outcome)
        if attempt_id not in state.outcomes:
            yield OutcomeAcknowledged(attempt_id=attempt_id)
    attempt = state.attempt
    if attempt is not None:
        if attempt.epoch:
            yield EpochSeen(epoch=attempt.epoch)
        yield attempt
        for index in range(state.steps_finished):
            yield StepFinished(attempt_id=attempt.attempt_id, step_index=index)
        if state.has_begun:
            yield StepBegun(attempt_id=attempt.attempt_id, step_index=state.steps_finished)
    if state.epoch > (attempt.epoch if attempt is not None else 0):
        yield EpochSeen(epoch=state.epoch)
