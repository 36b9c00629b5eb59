"""Names in a site: what may be one, how they are sorted, and which reads most like another."""

from __future__ import annotations

import difflib
import re
import reprlib
from collections.abc import Iterable
from itertools import islice

from muster_core.errors import SiteError

NAME_LENGTH_MAX = 64
CLOSEST_CANDIDATES_MAX = 2000
LISTED_MAX = 5
"""Names that a sentence lists before it says how many there are besides."""


def is_name(name: str) -> bool:
    """Whether it is not empty, not too long, and would not break a line."""
    return 1 <= len(name) <= NAME_LENGTH_MAX and name.isprintable() and name == name.strip()


def check_name(key: str, name: str) -> None:
    """Check a name.

    :raises SiteError: when it is empty, too long, or would break a line.
    """
    if not is_name(name):
        raise SiteError(
            f"{key}: {shown(name)} is not a name; a name is 1 to {NAME_LENGTH_MAX} printable "
            f"characters without spaces around them"
        )


_DIGITS = re.compile(r"([0-9]+)")


def natural(name: str) -> tuple[tuple[str | int, ...], str]:
    """A sort key that puts ``a2`` before ``a10``; total, for it ends with the name itself."""
    parts: list[str | int] = list(_DIGITS.split(name))
    parts[1::2] = map(int, parts[1::2])
    return tuple(parts), name


def closest(name: str, names: Iterable[str]) -> str | None:
    """The one of ``names`` that reads most like ``name``, whatever its case; None when none does.

    Its effort is bounded: of very many names, only some that begin alike are compared.
    """
    wanted = name[:NAME_LENGTH_MAX].casefold()
    folded: dict[str, str] = {}
    for known in names:
        folded.setdefault(known.casefold(), known)
    if wanted in folded:
        return folded[wanted]
    candidates = list(folded)
    if len(candidates) > CLOSEST_CANDIDATES_MAX:
        alike = (known for known in candidates if known[:2] == wanted[:2])
        candidates = list(islice(alike, CLOSEST_CANDIDATES_MAX))
    matches = difflib.get_close_matches(wanted, candidates, n=1)
    return folded[matches[0]] if matches else None


def hint(name: str, names: Iterable[str]) -> str:
    """A question that ends a sentence with the name most like ``name``; empty when none is."""
    nearest = closest(name, names)
    return f"; did you mean {nearest!r}?" if nearest else ""


_SHORT = reprlib.Repr()
_SHORT.maxlevel = 2
_SHORT.maxstring = _SHORT.maxother = NAME_LENGTH_MAX


def shown(value: object) -> str:
    """The value for an error sentence, cut short: it may be long, deep or cyclic."""
    try:
        return "empty" if value is None else _SHORT.repr(value)
    except ValueError:  # an integer of more digits than Python prints
        return "a very large number"


def listed(names: Iterable[str]) -> str:
    """The names for people, at most ``LISTED_MAX`` of them, then how many there are besides."""
    names = list(names)
    first = ", ".join(names[:LISTED_MAX])
    rest = len(names) - LISTED_MAX
    return f"{first} and {rest} more" if rest > 0 else first
