"""One contract suite for every adapter of the event log."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from muster_core.errors import LogError, LogFencedError
from muster_core.log import EventLog, LogEntry, MemoryLog, SqliteLog, sqlite_file

Open = Callable[[], EventLog]


def entries(first: int, count: int) -> list[LogEntry]:
    return [LogEntry(seq, 1000 + seq, 1, b'{"n":%d}' % seq) for seq in range(first, first + count)]


@pytest.fixture(params=["memory", "sqlite"])
def open_log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens handles on one log."""
    first = MemoryLog()
    opened: list[EventLog] = []

    def open_one() -> EventLog:
        is_memory = request.param == "memory"
        opened.append(first.reopen() if is_memory else SqliteLog(tmp_path / "a.log"))
        return opened[-1]

    yield open_one
    for log in opened:
        log.close()


@pytest.fixture
def log(open_log: Open) -> EventLog:
    return open_log()


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


def test_log_outlives_its_handle(open_log: Open) -> None:
    first = open_log()
    first.append(entries(1, 3))
    first.close()
    second = open_log()
    assert second.last_seq == 3
    second.append(entries(4, 1))
    assert list(second.entries()) == entries(1, 4)


def test_deposed_writer_appends_nothing_once_its_successor_has(open_log: Open) -> None:
    deposed = open_log()
    deposed.append(entries(1, 3))
    successor = open_log()
    successor.append(entries(4, 1))
    for _ in range(2):
        with pytest.raises(LogFencedError, match=r"event 4 .*written by somebody else") as fenced:
            deposed.append(entries(4, 2))
        assert fenced.value.seq == 4
    assert deposed.last_seq == 3
    assert list(open_log().entries()) == entries(1, 4)


def test_of_two_that_follow_the_same_event_the_first_wins(open_log: Open) -> None:
    one, other = open_log(), open_log()
    other.append([LogEntry(1, 7, 7, b"{}")])
    with pytest.raises(LogFencedError):
        one.append(entries(1, 1))
    assert [entry.epoch for entry in open_log().entries()] == [7]


def test_handle_sees_what_others_append_when_it_catches_up(open_log: Open) -> None:
    waiting, leading = open_log(), open_log()
    leading.append(entries(1, 3))
    assert waiting.last_seq == 0
    assert list(waiting.entries()) == list(waiting.read(1)) == []
    assert waiting.catch_up() == waiting.last_seq == 3
    assert list(waiting.entries(2)) == entries(2, 2)
    leading.append(entries(4, 2))
    assert list(waiting.read(2)) == entries(2, 2)


def test_handle_that_caught_up_may_append(open_log: Open) -> None:
    waiting, leading = open_log(), open_log()
    leading.append(entries(1, 3))
    waiting.catch_up()
    waiting.append(entries(4, 1))
    with pytest.raises(LogFencedError):
        leading.append(entries(4, 1))


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


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("muster_core.log.sqlite_file.BUSY_TIMEOUT_MS", 50)


@pytest.mark.usefixtures("impatience")
def test_second_process_is_refused_while_the_log_is_exclusive(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    first = SqliteLog(path, is_exclusive=True)
    for open_another in (
        lambda: SqliteLog(path, is_exclusive=True),
        lambda: SqliteLog(path),
        lambda: SqliteLog.open_read_only(path),
    ):
        with pytest.raises(LogError, match="in use by another process"):
            open_another()
    first.append(entries(1, 1))
    first.close()
    assert SqliteLog(path, is_exclusive=True).last_seq == 1


@pytest.mark.usefixtures("impatience")
def test_log_in_use_cannot_be_taken_exclusively(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    first = SqliteLog(path)
    with pytest.raises(LogError, match="in use by another process"):
        SqliteLog(path, is_exclusive=True)
    first.append(entries(1, 1))
    first.close()


def test_reading_handle_works_beside_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    writer = SqliteLog(path)
    writer.append(entries(1, 3))
    reader = SqliteLog.open_read_only(path)
    writer.append(entries(4, 1))
    assert list(reader.entries()) == entries(1, 3)
    assert reader.catch_up() == 4
    with pytest.raises(LogError, match="could not be written"):
        reader.append(entries(5, 1))
    writer.append(entries(5, 1))
    writer.close()


def test_reading_handle_follows_a_writer_that_starts_later(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    writer = SqliteLog(path)
    writer.append(entries(1, 500))
    writer.close()
    reader = SqliteLog.open_read_only(path)
    assert list(reader.read(1, 10)) == entries(1, 10)
    writer = SqliteLog(path)
    for _ in range(40):  # much of the file is written anew by this
        writer.append(entries(writer.last_seq + 1, 200))
    assert list(reader.entries()) == entries(1, 500)
    assert reader.catch_up() == 8500
    assert list(reader.entries(8000)) == entries(8000, 501)
    writer.close()
    reader.close()


def test_reading_handle_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    writer = SqliteLog(path)
    writer.append(entries(1, 3))
    writer.close()
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    reader = SqliteLog.open_read_only(path)
    assert list(reader.entries()) == entries(1, 3)
    reader.close()
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_reading_handle_makes_no_log(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="there is no event log"):
        SqliteLog.open_read_only(tmp_path / "a.log")
    assert list(tmp_path.iterdir()) == []


def test_log_that_was_replaced_under_its_writer_takes_nothing_more(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    log = SqliteLog(path)
    log.append(entries(1, 3))
    path.rename(tmp_path / "moved.log")
    with pytest.raises(LogError, match="could not be written"):
        log.append(entries(4, 1))
    sqlite_file.create(path)
    with pytest.raises(LogError, match="was replaced by another file"):
        log.append(entries(4, 1))


def test_foreign_file_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE mine (x)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(LogError, match="not an event log of Muster: name another file"):
        SqliteLog(path)
    assert path.read_bytes() == before


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(LogError, match="not an event log of Muster: name another file"):
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
