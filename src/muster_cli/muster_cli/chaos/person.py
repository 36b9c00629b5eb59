"""The person of a chaos run: looks what became of an item, and answers for the order.

A person sees the item; here only the robots' journals can be seen. An item of which a journal tells
that it was placed is where it belongs; one that a robot was placing when it was killed is taken to
be, for a person would have put it there; any other one the person puts back where it was.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import Any

from muster_msgs import srv

from muster_cli.chaos.attempts import Attempt, read_attempts
from muster_cli.chaos.evidence import read_journals
from muster_cli.client import FleetClient
from muster_ros import channels

LOOK_PERIOD_S = 2.0
ANSWER_DEADLINE_S = 10.0
ASK_AGAIN_S = 10.0
GIVE_UP_SHARE = 0.1
"""Items that the person does not find worth another try."""


class Finding(str, Enum):
    """What the person answers."""

    COMPLETED = "completed"
    RETRY = "retry"
    FAILED = "failed"


def look(attempts: Iterable[Attempt], order_id: str, *, is_given_up: bool) -> Finding | None:
    """What to answer for the order; None while a robot may still be working on it."""
    tries = [attempt for attempt in attempts if attempt.order_id == order_id]
    if any(not attempt.is_ended for attempt in tries):
        return None
    if any(one.times_finished("place") or one.times_doubtful("place") for one in tries):
        return Finding.COMPLETED
    return Finding.FAILED if is_given_up else Finding.RETRY


class Person:
    """Answers for the orders that wait for a person, one after the other."""

    def __init__(self, client: FleetClient, data_dir: Path, *, seed: int) -> None:
        self.answers = 0
        self._client = client
        self._data_dir = data_dir
        self._chance = random.Random(f"person {seed}")
        self._looked_s = float("-inf")
        self._refused_s: dict[str, float] = {}
        self._asked: tuple[str, Finding, Any, float] | None = None

    def attend(self, suspended: Iterable[str], now_s: float) -> list[str]:
        """Take the next step, without waiting; returns what was done, in words."""
        if self._asked is not None:
            return self._hear(now_s)
        waiting = [
            order_id
            for order_id in sorted(suspended)
            if now_s - self._refused_s.get(order_id, float("-inf")) > ASK_AGAIN_S
        ]
        if not waiting or now_s - self._looked_s < LOOK_PERIOD_S:
            return []
        self._looked_s = now_s
        attempts = [
            attempt
            for journal in read_journals(self._data_dir).values()
            for attempt in read_attempts(journal)[0]
        ]
        for order_id in waiting:
            is_given_up = self._chance.random() < GIVE_UP_SHARE
            finding = look(attempts, order_id, is_given_up=is_given_up)
            if finding is not None:
                self._answer(order_id, finding, now_s)
                break
        return []

    def _answer(self, order_id: str, finding: Finding, now_s: float) -> None:
        request = srv.ResolveOrder.Request(
            order_id=order_id,
            resolution=finding.value,
            requester="muster chaos",
            reason="found so in the robots' journals",
        )
        future = self._client.send(channels.RESOLVE_ORDER, request)
        self._asked = (order_id, finding, future, now_s)

    def _hear(self, now_s: float) -> list[str]:
        assert self._asked is not None
        order_id, finding, future, asked_s = self._asked
        if future.done():
            self._asked = None
            answer = future.result()
            if answer.accepted:
                self.answers += 1
                return [f"a person looked: {order_id} is {_WORDS[finding]}"]
            # It goes on already, and Kafka has not told yet: the gateway may have been hit.
            self._refused_s[order_id] = now_s
        if now_s - asked_s > ANSWER_DEADLINE_S:
            self._asked = None
            self._client.forget(channels.RESOLVE_ORDER, future)
        return []


_WORDS = {
    Finding.COMPLETED: "where it belongs",
    Finding.RETRY: "back where it was, to be tried again",
    Finding.FAILED: "given up",
}
