"""What a log file is worth: whole, damaged and good up to some event, or no log at all.

What cannot be found: an alteration by somebody who computes all later digests anew and removes the
mark; and the loss of a log's end together with its mark, or of an end that was written while the
mark could not be.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from muster_core.errors import LogDamagedError, LogError
from muster_core.log import sqlite_file
from muster_core.log.chain import verified
from muster_core.log.mark import Mark, read_mark
from muster_core.log.port import LogEntry
from muster_core.log.sqlite_file import (
    FAULTS,
    PAGE_SIZE,
    connect,
    is_damage,
    reading_mode,
    reason,
    wal_path,
)

_SIZE_AT = 28
_CHANGES_AT, _CHANGES_OF_SIZE_AT = 24, 92


class Reading(Enum):
    """How a damaged file may still be read."""

    AS_IS = "as it is"
    WITHOUT_WAL = "without its WAL"
    NEW_HEADER = "with a new header"
    NEW_HEADER_WITHOUT_WAL = "with a new header and without its WAL"


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found in a log file.

    :param last_good_seq: every event up to this one is there and unaltered; 0 = not even the first.
    :param problem: what is wrong, in words; empty = the log is whole.
    :param is_log: whether the file is, or was, a log of Muster.
    :param mark: the event that had been written for certain, if that is known.
    :param reading: how the good events can be read.
    """

    last_good_seq: int
    problem: str = ""
    is_log: bool = True
    mark: Mark | None = None
    reading: Reading = Reading.AS_IS

    @property
    def lost_seq(self) -> int:
        """The newest event that had been written and is lost; 0 when none is known of."""
        return self.mark.seq if self.mark and self.mark.seq > self.last_good_seq else 0

    def require_whole(self, path: Path) -> None:
        """Refuse the log unless it is whole.

        :raises LogError: saying what is wrong and what to do.
        """
        if not self.is_log:
            raise LogError(f"{path} is not an event log of Muster: name another file")
        if self.problem:
            raise LogDamagedError(str(path), self.problem, self.last_good_seq)


def examine(path: Path) -> Examination:
    """Read the whole log at ``path``, which may be in use, and say what it is worth.

    :raises LogError: when it cannot be read for reasons that are not in it.
    """
    mark = read_mark(path)
    found = _examine_once(path, mark)
    if not found.problem:
        return found
    try:
        return examine_copy(path, mark)
    except OSError:  # there is no room, or no right, to make copies
        return found


def examine_copy(path: Path, mark: Mark | None) -> Examination:
    """As ``examine``, in every way in which a damaged file can be read; the best is told.

    It does not ask whether the file is in use, and reads copies only.

    :param mark: the log's mark.
    :raises OSError: when it cannot be copied.
    """
    with copied(path, Reading.AS_IS) as copy:
        best = _examine_once(copy, mark)
    if not best.problem:
        return best
    for reading in Reading:
        with copied(path, reading) as copy:
            found = _examine_once(copy, mark, reading)
        if found.last_good_seq > best.last_good_seq:
            # Whatever can be read in another way, the file as it is has its fault.
            best = replace(found, problem=best.problem)
    return best


@contextlib.contextmanager
def copied(path: Path, reading: Reading) -> Iterator[Path]:
    """A copy of the log, prepared for that reading, as long as it is needed."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f"{path.name}.copy-") as directory:
        copy = Path(directory) / path.name
        shutil.copyfile(path, copy)
        if reading in (Reading.AS_IS, Reading.NEW_HEADER) and wal_path(path).exists():
            shutil.copyfile(wal_path(path), wal_path(copy))
        if reading in (Reading.NEW_HEADER, Reading.NEW_HEADER_WITHOUT_WAL):
            _put_new_header(copy)
        yield copy


def good_entries(connection: sqlite3.Connection) -> Iterator[tuple[LogEntry, bytes]]:
    """Every entry from the first on with its digest, up to the first that is not as written.

    :raises sqlite3.Error: when the file cannot be read, because of damage or otherwise.
    """
    previous = b""
    query = f"SELECT {sqlite_file.COLUMNS} FROM entries ORDER BY seq"
    for expected, row in enumerate(connection.execute(query), 1):
        entry = verified(row, expected, previous)
        if entry is None:
            return
        previous = row[4]
        yield entry, previous


def _examine_once(path: Path, mark: Mark | None, reading: Reading = Reading.AS_IS) -> Examination:
    size = path.stat().st_size
    if size < PAGE_SIZE:
        # Not to be shown to SQLite, which may take it for a new file and delete its WAL.
        is_log = mark is not None or wal_path(path).exists()
        return Examination(0, f"it is {size} bytes long", is_log, mark, reading)
    last_seq, digest_at_mark, is_log, problem = 0, b"", True, ""
    try:
        with contextlib.closing(connect(path, reading_mode(path))) as connection:
            connection.execute("BEGIN")  # a scheduler may be writing: see one moment of it
            problem = sqlite_file.strangeness(connection)
            is_log = not problem
            for entry, digest in good_entries(connection):
                last_seq = entry.seq
                if mark is not None and mark.seq == last_seq:
                    digest_at_mark = digest
            problem = problem or _problem_of_pages(connection, last_seq)
    except FAULTS as error:
        if not is_damage(error):
            raise LogError(f"event log {path} cannot be read: {reason(error, path)}") from error
        is_log = is_log and "not a database" not in str(error)
        problem = problem or reason(error, path)
    problem = problem or problem_of_mark(mark, last_seq, digest_at_mark)
    is_log = is_log or last_seq > 0 or mark is not None
    return Examination(last_seq, problem, is_log, mark, reading)


def _problem_of_pages(connection: sqlite3.Connection, last_seq: int) -> str:
    (count,) = connection.execute("SELECT count(*) FROM entries").fetchone()
    if count > last_seq:
        return f"event {last_seq + 1} was altered or is missing"
    (words,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    return "" if words == "ok" else " ".join(str(words).split())


def problem_of_mark(mark: Mark | None, last_seq: int, digest_at_mark: bytes) -> str:
    """What the mark says against a log that ends with event ``last_seq``; empty when nothing.

    :param digest_at_mark: the log's digest at the mark's event.
    """
    if mark is None or not mark.seq:
        return ""
    if mark.seq > last_seq:
        return f"event {mark.seq} had been written to it, and it ends with event {last_seq}"
    return "" if digest_at_mark == mark.digest else f"event {mark.seq} is not the one written first"


def _put_new_header(path: Path) -> None:
    """Replace the file's first page, which holds no events, by that of a new log."""
    with tempfile.TemporaryDirectory(dir=path.parent) as directory:
        fresh = Path(directory) / "fresh"
        sqlite_file.make_empty(fresh)
        page = bytearray(fresh.read_bytes()[:PAGE_SIZE])
    pages = path.stat().st_size // PAGE_SIZE
    page[_SIZE_AT : _SIZE_AT + 4] = pages.to_bytes(4, "big")
    page[_CHANGES_OF_SIZE_AT : _CHANGES_OF_SIZE_AT + 4] = page[_CHANGES_AT : _CHANGES_AT + 4]
    with path.open("r+b") as file:
        file.write(page)
