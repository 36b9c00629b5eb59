"""Times and numbers as people say them."""

from __future__ import annotations

_MINUTE_S = 60
_HOUR_S = 3600
_DAY_S = 86_400
_TENTHS_BELOW_S = 10.0
"""Shorter durations are told with a tenth of a second."""


def spell_duration(duration_s: float) -> str:
    """A duration, as in ``4.2 s``, ``1 min 24 s``, ``2 h 5 min`` or ``3 d 4 h``."""
    duration_s = max(0.0, duration_s)
    if round(duration_s, 1) < _TENTHS_BELOW_S:
        return f"{duration_s:.1f}".removesuffix(".0") + " s"
    whole_s = round(duration_s)
    for size_s, noun, part_s, part in (
        (_DAY_S, "d", _HOUR_S, "h"),
        (_HOUR_S, "h", _MINUTE_S, "min"),
        (_MINUTE_S, "min", 1, "s"),
    ):
        if whole_s >= size_s:
            rest = whole_s % size_s // part_s
            return f"{whole_s // size_s} {noun}" + (f" {rest} {part}" if rest else "")
    return f"{whole_s} s"


def spell_offset(offset_s: float) -> str:
    """A moment as seconds after the beginning, as in ``+0:12``, ``+1:02:03`` or ``-0:05``."""
    sign = "-" if round(offset_s) < 0 else "+"
    whole_s = abs(round(offset_s))
    hours, rest_s = divmod(whole_s, _HOUR_S)
    minutes, seconds = divmod(rest_s, _MINUTE_S)
    if hours:
        return f"{sign}{hours}:{minutes:02}:{seconds:02}"
    return f"{sign}{minutes}:{seconds:02}"


def ordinal(number: int) -> str:
    """A place in a row, as in ``1st``, ``2nd``, ``11th``."""
    if number % 100 not in (11, 12, 13):
        suffix = {1: "st", 2: "nd", 3: "rd"}.get(number % 10)
        if suffix:
            return f"{number}{suffix}"
    return f"{number}th"


def counted(number: int, noun: str) -> str:
    """So many of something, as in ``1 step`` or ``2 steps``."""
    if number == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {plural}"
