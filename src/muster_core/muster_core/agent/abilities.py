"""What an agent's core must know of its driver and its site, as pure questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from muster_core.task import Step


def _no_charger(_vertex: str) -> str | None:
    return None


def _no_estimate(_steps: Sequence[Step], _vertex: str) -> float:
    return 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What the robot can do, and how far things are.

    :param verbs: that the driver knows.
    :param nearest_charger: the charger (a place) that is quickest to reach from a vertex; None when
        none can be reached.
    :param estimate_s: how long steps take from a vertex on, s; 0 when unknown.
    """

    verbs: tuple[str, ...]
    nearest_charger: Callable[[str], str | None] = _no_charger
    estimate_s: Callable[[Sequence[Step], str], float] = _no_estimate
