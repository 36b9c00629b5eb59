"""An agent's journal on the disk: found, opened, checked, and kept short."""

from __future__ import annotations

import os
from contextlib import closing, suppress
from pathlib import Path

from muster_core.agent import AgentConfig, AgentState, fold_journal, shortest
from muster_core.agent.records import to_entries
from muster_core.clock import Instant
from muster_core.errors import ConfigError, LogDamagedError, LogError
from muster_core.ids import RobotId
from muster_core.log import SqliteLog
from muster_core.log.durable_file import sync_directory
from muster_core.log.mark import mark_path
from muster_core.log.sqlite_file import wal_path


def journal_path(fleet: str, robot_id: RobotId, config: AgentConfig) -> Path:
    """Where the robot's journal is; its directory is made when it is missing.

    :raises ConfigError: when the directory cannot be made.
    """
    directory = Path(config.data_dir).expanduser() if config.data_dir else _state_directory(fleet)
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"data_dir is {str(directory)!r}, which cannot be made: {error.strerror}; "
            f"name a directory that this user may write to"
        ) from error
    return directory / f"{robot_id}.journal"


def open_journal(path: Path, config: AgentConfig, now: Instant) -> SqliteLog:
    """The journal at ``path``, made when there is none, and rewritten when it has become long.

    :raises LogError: when the file is not a journal, is damaged or in use, or cannot be rewritten.
    """
    journal = SqliteLog(path, is_exclusive=True)
    try:
        remembered_max = config.attempts_remembered_max
        state = fold_journal(journal, attempts_remembered_max=remembered_max)
        if journal.last_seq <= config.journal_records_max:
            return journal
        _rewrite(journal, state, now)
    except LogDamagedError:
        journal.close()
        raise
    except LogError as error:
        journal.close()
        raise LogError(f"the journal {path} cannot be used: {error}") from error
    return SqliteLog(path, is_exclusive=True)


def _rewrite(journal: SqliteLog, state: AgentState, now: Instant) -> None:
    """Close ``journal`` and put a short one of the same ``state`` in its place, at once and whole.

    The long one is kept as ``.1``. Should another process have it open then, its next append finds
    it replaced, and fails.

    :raises LogError: when that cannot be done; the journal is then as it was.
    """
    path = journal.path
    old, draft = path.with_name(f"{path.name}.1"), path.with_name(f"{path.name}.short")
    try:
        for leftover in (*_files_of(old), *_files_of(draft)):
            leftover.unlink(missing_ok=True)
        entries = to_entries(tuple(shortest(state)), first_seq=1, epoch=state.epoch, now=now)
        with closing(SqliteLog(draft, is_exclusive=True)) as short:
            short.append(entries)
        journal.close()
        for log in (path, draft):
            if wal_path(log).exists():  # it would be taken for that of the file to come
                raise LogError(f"{log} could not be closed cleanly")
        os.link(path, old)
        # Without a mark in between, for one of the other file would tell of a lost end.
        _move_mark(path, old)
        os.replace(draft, path)
        _move_mark(draft, path)
        sync_directory(path.parent)
    except (OSError, LogError) as error:
        raise LogError(
            f"it has {journal.last_seq} records and cannot be rewritten: {error}; "
            f"see to the disk (is it full?)"
        ) from error


def _files_of(path: Path) -> tuple[Path, ...]:
    return path, wal_path(path), mark_path(path)


def _move_mark(start: Path, end: Path) -> None:
    with suppress(FileNotFoundError):
        os.replace(mark_path(start), mark_path(end))


def _state_directory(fleet: str) -> Path:
    base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(base).expanduser() / "muster" / fleet.strip("/")
