"""A stream of orders in a few words, as the command line has it."""

from __future__ import annotations

from pathlib import Path
from random import Random

from muster_core.site import Site
from muster_twin.streams.drawn import (
    Times,
    draw_stream,
    poisson_times,
    profile_times,
    wave_times,
)
from muster_twin.streams.kept import read_orders, recorded_orders
from muster_twin.streams.order_stream import ORDERS_MAX, StreamError, TimedOrder

RATE_MAX = 1e6
WAVE_SPREAD_S = 60.0
"""Within how long the orders of a wave come."""
S_PER_MIN = 60.0

FORMS = (
    "poisson:PER_HOUR, profile:PER_HOUR (a day with two peaks), waves:SIZE:MINUTES, "
    "file:PATH (lines of JSON) or log:PATH (a scheduler's log)"
)


def make_stream(
    text: str, *, count: int, site: Site, seed: int, start_wall_ns: int
) -> tuple[TimedOrder, ...]:
    """The orders that ``text`` says.

    :param count: of orders that are drawn; of orders that were kept, how many are used at most,
        0 = all.
    :param start_wall_ns: what the twin's wall clock shows at the beginning.
    :raises StreamError: when they cannot be had.
    """
    kind, _, rest = text.partition(":")
    if kind in ("file", "log") and rest:
        path = Path(rest)
        kept = (
            read_orders(path)
            if kind == "file"
            else recorded_orders(path, start_wall_ns=start_wall_ns)
        )
        return kept[:count] if count else kept
    if not 1 <= count <= ORDERS_MAX:
        raise StreamError(f"{count} orders cannot be drawn; ask for 1 to {ORDERS_MAX}")
    chance = Random(f"{seed}/orders")
    return draw_stream(_times(text, kind, rest, chance), count, site, chance)


def _times(text: str, kind: str, rest: str, chance: Random) -> Times:
    try:
        numbers = [float(number) for number in rest.split(":")]
    except ValueError:
        numbers = []
    is_usable = all(0 < number <= RATE_MAX for number in numbers)
    if is_usable and len(numbers) == 1 and kind == "poisson":
        return poisson_times(numbers[0], chance)
    if is_usable and len(numbers) == 1 and kind == "profile":
        return profile_times(numbers[0], chance)
    if is_usable and len(numbers) == 2 and kind == "waves" and numbers[0] >= 1:
        every_s = numbers[1] * S_PER_MIN
        return wave_times(int(numbers[0]), every_s, min(WAVE_SPREAD_S, every_s), chance)
    raise StreamError(f"the stream is {text!r}; write {FORMS}")
