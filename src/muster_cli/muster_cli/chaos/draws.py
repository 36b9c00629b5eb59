"""What happens when, drawn from a seed: the same seed draws the same blows at the same kinds."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from muster_cli.chaos.settings import KILL_SHARE, REPEAT_AFTER_S_MAX, REPEATED_SHARE


class Part(str, Enum):
    """A kind of process that can be hit."""

    SCHEDULER = "scheduler"
    AGENT = "agent"
    GATEWAY = "gateway"
    POLICY = "policy"
    TRAFFIC = "traffic"
    SUPERVISOR = "supervisor"
    KAFKA = "kafka"


WEIGHTS: Mapping[Part, int] = {
    Part.SCHEDULER: 4,
    Part.AGENT: 4,
    Part.GATEWAY: 3,
    Part.KAFKA: 2,
    Part.TRAFFIC: 2,
    Part.POLICY: 1,
    Part.SUPERVISOR: 1,
}
STILL_S_MIN, STILL_S_MAX = 0.5, 12.0
PAUSE_SPREAD = 0.6


@dataclass(frozen=True, slots=True)
class Blow:
    """What is to be done to whom.

    :param after_s: the pause before it.
    :param choice: which process of its part, 0 to 1 over those that run then.
    :param still_s: after a SIGSTOP, how long until SIGCONT.
    """

    after_s: float
    part: Part
    choice: float
    signal: signal.Signals
    still_s: float = 0.0

    def pick(self, names: Sequence[str]) -> str:
        """The one of ``names`` that it hits."""
        return names[min(int(self.choice * len(names)), len(names) - 1)]


def draw_blows(
    seed: int, *, every_s: float, unkillable: frozenset[Part] = frozenset()
) -> Iterator[Blow]:
    """Blows without end.

    :param unkillable: parts that would forget everything; they only stand still.
    """
    chance = random.Random(f"blows {seed}")
    parts, weights = list(WEIGHTS), list(WEIGHTS.values())
    while True:
        after_s = every_s * chance.uniform(1 - PAUSE_SPREAD, 1 + PAUSE_SPREAD)
        (part,) = chance.choices(parts, weights)
        choice, is_kill = chance.random(), chance.random() < KILL_SHARE
        still_s = round(chance.uniform(STILL_S_MIN, STILL_S_MAX), 1)
        if is_kill and part not in unkillable:
            yield Blow(after_s, part, choice, signal.SIGKILL)
        else:
            yield Blow(after_s, part, choice, signal.SIGSTOP, still_s)


def draw_sendings(
    orders: Sequence[dict[str, Any]], *, seed: int, sending_s: float
) -> list[tuple[float, dict[str, Any]]]:
    """When to send which order, s from the start, in the order of time; some are sent twice."""
    chance = random.Random(f"sendings {seed}")
    sendings = []
    for order in orders:
        at_s = chance.uniform(0.0, sending_s)
        sendings.append((at_s, order))
        if chance.random() < REPEATED_SHARE:
            sendings.append((at_s + chance.uniform(0.0, REPEAT_AFTER_S_MAX), order))
    return sorted(sendings, key=lambda sending: sending[0])
