"""One contract suite for every adapter of the event log."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from muster_core.errors import LogError
from muster_core.log import EventLog, LogEntry, MemoryLog, SqliteLog

Reopen = Callable[[], EventLog]


def entries(first: int, count: int) -> list[LogEntry]:
    return [LogEntry(seq, 1000 + seq, 1, b'{"n":%d}' % seq) for seq in range(first, first + count)]


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EventLog]:
    made: EventLog = MemoryLog() if request.param == "memory" else SqliteLog(tmp_path / "a.log")
    yield made
    made.close()


def test_new_log_is_empty(log: EventLog) -> None:
    assert log.last_seq == 0
    assert list(log.entries()) == []


def test_what_was_appended_is_read_in_order(log: EventLog) -> None:
    log.append(entries(1, 3))
    log.append(entries(4, 2))
    assert list(log.entries()) == entries(1, 5)
    assert log.last_seq == 5


def test_page_starts_where_asked_and_is_bounded(log: EventLog) -> None:
    log.append(entries(1, 10))
    assert list(log.read(4, 3)) == entries(4, 3)
    assert list(log.read(11, 3)) == []


def test_all_entries_come_over_many_pages(log: EventLog) -> None:
    log.append(entries(1, 4500))
    assert [entry.seq for entry in log.entries(2001)] == list(range(2001, 4501))


@pytest.mark.parametrize("first", [1, 3, 5])
def test_append_that_does_not_continue_the_sequence_is_refused(log: EventLog, first: int) -> None:
    log.append(entries(1, 3))
    with pytest.raises(LogError, match=f"event {first} cannot follow event 3"):
        log.append(entries(first, 2))
    assert list(log.entries()) == entries(1, 3)


def test_append_is_all_or_nothing(log: EventLog) -> None:
    with pytest.raises(LogError, match="event 9 cannot follow event 2"):
        log.append([*entries(1, 2), *entries(9, 1)])
    assert log.last_seq == 0


def test_empty_append_changes_nothing(log: EventLog) -> None:
    log.append([])
    assert log.last_seq == 0


def test_closing_twice_is_fine(log: EventLog) -> None:
    log.close()
    log.close()


def test_failed_append_leaves_the_log_as_it_was() -> None:
    log = MemoryLog()
    log.append(entries(1, 1))
    log.fail_next_append = "disk full"
    with pytest.raises(LogError, match="disk full"):
        log.append(entries(2, 1))
    log.append(entries(2, 1))
    assert list(log.entries()) == entries(1, 2)


def test_sqlite_log_outlives_its_process(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    first = SqliteLog(path)
    first.append(entries(1, 3))
    first.close()
    second = SqliteLog(path)
    second.append(entries(4, 1))
    assert list(second.entries()) == entries(1, 4)


def test_second_writer_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    first = SqliteLog(path)
    with pytest.raises(LogError, match="cannot be opened"):
        SqliteLog(path)
    first.close()


def test_foreign_file_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE mine (x)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(LogError, match="not an event log of this version"):
        SqliteLog(path)
    assert path.read_bytes() == before


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(LogError, match="cannot be opened"):
        SqliteLog(path)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE entries SET body = x'7b7d' WHERE seq = 3",
        "UPDATE entries SET wall_ns = 5 WHERE seq = 3",
        "DELETE FROM entries WHERE seq = 3",
    ],
)
def test_altered_entry_is_named_by_its_sequence_number(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.log"
    log = SqliteLog(path)
    log.append(entries(1, 5))
    log.close()
    connection = sqlite3.connect(path)
    connection.execute(damage)
    connection.commit()
    connection.close()
    with pytest.raises(LogError, match=r"event 3 .*good up to event 2"):
        list(SqliteLog(path).entries())
