"""What to say when there is no order of that id: which ones were perhaps meant."""

from __future__ import annotations

from collections.abc import Collection

from muster_cli.exits import CommandError
from muster_core.intake.sentence import quoted
from muster_core.site.names import closest

LIKE_MAX = 3
"""Orders that are offered instead."""


def unknown_order(order_id: str, known: Collection[str], *, where: str) -> CommandError:
    """The error for an id that is none of ``known``.

    :param where: what ``known`` was taken from, as in ``the fleet /muster``.
    """
    sentence = f"there is no order {quoted(order_id)} in {where}"
    like = orders_like(order_id, known)
    if not like:
        return CommandError(f"{sentence}; `muster orders` lists them")
    return CommandError(f"{sentence}; did you mean {' or '.join(map(quoted, like))}?")


def orders_like(order_id: str, known: Collection[str]) -> list[str]:
    """Those of ``known`` that contain the id, or that read most like it; at most ``LIKE_MAX``."""
    wanted = order_id.casefold()
    containing = [name for name in known if wanted and wanted in name.casefold()]
    if containing:
        return containing[:LIKE_MAX]
    nearest = closest(order_id, known)
    return [nearest] if nearest else []
