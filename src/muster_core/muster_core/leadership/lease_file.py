"""One lease on disk: who leads under which token, and until when.

A lease is a small file of a fixed size, named by its token. Only the candidate that made it writes
it, in place: that needs no new room, so that a full disk deposes nobody. A torn or altered file is
known by its checksum.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import msgspec

from muster_core.leadership.process_identity import ProcessIdentity

RECORD_BYTES = 1024


class LeaseRecord(msgspec.Struct, frozen=True):
    """What a lease file says.

    :param holder: the candidate's name, for people.
    :param expires_ns: on the host's steady clock (CLOCK_BOOTTIME, one for all of its processes,
        begun anew with each boot); 0 = its holder has resigned.
    """

    holder: str
    expires_ns: int
    process: ProcessIdentity

    def to_bytes(self) -> bytes:
        """A line for people, with a checksum for programs."""
        body = msgspec.json.encode(self)
        line = b"%08x %s" % (zlib.crc32(body), body)
        assert len(line) < RECORD_BYTES, f"the lease of {self.holder!r} is too long"
        return line.ljust(RECORD_BYTES - 1) + b"\n"


def parse_record(content: bytes) -> LeaseRecord | None:
    """The record; None when the file was torn or altered."""
    checksum, _, body = content.strip().partition(b" ")
    if checksum != b"%08x" % zlib.crc32(body):
        return None
    try:
        return msgspec.json.decode(body, type=LeaseRecord)
    except msgspec.MsgspecError:
        return None


def create(path: Path, record: LeaseRecord) -> int | None:
    """A descriptor of the new lease file, which is on disk; None when there is one already.

    :raises OSError: when it cannot be made; nothing is left of it then.
    """
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o644)
    except FileExistsError:
        return None
    try:
        write(descriptor, record)
        os.fsync(descriptor)
        _sync_directory(path.parent)
    except OSError:
        os.close(descriptor)
        path.unlink(missing_ok=True)
        raise
    return descriptor


def write(descriptor: int, record: LeaseRecord) -> None:
    """Overwrite the lease. It needs no sync: after a boot no lease is good any more.

    :raises OSError: when it cannot be written.
    """
    content = record.to_bytes()
    if os.pwrite(descriptor, content, 0) != len(content):
        raise OSError("the lease was written in part only")


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
