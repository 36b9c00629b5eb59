"""Whether an agent takes an offered task: one pure question, answered with a sentence."""

from __future__ import annotations

from muster_core.agent.config import AgentConfig
from muster_core.agent.inputs import TaskOffered
from muster_core.agent.state import AgentState
from muster_core.driver.protocol import DriverReport
from muster_core.errors import ErrorCode, Refusal
from muster_core.ids import AttemptId, OrderId
from muster_core.task import Outcome, OutcomeResult

EPOCH_MAX = 2**63 - 1  # what the journal's storage holds


def refusal(
    offer: TaskOffered,
    state: AgentState,
    report: DriverReport | None,
    *,
    config: AgentConfig,
    verbs: tuple[str, ...],
    is_charging: bool,
) -> Refusal | None:
    """Why the robot does not try; None when it does. The attempt must be new to ``state``."""
    if offer.epoch < state.epoch:
        return Refusal(
            ErrorCode.STALE_EPOCH,
            f"epoch {offer.epoch} is over; this robot has heard a scheduler of epoch {state.epoch}",
        )
    if state.attempt is not None:
        return Refusal(
            ErrorCode.ROBOT_BUSY, f"the robot works on attempt {state.attempt.attempt_id!r}"
        )
    return _bad_steps(offer, config, verbs) or _unfit(report, config, is_charging)


def refused(offer: TaskOffered, why: Refusal) -> Outcome:
    """The outcome of an attempt that the robot does not try."""
    result = OutcomeResult.REFUSED
    return Outcome(offer.attempt_id, offer.order_id, result, 0, why.code, why.message)


def revoked_early(attempt_id: AttemptId) -> Outcome:
    """The outcome of an attempt that was revoked before its offer arrived."""
    message = "revoked before the offer arrived"
    return Outcome(attempt_id, OrderId(""), OutcomeResult.CANCELLED, message=message)


def _bad_steps(offer: TaskOffered, config: AgentConfig, verbs: tuple[str, ...]) -> Refusal | None:
    if not 1 <= len(offer.steps) <= config.steps_max:
        return Refusal(
            ErrorCode.UNKNOWN_STEP,
            f"the task has {len(offer.steps)} steps; this robot takes 1 to {config.steps_max}",
        )
    for index, step in enumerate(offer.steps):
        if step.verb not in verbs:
            return Refusal(
                ErrorCode.UNKNOWN_STEP,
                f"step {index + 1} is {step.verb!r}; "
                f"this robot can {', '.join(verbs) or 'do nothing'}",
            )
    return None


def _unfit(report: DriverReport | None, config: AgentConfig, is_charging: bool) -> Refusal | None:
    if report is None:
        return Refusal(ErrorCode.DRIVER_FAILED, "the driver has not reported yet")
    if report.fault:
        return Refusal(ErrorCode.DRIVER_FAILED, f"the robot needs a person: {report.fault}")
    needed = config.battery_workable if is_charging else config.battery_low
    if report.battery < needed:
        return Refusal(
            ErrorCode.BATTERY_LOW,
            f"the battery is at {report.battery:.0%}; "
            f"{'a charging robot' if is_charging else 'it'} takes work from {needed:.0%} on",
        )
    return None
