"""W3C trace context (level 1), made from ids so that the same input gives the same trace."""

from __future__ import annotations

import hashlib
import re

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def is_traceparent(text: str) -> bool:
    """Whether ``text`` is a version 00 traceparent with non-zero ids."""
    return _TRACEPARENT.fullmatch(text) is not None


def make_traceparent(*identity: object) -> str:
    """A traceparent whose trace and span ids are a digest of ``identity``; sampled."""
    digest = hashlib.sha256("|".join(map(str, identity)).encode()).hexdigest()
    return f"00-{digest[:32]}-{digest[32:48]}-01"


def trace_id(traceparent: str) -> str:
    """The 32 hexadecimal digits that all events of one order share; empty when there are none."""
    return traceparent[3:35] if is_traceparent(traceparent) else ""
