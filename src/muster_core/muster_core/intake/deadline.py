"""Deadlines: ISO 8601 with an offset, in the future."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from muster_core.clock import NS_PER_S, Instant, utc_text
from muster_core.errors import ErrorCode, Refusal
from muster_core.intake.sentence import duration_text, quoted
from muster_core.order import Order

DEADLINE_YEAR_MAX = 2200
"""Deadlines are kept as ns in 64 bits, which end in 2262."""
EXAMPLE_DEADLINE = "2030-01-31T12:00:00Z"

_DEADLINE = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2})(:[0-9]{2})?(?:\.([0-9]{1,9}))?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def deadline_ns(text: str) -> int | None:
    """The moment that ``text`` names, UTC, ns; None when it is not ISO 8601 with an offset."""
    match = _DEADLINE.fullmatch(text)
    if match is None:
        return None
    date, minute, second, fraction, offset = match.groups()
    offset = "+00:00" if offset == "Z" else offset
    try:
        moment = datetime.fromisoformat(f"{date}T{minute}{second or ':00'}{offset}")
    except ValueError:
        return None
    if moment.year > DEADLINE_YEAR_MAX:
        return None
    fraction_ns = int((fraction or "0").ljust(9, "0"))
    return (moment - _EPOCH) // timedelta(seconds=1) * NS_PER_S + fraction_ns


def check_deadline(order: Order, now: Instant) -> Refusal | None:
    """Why the order's deadline cannot be met; None when it can, or when there is none."""
    if not order.deadline:
        return None
    wall_ns = deadline_ns(order.deadline)
    if wall_ns is None:
        return Refusal(
            ErrorCode.BAD_DEADLINE,
            f"deadline {quoted(order.deadline)} is not a date with a time and an offset, up to the "
            f"year {DEADLINE_YEAR_MAX}; write it in ISO 8601, as in {EXAMPLE_DEADLINE!r}",
        )
    if wall_ns <= now.wall_ns:
        late = duration_text((now.wall_ns - wall_ns) // NS_PER_S)
        return Refusal(
            ErrorCode.BAD_DEADLINE,
            f"deadline {quoted(order.deadline)} passed {late} ago; "
            f"it must be later than now, {utc_text(now.wall_ns)}",
        )
    return None
