"""Mending a damaged log: what is good up to the first damage becomes the log, a copy is kept."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from muster_core.errors import LogError
from muster_core.log import sqlite_file
from muster_core.log.durable_file import sync_directory
from muster_core.log.examination import Examination, copied, examine_copy, good_entries
from muster_core.log.mark import Mark, MarkWriter, mark_path, read_mark
from muster_core.log.sqlite_file import FAULTS, connect, reading_mode, reason, wal_path

# The bytes that SQLite locks: every connection that has a log open holds some of them.
_LOCKED_FROM, _LOCKED_BYTES = 0x40000000, 512
_FLOCK = struct.Struct("hhqqi4x")


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair did.

    :param last_seq: the log's newest event now; all later ones are gone.
    :param lost_seq: the newest event that is known to have been written and is gone; 0 = unknown.
    :param problem: what was wrong, in words.
    :param kept: the copy of the damaged file; those of its WAL and mark lie beside it.
    """

    last_seq: int
    lost_seq: int
    problem: str
    kept: Path


def repair(path: Path, now_text: str) -> Repaired:
    """Make the log at ``path`` whole again, up to its last good event.

    :param now_text: the time now, for the name of the copy.
    :raises LogError: when the log is in use, whole, or no log at all, or there is no room; then
        nothing was changed.
    """
    if not path.is_file():
        raise LogError(f"there is no event log {path}")
    try:
        with _locked(path):
            found = examine_copy(path, read_mark(path))
            if not found.is_log:
                raise LogError(f"{path} is not an event log of Muster: there is nothing to repair")
            if not found.problem:
                raise LogError(
                    f"{path} is whole, with {found.last_good_seq} events: nothing to repair"
                )
            kept = path.with_name(f"{path.name}.damaged-{now_text}")
            _keep(path, kept)
            _put_in_place(path, found)
    except (*FAULTS, OSError) as error:
        raise LogError(f"{path} cannot be repaired: {reason(error, path)}") from error
    return Repaired(found.last_good_seq, found.lost_seq, found.problem, kept)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep every other process from opening the log.

    :raises LogError: when one has it open.
    """
    descriptor = os.open(path, os.O_RDWR)
    try:
        lock = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, _LOCKED_FROM, _LOCKED_BYTES, 0)
        try:
            # Of the open file, not of the process: it holds against SQLite in this process, too.
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, lock)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
            raise LogError(
                f"{path} is in use by another process: end the scheduler, or the agent, first"
            ) from error
        yield
    finally:
        os.close(descriptor)


def _keep(path: Path, kept: Path) -> None:
    """Copy the log's files aside. Its shared memory holds nothing that is not in them."""
    if kept.exists():
        raise LogError(f"{kept} exists already: a repair was tried at this very moment")
    for source, copy in (
        (path, kept),
        (wal_path(path), wal_path(kept)),
        (mark_path(path), mark_path(kept)),
    ):
        if not source.exists():
            continue
        shutil.copyfile(source, copy)
        with copy.open("rb") as file:
            os.fsync(file.fileno())
    sync_directory(path.parent)


def _put_in_place(path: Path, found: Examination) -> None:
    """Make a log of the good events and put it where the damaged one is, at once and whole."""
    draft = path.with_name(f"{path.name}.new-{os.getpid()}")
    try:
        sqlite_file.remove(draft)
        sqlite_file.make_empty(draft)
        end = _copy_events(path, draft, found)
        # First, lest the old WAL should be taken for that of the new file.
        wal_path(path).unlink(missing_ok=True)
        draft.replace(path)
    finally:
        sqlite_file.remove(draft)
    sync_directory(path.parent)
    mark = MarkWriter(path)
    mark.write(end)
    mark.close()


def _copy_events(path: Path, draft: Path, found: Examination) -> Mark:
    """Copy the good events to ``draft``; its end."""
    end = Mark(0, b"")
    with (
        copied(path, found.reading) as source,
        contextlib.closing(connect(source, reading_mode(source))) as damaged,
        contextlib.closing(connect(draft, "rw")) as whole,
    ):
        whole.execute("PRAGMA synchronous=FULL")
        whole.execute("BEGIN IMMEDIATE")
        with contextlib.suppress(*FAULTS):  # where the damage begins
            for entry, digest in good_entries(damaged):
                row = (entry.seq, entry.wall_ns, entry.epoch, entry.body, digest)
                whole.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", row)
                end = Mark(entry.seq, digest)
        whole.execute("COMMIT")
    if end.seq != found.last_good_seq:
        raise LogError(
            f"{path} changes while it is read: event {end.seq + 1} is not there any more"
        )
    return end
