"""The SQLite file of a log: how one is made, opened, and recognised.

Rules for editors: no process may open such a file in another way than through SQLite while it has a
handle on it. Closing any descriptor of a file drops the process's locks on it (POSIX).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

from muster_core.errors import LogError
from muster_core.log.durable_file import sync_directory

APPLICATION_ID = 0x4D555354  # "MUST"
FORMAT_VERSION = 1
PAGE_SIZE = 4096
"""Bytes. The first page holds what the file says of itself, the others hold the events."""
BUSY_TIMEOUT_MS = 2000
"""How long an append waits for another process that is writing, ms."""

SCHEMA = """CREATE TABLE entries (
    seq INTEGER PRIMARY KEY,
    wall_ns INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    body BLOB NOT NULL,
    chain BLOB NOT NULL
) STRICT"""
READ, READ_ALONE = "ro", "ro&immutable=1"
COLUMNS = "seq, wall_ns, epoch, body, chain"

FAULTS = (sqlite3.Error, UnicodeDecodeError)
"""What reading a file may raise; the second is how Python tells of a damaged schema."""
REASON_LENGTH_MAX = 100
SHARED_MEMORY_BYTES = 32 * 1024
"""What SQLite needs beside a file that several processes may open."""
# What SQLite says when the file may be whole: somebody else uses it, or the system lets us down.
_NO_DAMAGE = ("locked", "unable to open", "readonly", "disk I/O error", "disk is full")


def wal_path(path: Path) -> Path:
    """Where SQLite keeps what was appended and is not yet in the file itself."""
    return Path(f"{path}-wal")


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection to the existing file at ``path``.

    :param mode: parameters of a SQLite URI, beginning with the mode.
    :raises sqlite3.Error: when it cannot be opened.
    """
    # Appends and reads may come from different threads of one node, one at a time.
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_TIMEOUT_MS / 1000,
    )
    # Look for damage in every page that is read, at a price that cannot be measured.
    connection.execute("PRAGMA cell_size_check=ON")
    return connection


def reading_mode(path: Path) -> str:
    """How to read the file without leaving a trace: without a WAL, nobody else has it open."""
    return READ if wal_path(path).exists() else READ_ALONE


def create(path: Path) -> None:
    """Make an empty log at ``path``, at once and whole; one that appeared meanwhile is left alone.

    :raises LogError: when it cannot be made.
    """
    draft = path.with_name(f"{path.name}.new-{os.getpid()}")
    try:
        remove(draft)
        make_empty(draft)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        sync_directory(path.parent)
    except (sqlite3.Error, OSError) as error:
        raise LogError(f"event log {path} cannot be made: {reason(error, path)}") from error
    finally:
        remove(draft)


def remove(path: Path) -> None:
    """Remove a draft and what SQLite has put beside it, as far as it is there."""
    for end in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{end}").unlink(missing_ok=True)


def make_empty(path: Path) -> None:
    """Make an empty log at ``path``, where nothing is.

    :raises sqlite3.Error: when it cannot be made.
    """
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size={PAGE_SIZE}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={FORMAT_VERSION}")
        connection.execute(SCHEMA)
        connection.execute("COMMIT")


def strangeness(connection: sqlite3.Connection) -> str:
    """Why the file is not a log of this version; empty when it says that it is one.

    :raises sqlite3.Error: when it cannot be read.
    """
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application_id != APPLICATION_ID:
        return f"it says that it belongs to application {application_id:#x}"
    if version != FORMAT_VERSION:
        return f"it says that it is of format {version}, where this Muster reads {FORMAT_VERSION}"
    tables = [str(sql).strip() for (sql,) in connection.execute("SELECT sql FROM sqlite_master")]
    return "" if tables == [SCHEMA] else "its table is another"


def is_damage(fault: Exception) -> bool:
    """Whether one of ``FAULTS`` speaks of what is in the file, not of its surroundings."""
    return not any(words in str(fault) for words in _NO_DAMAGE)


def reason(error: Exception, path: Path) -> str:
    """What failed with the file at ``path``, in a line that an operator can act on."""
    if isinstance(error, UnicodeDecodeError):
        return "its table cannot be read"
    words = " ".join(str(error).split())[:REASON_LENGTH_MAX]
    if "locked" in words:
        return f"it is in use by another process ({words})"
    if "disk is full" in words or ("disk I/O error" in words and _is_full(path)):
        return f"the disk is full ({words})"
    return words


def _is_full(path: Path) -> bool:
    """Whether there is no room for the shared memory, which SQLite only calls an I/O error."""
    return shutil.disk_usage(path.parent).free < SHARED_MEMORY_BYTES
