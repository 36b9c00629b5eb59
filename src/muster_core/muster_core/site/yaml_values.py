"""Values of a YAML site file, each checked to be what its key needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from muster_core.errors import SiteError
from muster_core.site.names import check_name, shown


def read_mapping(key: str, value: Any, allowed: tuple[str, ...]) -> dict[str, Any]:
    """The value, a mapping with no other keys than ``allowed``.

    :raises SiteError: when it is none.
    """
    if not isinstance(value, dict):
        raise SiteError(f"{key} is {shown(value)}; write a mapping with {', '.join(allowed)}")
    for name in value:
        if name not in allowed:
            raise SiteError(f"{key}: {shown(name)} is not a key; use {', '.join(allowed)}")
    return value


def read_named(key: str, value: Any) -> Iterable[tuple[str, Any]]:
    """The entries of a mapping with names as keys; none when it is left empty.

    :raises SiteError: when it is no mapping, or a key is no name.
    """
    if value is None:
        return
    if not isinstance(value, dict):
        raise SiteError(f"{key} is {shown(value)}; write one 'name: ...' a line")
    for name, entry in value.items():
        check_name(key, read_text(f"{key}: the name", name))
        yield name, entry


def read_list(key: str, value: Any) -> list[Any]:
    """The value, a list.

    :raises SiteError: when it is none.
    """
    if not isinstance(value, list):
        raise SiteError(f"{key} is {shown(value)}; write a list of vertices, as in [a1, a2, a3]")
    return value


def read_text(key: str, value: Any) -> str:
    """The value, text.

    :raises SiteError: when it is none.
    """
    if not isinstance(value, str):
        raise SiteError(
            f"{key} is {shown(value)}; write text, in quotes if YAML takes it otherwise"
        )
    return value


def read_number(key: str, value: Any) -> float:
    """The value, a number.

    :raises SiteError: when it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SiteError(f"{key} is {shown(value)}; write a number")
    try:
        return float(value)
    except OverflowError:
        raise SiteError(f"{key} is {shown(value)}; that is too large") from None


def read_truth(key: str, value: Any) -> bool:
    """The value, true or false.

    :raises SiteError: when it is neither.
    """
    if not isinstance(value, bool):
        raise SiteError(f"{key} is {shown(value)}; use true or false")
    return value
