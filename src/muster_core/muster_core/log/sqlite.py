"""An event log in one SQLite file: WAL, ``synchronous=FULL``, one transaction per append.

Each row holds a digest of itself and of the row before it (a hash chain), so an altered, missing or
foreign row is found when it is read and named by its sequence number; a mark beside the file tells
when its end is lost.

Rules for editors: an existing file is never made anew or mended here; what does not look like a
whole log is refused before anything could change it.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from muster_core.errors import LogDamagedError, LogError, LogFencedError
from muster_core.log import sqlite_file
from muster_core.log.chain import Row, chain_digest, verified
from muster_core.log.examination import examine, problem_of_mark
from muster_core.log.mark import Mark, MarkWriter, mark_path, read_mark
from muster_core.log.port import READ_PAGE_MAX, LogEntry, check_continues
from muster_core.log.sqlite_file import (
    FAULTS,
    READ,
    READ_ALONE,
    connect,
    is_damage,
    reading_mode,
    reason,
    wal_path,
)

_LAST_ROWS = f"SELECT {sqlite_file.COLUMNS} FROM entries ORDER BY seq DESC LIMIT 2"
_PAGE = f"SELECT {sqlite_file.COLUMNS} FROM entries WHERE seq BETWEEN ? AND ? ORDER BY seq"
_NOTHING = Mark(0, b"")


class SqliteLog:
    """A handle on the log in the file at ``path``, made when there is no such file.

    While one process commits, the others wait for it, at most ``BUSY_TIMEOUT_MS``. A process that
    is stopped (SIGSTOP) within a commit keeps the others from writing until it goes on or dies.

    :param is_exclusive: whether nobody else may open the log meanwhile: for a log whose second
        writer is a mistake, such as a robot's journal.
    :raises LogError: when the file is not a whole Muster log of this version, or is in use.
    """

    def __init__(self, path: Path, *, is_exclusive: bool = False) -> None:
        self._path = path
        try:
            if not path.exists():
                _require_no_remains(path)
                sqlite_file.create(path)
            # Before the file is opened: another that is put in its place later is then noticed.
            self._inode = path.stat().st_ino
        except OSError as error:
            raise self._failed("cannot be opened", error) from error
        mark = read_mark(path)  # before the log, which may grow meanwhile
        is_looked_at = _look(path, mark, may_fail=is_exclusive)
        self._mark_writer: MarkWriter | None = None
        self._connection = self._connect("rw")
        self._is_alone = False
        try:
            self._prepare(is_exclusive=is_exclusive)
            is_sound = is_looked_at or _is_sound(self._connection, mark)
            self._end = self._find_end() if is_sound else _NOTHING
        except (*FAULTS, OSError) as error:
            self._connection.close()
            raise self._failed("cannot be opened", error) from error
        if not is_sound:
            self._connection.close()
            examine(path).require_whole(path)
            raise LogError(f"event log {path} changed while it was opened: try again")
        self._mark_writer = MarkWriter(path)
        if mark is None:
            self._mark_writer.write(self._end)

    @classmethod
    def open_read_only(cls, path: Path) -> SqliteLog:
        """A handle that changes nothing, for tools; a scheduler may be writing meanwhile.

        :raises LogError: as the constructor; also when there is no such file.
        """
        if not path.is_file():
            raise LogError(f"there is no event log {path}")
        _look(path, read_mark(path))
        log = cls.__new__(cls)
        log._path, log._inode, log._mark_writer = path, path.stat().st_ino, None
        mode = reading_mode(path)
        log._connection, log._is_alone = log._connect(mode), mode == READ_ALONE
        try:
            log._end = log._find_end()
        except FAULTS as error:
            log._connection.close()
            raise log._failed("cannot be read", error) from error
        return log

    def _connect(self, mode: str) -> sqlite3.Connection:
        try:
            return connect(self._path, mode)
        except FAULTS as error:
            raise self._failed("cannot be opened", error) from error

    def _failed(self, what: str, error: Exception) -> LogError:
        return LogError(f"event log {self._path} {what}: {reason(error, self._path)}")

    def _prepare(self, *, is_exclusive: bool) -> None:
        if is_exclusive:
            # Before anything is read, so that no shared memory is ever used.
            self._connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        if is_exclusive:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("COMMIT")

    @property
    def path(self) -> Path:
        """The log's file."""
        return self._path

    @property
    def last_seq(self) -> int:
        """See :class:`EventLog`."""
        return self._end.seq

    def append(self, entries: Sequence[LogEntry]) -> None:
        """See :class:`EventLog`."""
        check_continues(self.last_seq, entries)
        if not entries:
            return
        rows, digest = [], self._end.digest
        for entry in entries:
            digest = chain_digest(digest, entry)
            rows.append((entry.seq, entry.wall_ns, entry.epoch, entry.body, digest))
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._check_is_end()
            self._connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", rows)
            self._connection.execute("COMMIT")
        except (*FAULTS, OSError) as error:
            raise LogError(
                f"events from {self.last_seq + 1} on could not be written to {self._path}: "
                f"{reason(error, self._path)}"
            ) from error
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        self._end = Mark(entries[-1].seq, digest)
        if self._mark_writer is not None:
            self._mark_writer.write(self._end)

    def _check_is_end(self) -> None:
        """Check that the log still ends where this handle knows it to; within a transaction."""
        if self._path.stat().st_ino != self._inode:
            raise LogError(f"{self._path} was replaced by another file while it was open")
        end = self._find_end()
        if end == self._end:
            return
        if end.seq < self.last_seq:
            raise LogError(f"event {self.last_seq} of {self._path} is missing")
        is_known = self._digest_at(self.last_seq) == self._end.digest
        raise LogFencedError(str(self._path), self.last_seq + 1 if is_known else self.last_seq)

    def catch_up(self) -> int:
        """See :class:`EventLog`."""
        self._follow_writer()
        try:
            end = self._find_end()
            is_known = self._digest_at(self.last_seq) == self._end.digest
        except FAULTS as error:
            raise LogError(
                f"the end of {self._path} cannot be read: {reason(error, self._path)}"
            ) from error
        if not is_known:
            raise LogDamagedError(
                str(self._path), f"event {self.last_seq} was altered or is missing", 0
            )
        self._end = end
        return self.last_seq

    def _follow_writer(self) -> None:
        """Read as beside a writer once there is one, though there was none at the start."""
        if self._is_alone and reading_mode(self._path) == READ:
            self._connection.close()
            self._connection, self._is_alone = self._connect(READ), False

    def _find_end(self) -> Mark:
        row = self._connection.execute(
            "SELECT seq, chain FROM entries ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        return Mark(*row) if row else _NOTHING

    def read(self, from_seq: int, limit: int = READ_PAGE_MAX) -> Sequence[LogEntry]:
        """See :class:`EventLog`."""
        first = max(from_seq, 1)
        last = min(first + limit - 1, self.last_seq)
        self._follow_writer()
        found, problem = self._read_verified(first, last)
        if problem:
            raise LogDamagedError(str(self._path), problem, first + len(found) - 1)
        return found

    def _read_verified(self, first: int, last: int) -> tuple[list[LogEntry], str]:
        """The entries that are as they were written, up to the first that is not; and its fault."""
        found: list[LogEntry] = []
        if first > last:
            return found, ""
        try:
            previous = self._digest_at(first - 1)
            row: Row
            for row in self._connection.execute(_PAGE, (first, last)):
                entry = verified(row, first + len(found), previous)
                if entry is None:
                    break
                previous = row[4]
                found.append(entry)
        except FAULTS as error:
            seq = first + len(found)
            if not is_damage(error):
                raise self._failed(f"cannot be read at event {seq}", error) from error
            return found, f"event {seq} cannot be read: {reason(error, self._path)}"
        if len(found) <= last - first:
            return found, f"event {first + len(found)} was altered or is missing"
        return found, ""

    def entries(self, from_seq: int = 1) -> Iterator[LogEntry]:
        """See :class:`EventLog`."""
        seq = max(from_seq, 1)
        while page := self.read(seq):
            yield from page
            seq = page[-1].seq + 1

    def digest_at(self, seq: int) -> bytes:
        """The digest of all events up to ``seq``; empty when there is no such event.

        :raises LogError: when it cannot be read.
        """
        try:
            return self._digest_at(seq) if seq <= self.last_seq else b""
        except FAULTS as error:
            raise self._failed(f"cannot be read at event {seq}", error) from error

    def _digest_at(self, seq: int) -> bytes:
        row = self._connection.execute("SELECT chain FROM entries WHERE seq = ?", (seq,)).fetchone()
        # A damaged row may hold anything.
        return row[0] if row and type(row[0]) is bytes else b""

    def close(self) -> None:
        """See :class:`EventLog`."""
        self._connection.close()
        if self._mark_writer is not None:
            self._mark_writer.close()


def _require_no_remains(path: Path) -> None:
    """Check that no log was at ``path``, where there is none now.

    :raises LogError: when there was one, for a new one would hide that.
    """
    mark, wal = read_mark(path), wal_path(path)
    if mark is not None and mark.seq:
        raise LogError(
            f"{path} is missing, and event {mark.seq} had been written to it; put it back, or "
            f"remove {mark_path(path)} to begin a new log"
        )
    if wal.exists() and wal.stat().st_size:
        raise LogError(
            f"{path} is missing, and its end {wal} is there; put it back, or remove {wal} to "
            f"begin a new log"
        )


def _look(path: Path, mark: Mark | None, *, may_fail: bool = False) -> bool:
    """Look at the ends of the log, where damage hides best, before anything could change it.

    Damage elsewhere is found when it is read.

    :param may_fail: whether False is wanted, not an error, when it cannot be looked at: reading it
        may need room on the disk that opening it exclusively does not.
    :raises LogError: when the file is not a whole log.
    """
    try:
        is_sound = _looks_sound(path, mark)
    except FAULTS as error:
        is_sound = False
        if not is_damage(error):
            if may_fail:
                return False
            raise LogError(f"event log {path} cannot be opened: {reason(error, path)}") from error
    except OSError as error:
        raise LogError(f"event log {path} cannot be opened: {error.strerror}") from error
    if not is_sound:
        examine(path).require_whole(path)
    return True


def _looks_sound(path: Path, mark: Mark | None) -> bool:
    if path.stat().st_size < sqlite_file.PAGE_SIZE:
        return False
    with contextlib.closing(connect(path, reading_mode(path))) as connection:
        return _is_sound(connection, mark)


def _is_sound(connection: sqlite3.Connection, mark: Mark | None) -> bool:
    if sqlite_file.strangeness(connection):
        return False
    rows: list[Row] = connection.execute(_LAST_ROWS).fetchall()
    last_seq = rows[0][0] if rows else 0
    before = rows[1][4] if len(rows) > 1 else b""
    if len(rows) != min(last_seq, 2) or (rows and verified(rows[0], last_seq, before) is None):
        return False
    at_mark = connection.execute(
        "SELECT chain FROM entries WHERE seq = ?", (mark.seq if mark else 0,)
    ).fetchone()
    return not problem_of_mark(mark, last_seq, at_mark[0] if at_mark else b"")
