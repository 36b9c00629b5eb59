"""What an agent's core must know of its driver and its site, as pure questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from muster_core.agent.ground import Ground
from muster_core.task import Step


def _no_place(_vertex: str) -> str | None:
    return None


def _never_safe(_vertex: str) -> bool:
    return False


def _no_estimate(_steps: Sequence[Step], _vertex: str) -> float:
    return 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What the robot can do, and how far things are.

    :param verbs: that the driver knows.
    :param nearest_charger: the charger (a place) that is quickest to reach from a vertex; None when
        none can be reached.
    :param nearest_parking: as ``nearest_charger``, of the places to park.
    :param is_safe_place: whether a robot may stand at the vertex for long: to park or to charge.
    :param estimate_s: how long steps take from a vertex on, s; 0 when unknown.
    :param ground: the site; only a robot that traffic leads needs to know it.
    """

    verbs: tuple[str, ...]
    nearest_charger: Callable[[str], str | None] = _no_place
    nearest_parking: Callable[[str], str | None] = _no_place
    is_safe_place: Callable[[str], bool] = _never_safe
    estimate_s: Callable[[Sequence[Step], str], float] = _no_estimate
    ground: Ground | None = None
