"""How a refusal speaks: foreign values made harmless, names listed, the nearest name offered."""

from __future__ import annotations

from collections.abc import Collection

from muster_core.site.names import closest

QUOTED_LENGTH_MAX = 60
"""Characters of a value from outside that a sentence repeats."""
LISTED_MAX = 12
"""Names that a sentence lists before it says how many there are besides."""


def quoted(value: object) -> str:
    """``value`` as a sentence may repeat it: one line, shortened, without control characters."""
    if isinstance(value, str):
        shown = repr(value[:QUOTED_LENGTH_MAX])
        if len(value) > QUOTED_LENGTH_MAX:
            return f"{shown}... ({len(value)} characters)"
        return shown
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int):
        return str(value) if value.bit_length() <= 64 else f"a number of {value.bit_length()} bits"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return f"an object of {len(value)} fields"
    return repr(value)[:QUOTED_LENGTH_MAX]


def did_you_mean(name: str, names: Collection[str]) -> str:
    """A question that offers the one of ``names`` most like ``name``; empty when none is."""
    nearest = closest(name, set(names))
    return f"did you mean {nearest!r}?" if nearest else ""


def listed(names: Collection[str]) -> str:
    """The names for people, sorted, at most ``LISTED_MAX`` of them; empty when there are none."""
    shown = ", ".join(sorted(names)[:LISTED_MAX])
    return shown if len(names) <= LISTED_MAX else f"{shown} and {len(names) - LISTED_MAX} more"


def duration_text(seconds: int) -> str:
    """A duration for people, as in ``3 days``."""
    for size_s, noun in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size_s:
            return f"{seconds // size_s} {noun}"
    return f"{seconds} s"
