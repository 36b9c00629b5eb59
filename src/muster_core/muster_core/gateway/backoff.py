"""Pauses between retries."""

from __future__ import annotations

DOUBLINGS_MAX = 32


def pause_s(failures: int, *, least_s: float, greatest_s: float) -> float:
    """The pause after so many failures in a row, s: doubled from the least to the greatest."""
    return min(greatest_s, least_s * float(2 ** min(max(failures - 1, 0), DOUBLINGS_MAX)))
