"""What a check found, in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Health(str, Enum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing; nothing needed is missing."""
    MISSING = "missing"
    """Something needed is missing or does not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    :param name: what was looked at.
    :param words: what was found.
    :param remedy: what to do about it; empty when nothing is to be done.
    """

    name: str
    health: Health
    words: str
    remedy: str = ""
