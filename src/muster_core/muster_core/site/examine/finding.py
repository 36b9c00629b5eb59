"""What can be found wrong with a site that can be used all the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

DETAILED_MAX = 10
"""Findings of one kind that are told each by itself; the rest of them share one sentence."""


class Gravity(str, Enum):
    """How bad it is."""

    FAULT = "fault"
    """Orders will fail or robots will be lost there; the site should not be used so."""
    WARNING = "warning"
    """It will go wrong under some circumstances."""
    NOTE = "note"
    """Worth knowing; it may well be meant so."""


class FindingKind(str, Enum):
    """What is wrong."""

    CUT_OFF = "cut_off"
    NO_WAY_IN = "no_way_in"
    TRAP = "trap"
    DEAD_END = "dead_end"
    BAY = "bay"
    NOT_BICONNECTED = "not_biconnected"
    SHARED_VERTEX = "shared_vertex"
    NAMES_ALIKE = "names_alike"
    TOO_CLOSE = "too_close"
    TOO_SHORT = "too_short"
    MISSING_KIND = "missing_kind"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, with what would help.

    :param sentence: names what is concerned and the remedy.
    :param vertices: all that are concerned, by name.
    """

    kind: FindingKind
    gravity: Gravity
    sentence: str
    vertices: tuple[str, ...] = field(default=(), repr=False)


def bounded(findings: Sequence[Finding], rest: str) -> list[Finding]:
    """The first of many findings of one kind, and one for all others together.

    :param findings: the worst first.
    :param rest: the sentence for the others; ``{}`` stands for their number.
    """
    first, others = list(findings[:DETAILED_MAX]), findings[DETAILED_MAX:]
    if others:
        vertices = tuple(name for finding in others for name in finding.vertices)
        worst = min((f.gravity for f in others), key=list(Gravity).index)
        first.append(Finding(others[0].kind, worst, rest.format(len(others)), vertices))
    return first
