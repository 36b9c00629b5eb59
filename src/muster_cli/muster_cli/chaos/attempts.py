"""The attempts that the journals tell of: who tried what, when, and what of it was really done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from muster_cli.chaos.history import Entry


@dataclass(slots=True)
class Attempt:
    """One try, as the robot's own journal tells it.

    :param steps: the verbs, in their order.
    :param begun: indices of steps of which the journal says that they were about to begin.
    :param finished: the end of each finished step, UTC, ns, by its index.
    :param worked_ns: the last moment at which the robot is known to have worked on it.
    """

    robot_id: str
    attempt_id: str
    task_id: str
    order_id: str
    accepted_ns: int
    steps: tuple[str, ...]
    begun: set[int] = field(default_factory=set)
    finished: dict[int, int] = field(default_factory=dict)
    ended_ns: int = 0
    result: str = ""
    worked_ns: int = 0

    @property
    def is_ended(self) -> bool:
        """Whether the robot has ended it."""
        return bool(self.result)

    def times_finished(self, verb: str) -> int:
        """How many steps with this verb were finished."""
        return sum(self.steps[index] == verb for index in self.finished)

    def times_doubtful(self, verb: str) -> int:
        """How many steps with this verb had begun, and nobody knows whether they were done.

        A step that the driver is known not to have done is followed by an outcome that says so.
        """
        return sum(self.steps[index] == verb for index in self.begun - self.finished.keys())


def read_attempts(journal: Iterable[Entry]) -> tuple[list[Attempt], list[str]]:
    """The attempts of one journal, in its order; and what in it cannot be, in words."""
    attempts: list[Attempt] = []
    problems: list[str] = []
    running: Attempt | None = None
    for entry in journal:
        if entry.type == "attempt_accepted":
            if running is not None:
                problems.append(_words(entry, f"took a task beside {running.attempt_id}"))
            running = _accepted(entry)
            attempts.append(running)
            continue
        if entry.type not in ("step_begun", "step_finished", "attempt_finished"):
            continue
        of = entry.body.get("outcome", entry.body)
        if running is None or of["attempt_id"] != running.attempt_id:
            problems.append(_words(entry, f"tells of {of['attempt_id']}, which it does not have"))
        elif entry.type == "attempt_finished":
            _end(running, entry, of)
            running = None
        else:
            _take_step(running, entry)
    return attempts, problems


def _accepted(entry: Entry) -> Attempt:
    body = entry.body
    return Attempt(
        robot_id=entry.robot_id,
        attempt_id=body["attempt_id"],
        task_id=body["task_id"],
        order_id=body["order_id"],
        accepted_ns=entry.wall_ns,
        steps=tuple(step["verb"] for step in body["steps"]),
        worked_ns=entry.wall_ns,
    )


def _take_step(attempt: Attempt, entry: Entry) -> None:
    index = int(entry.body["step_index"])
    if entry.type == "step_begun":
        attempt.begun.add(index)
    else:
        attempt.finished[index] = entry.wall_ns
    attempt.worked_ns = entry.wall_ns


def _end(attempt: Attempt, entry: Entry, outcome: dict[str, Any]) -> None:
    attempt.ended_ns = entry.wall_ns
    attempt.result = outcome["result"]
    if attempt.result == "succeeded":
        attempt.worked_ns = entry.wall_ns
        return
    if not outcome.get("is_uncertain", False):
        attempt.begun &= attempt.finished.keys()
    # A robot that slept learns at once that a step is over and that the whole is: what it wrote in
    # the moment of its waking tells of no work.
    earlier = [moment for moment in attempt.finished.values() if moment < entry.wall_ns]
    attempt.worked_ns = max([attempt.accepted_ns, *earlier])


def _words(entry: Entry, what: str) -> str:
    return f"robot {entry.robot_id} {what} (entry {entry.seq} of its journal)"
