"""The high-water mark: a small file that tells how far a log has been written.

Everything in a log is tied to what is before it, and nothing to what comes after: a log that lost
its end looks like a shorter one. SQLite itself drops the damaged end of a WAL without a word. The
mark tells the two apart. It is written after each commit and not synced: after a power cut it may
be behind the log, never before it, so it gives no false alarm. A mark that is missing or damaged is
as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
from pathlib import Path
from typing import NamedTuple

_FORMAT = struct.Struct("<8sQ32s")
_MAGIC = b"MUSTMARK"
_DIGEST_BYTES = 32


class Mark(NamedTuple):
    """An event that is in the log for certain, and the log's digest at it."""

    seq: int
    digest: bytes


def mark_path(log_path: Path) -> Path:
    """Where the mark of the log at ``log_path`` is."""
    return log_path.with_name(f"{log_path.name}.mark")


def read_mark(log_path: Path) -> Mark | None:
    """The mark of the log; None when there is none that can be trusted."""
    try:
        content = mark_path(log_path).read_bytes()
    except OSError:
        return None
    body = content[: _FORMAT.size]
    if len(body) < _FORMAT.size or content[_FORMAT.size :] != hashlib.sha256(body).digest():
        return None
    magic, seq, digest = _FORMAT.unpack(body)
    return Mark(seq, digest) if magic == _MAGIC else None


class MarkWriter:
    """Moves the mark of one log. It never fails: what it cannot write is only not watched over."""

    def __init__(self, log_path: Path) -> None:
        self._descriptor = -1
        with contextlib.suppress(OSError):
            self._descriptor = os.open(mark_path(log_path), os.O_WRONLY | os.O_CREAT, 0o644)

    def write(self, mark: Mark) -> None:
        """Put the mark where the log ends now."""
        body = _FORMAT.pack(_MAGIC, mark.seq, mark.digest)
        with contextlib.suppress(OSError):
            os.pwrite(self._descriptor, body + hashlib.sha256(body).digest(), 0)

    def close(self) -> None:
        """Release the file. Closing twice is fine."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1
