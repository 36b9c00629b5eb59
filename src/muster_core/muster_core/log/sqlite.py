"""An event log in one SQLite file: WAL, ``synchronous=FULL``, one transaction per append.

Each row holds a digest of itself and of the row before it (a hash chain), so an altered, missing or
foreign row is found when it is read and named by its sequence number.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from muster_core.errors import LogError
from muster_core.log.port import READ_PAGE_MAX, LogEntry, check_continues

APPLICATION_ID = 0x4D555354  # "MUST"
FORMAT_VERSION = 1
BUSY_TIMEOUT_MS = 2000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    seq INTEGER PRIMARY KEY,
    wall_ns INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    body BLOB NOT NULL,
    chain BLOB NOT NULL
) STRICT
"""


def chain_digest(previous: bytes, entry: LogEntry) -> bytes:
    """The digest that ties ``entry`` to everything before it (32 bytes)."""
    head = f"{entry.seq}|{entry.wall_ns}|{entry.epoch}|".encode()
    return hashlib.sha256(previous + head + entry.body).digest()


class SqliteLog:
    """The log in the file at ``path``, made when it does not exist.

    :raises LogError: when the file is not a Muster log, is of another version, or is held by
        another writer.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            # Appends and reads may come from different threads of one node, one at a time.
            self._connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_MS / 1000
            )
            self._open()
        except sqlite3.Error as error:
            raise LogError(f"event log {path} cannot be opened: {error}") from error

    def _open(self) -> None:
        connection = self._connection
        (application_id,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if (tables and application_id != APPLICATION_ID) or version not in (0, FORMAT_VERSION):
            connection.close()
            raise LogError(
                f"{self._path} is not an event log of this version of Muster "
                f"(application {application_id:#x}, format {version}); name another file"
            )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        # The lock is kept from the first write on: two writers of one log would be two truths.
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={FORMAT_VERSION}")
        connection.execute(_SCHEMA)
        connection.execute("COMMIT")
        row = connection.execute(
            "SELECT seq, chain FROM entries ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        self._last_seq: int = row[0] if row else 0
        self._chain: bytes = row[1] if row else b""

    @property
    def last_seq(self) -> int:
        """See :class:`EventLog`."""
        return self._last_seq

    def append(self, entries: Sequence[LogEntry]) -> None:
        """See :class:`EventLog`."""
        check_continues(self._last_seq, entries)
        rows, chain = [], self._chain
        for entry in entries:
            chain = chain_digest(chain, entry)
            rows.append((entry.seq, entry.wall_ns, entry.epoch, entry.body, chain))
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", rows)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise LogError(
                f"events from {self._last_seq + 1} on could not be written to {self._path}: {error}"
            ) from error
        self._last_seq += len(rows)
        self._chain = chain

    def read(self, from_seq: int, limit: int = READ_PAGE_MAX) -> Sequence[LogEntry]:
        """See :class:`EventLog`."""
        first = max(from_seq, 1)
        try:
            previous = self._chain_before(first)
            rows = self._connection.execute(
                "SELECT seq, wall_ns, epoch, body, chain FROM entries "
                "WHERE seq >= ? ORDER BY seq LIMIT ?",
                (first, limit),
            ).fetchall()
        except sqlite3.Error as error:
            raise LogError(f"event {first} of {self._path} cannot be read: {error}") from error
        found = []
        for expected, (seq, wall_ns, epoch, body, chain) in enumerate(rows, first):
            entry = LogEntry(seq, wall_ns, epoch, body)
            if seq != expected or chain_digest(previous, entry) != chain:
                raise LogError(
                    f"event {expected} of {self._path} was altered or is missing; "
                    f"the log is good up to event {expected - 1}"
                )
            previous = chain
            found.append(entry)
        return found

    def _chain_before(self, seq: int) -> bytes:
        row = self._connection.execute(
            "SELECT chain FROM entries WHERE seq = ?", (seq - 1,)
        ).fetchone()
        return bytes(row[0]) if row else b""

    def entries(self, from_seq: int = 1) -> Iterator[LogEntry]:
        """See :class:`EventLog`."""
        seq = max(from_seq, 1)
        while page := self.read(seq):
            yield from page
            seq = page[-1].seq + 1

    def close(self) -> None:
        """See :class:`EventLog`."""
        self._connection.close()
