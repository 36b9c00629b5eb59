"""Who asks, for people who read the log."""

from __future__ import annotations

import getpass
from functools import lru_cache


@lru_cache(maxsize=1)
def requester_name() -> str:
    """Who types; empty when the system does not know."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
