"""The hash chain: each row of a log holds a digest of itself and of the row before it."""

from __future__ import annotations

import hashlib
from typing import Any

from muster_core.log.port import LogEntry

Row = tuple[Any, Any, Any, Any, Any]
"""Sequence number, wall time, epoch, body and digest, as a file says them: of any type."""


def chain_digest(previous: bytes, entry: LogEntry) -> bytes:
    """The digest that ties ``entry`` to everything before it (32 bytes)."""
    head = f"{entry.seq}|{entry.wall_ns}|{entry.epoch}|".encode()
    return hashlib.sha256(previous + head + entry.body).digest()


def verified(row: Row, expected_seq: int, previous: object) -> LogEntry | None:
    """The entry in ``row``; None when it is not what was written as event ``expected_seq``.

    :param previous: the digest in the row before; of any type, as it comes from a file.
    """
    seq, wall_ns, epoch, body, chain = row
    # A damaged file may hold a text that reads like the number.
    if seq != expected_seq or type(wall_ns) is not int or type(epoch) is not int:
        return None
    if type(body) is not bytes or type(previous) is not bytes:
        return None
    entry = LogEntry(seq, wall_ns, epoch, body)
    return entry if chain_digest(previous, entry) == chain else None
