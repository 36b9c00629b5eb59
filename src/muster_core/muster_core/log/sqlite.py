"""An event log in one SQLite file: WAL, ``synchronous=FULL``, one transaction per append.

Each row holds a digest of itself and of the row before it (a hash chain), so an altered, missing or
foreign row is found when it is read and named by its sequence number.

Rules for editors: an existing file is never made anew or mended here; what does not look like a
whole log is refused.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from muster_core.errors import LogError, LogFencedError
from muster_core.log.durable_file import sync_directory
from muster_core.log.port import READ_PAGE_MAX, LogEntry, check_continues

APPLICATION_ID = 0x4D555354  # "MUST"
FORMAT_VERSION = 1
BUSY_TIMEOUT_MS = 2000
"""How long an append waits for another process that is writing, ms."""

_SCHEMA = """
CREATE TABLE entries (
    seq INTEGER PRIMARY KEY,
    wall_ns INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    body BLOB NOT NULL,
    chain BLOB NOT NULL
) STRICT
"""
_LAST_ROW = "SELECT seq, chain FROM entries ORDER BY seq DESC LIMIT 1"
_PAGE = (
    "SELECT seq, wall_ns, epoch, body, chain FROM entries WHERE seq BETWEEN ? AND ? ORDER BY seq"
)
_Row = tuple[int, int, int, bytes, bytes]
_End = tuple[int, bytes]


def chain_digest(previous: bytes, entry: LogEntry) -> bytes:
    """The digest that ties ``entry`` to everything before it (32 bytes)."""
    head = f"{entry.seq}|{entry.wall_ns}|{entry.epoch}|".encode()
    return hashlib.sha256(previous + head + entry.body).digest()


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
        if not path.exists():
            _create(path)
        self._connection = _connect(path, "rw")
        self._open(is_exclusive=is_exclusive)

    @classmethod
    def open_read_only(cls, path: Path) -> SqliteLog:
        """A handle that changes nothing, for tools; a scheduler may be writing meanwhile.

        :raises LogError: as the constructor; also when there is no such file.
        """
        if not path.is_file():
            raise LogError(f"there is no event log {path}")
        log = cls.__new__(cls)
        log._path = path
        log._connection = _connect(path, _read_mode(path))
        log._open(is_exclusive=False)
        return log

    def _open(self, *, is_exclusive: bool) -> None:
        try:
            if is_exclusive:
                # Before anything is read, so that no shared memory is ever used.
                self._connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            _check_is_log(self._path, self._connection)
            self._connection.execute("PRAGMA synchronous=FULL")
            if is_exclusive:
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.execute("COMMIT")
            self._inode = self._path.stat().st_ino
            self._last_seq, self._chain = self._find_end()
        except (sqlite3.Error, OSError) as error:
            self._connection.close()
            raise LogError(f"event log {self._path} cannot be opened: {_reason(error)}") from error
        except LogError:
            self._connection.close()
            raise

    @property
    def path(self) -> Path:
        """The log's file."""
        return self._path

    @property
    def last_seq(self) -> int:
        """See :class:`EventLog`."""
        return self._last_seq

    def append(self, entries: Sequence[LogEntry]) -> None:
        """See :class:`EventLog`."""
        check_continues(self._last_seq, entries)
        if not entries:
            return
        rows, chain = [], self._chain
        for entry in entries:
            chain = chain_digest(chain, entry)
            rows.append((entry.seq, entry.wall_ns, entry.epoch, entry.body, chain))
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._check_is_end()
            self._connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", rows)
            self._connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise LogError(
                f"events from {self._last_seq + 1} on could not be written to {self._path}: "
                f"{_reason(error)}"
            ) from error
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        self._last_seq += len(rows)
        self._chain = chain

    def _check_is_end(self) -> None:
        """Check that the log still ends where this handle knows it to; within a transaction."""
        if self._path.stat().st_ino != self._inode:
            raise LogError(f"{self._path} was replaced by another file while it was open")
        end = self._find_end()
        if end == (self._last_seq, self._chain):
            return
        if end[0] < self._last_seq:
            raise LogError(f"event {self._last_seq} of {self._path} is missing")
        is_known = self._chain_of(self._last_seq) == self._chain
        raise LogFencedError(str(self._path), self._last_seq + 1 if is_known else self._last_seq)

    def catch_up(self) -> int:
        """See :class:`EventLog`."""
        try:
            end = self._find_end()
            is_known = self._chain_of(self._last_seq) == self._chain
        except sqlite3.Error as error:
            raise LogError(f"the end of {self._path} cannot be read: {error}") from error
        if not is_known:
            raise LogError(f"event {self._last_seq} of {self._path} was altered or is missing")
        self._last_seq, self._chain = end
        return self._last_seq

    def _find_end(self) -> _End:
        row = self._connection.execute(_LAST_ROW).fetchone()
        return row or (0, b"")

    def read(self, from_seq: int, limit: int = READ_PAGE_MAX) -> Sequence[LogEntry]:
        """See :class:`EventLog`."""
        first = max(from_seq, 1)
        last = min(first + limit - 1, self._last_seq)
        if first > last:
            return []
        found: list[LogEntry] = []
        try:
            previous = self._chain_of(first - 1)
            rows = self._connection.execute(_PAGE, (first, last)).fetchall()
        except sqlite3.Error as error:
            raise LogError(f"event {first} of {self._path} cannot be read: {error}") from error
        for expected, (seq, wall_ns, epoch, body, chain) in enumerate(rows, first):
            entry = LogEntry(seq, wall_ns, epoch, body)
            if seq != expected or chain_digest(previous, entry) != chain:
                break
            previous = chain
            found.append(entry)
        if len(found) != last - first + 1:
            seq = first + len(found)
            raise LogError(
                f"event {seq} of {self._path} was altered or is missing; "
                f"the log is good up to event {seq - 1}"
            )
        return found

    def _chain_of(self, seq: int) -> bytes:
        """The digest in the row of event ``seq``; empty when there is no such row."""
        row = self._connection.execute("SELECT chain FROM entries WHERE seq = ?", (seq,)).fetchone()
        return bytes(row[0]) if row else b""

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
            return self._chain_of(seq) if seq <= self._last_seq else b""
        except sqlite3.Error as error:
            raise LogError(f"event {seq} of {self._path} cannot be read: {error}") from error

    def close(self) -> None:
        """See :class:`EventLog`."""
        self._connection.close()


def _reason(error: Exception) -> str:
    """What failed, in words that an operator can act on."""
    words = str(error)
    if "locked" in words:
        return f"it is in use by another process ({words})"
    return words


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection to the existing file at ``path``.

    :param mode: parameters of a SQLite URI, beginning with the mode.
    """
    try:
        # Appends and reads may come from different threads of one node, one at a time.
        return sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=BUSY_TIMEOUT_MS / 1000,
        )
    except sqlite3.Error as error:
        raise LogError(f"event log {path} cannot be opened: {error}") from error


def _read_mode(path: Path) -> str:
    """How to read the file without leaving a trace: without a WAL, nobody else has it open."""
    return "ro" if Path(f"{path}-wal").exists() else "ro&immutable=1"


def _check_is_log(path: Path, connection: sqlite3.Connection) -> None:
    """Check what the file says of itself.

    :raises LogError: when it is not a log of this version.
    """
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application_id != APPLICATION_ID or version != FORMAT_VERSION:
        raise LogError(
            f"{path} is not an event log of this version of Muster "
            f"(application {application_id:#x}, format {version}); name another file"
        )


def _create(path: Path) -> None:
    """Make an empty log at ``path``, at once and whole; one that appeared meanwhile is left alone.

    :raises LogError: when it cannot be made.
    """
    draft = path.with_name(f"{path.name}.new-{os.getpid()}")
    try:
        draft.unlink(missing_ok=True)
        connection = sqlite3.connect(draft, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={FORMAT_VERSION}")
            connection.execute(_SCHEMA)
            connection.execute("COMMIT")
        finally:
            connection.close()
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        sync_directory(path.parent)
    except (sqlite3.Error, OSError) as error:
        raise LogError(f"event log {path} cannot be made: {error}") from error
