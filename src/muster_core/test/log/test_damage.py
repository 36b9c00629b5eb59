"""Claims about damaged logs: refused in a sentence, never half loaded, mended up to the damage."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster_core.errors import LogDamagedError, LogError
from muster_core.log import LogEntry, SqliteLog, examination
from muster_core.log.examination import examine
from muster_core.log.mark import Mark, mark_path, read_mark
from muster_core.log.repair import repair

NOW = "20300131T120000Z"


def entries(first: int, count: int) -> list[LogEntry]:
    body = b'{"type":"event","number":%d,"filler":"' + b"x" * 150 + b'"}'
    return [LogEntry(seq, 10**18 + seq, 3, body % seq) for seq in range(first, first + count)]


def write(path: Path, count: int, *, per_append: int = 7) -> None:
    log = SqliteLog(path)
    for first in range(1, count + 1, per_append):
        log.append(entries(first, min(per_append, count + 1 - first)))
    log.close()


def write_and_die(path: Path, count: int) -> None:
    """As ``write``, by a process that is killed: the WAL stays."""
    write(path, count // 2)
    child = os.fork()
    if child == 0:
        try:
            log = SqliteLog(path)
            for seq in range(count // 2 + 1, count + 1):
                log.append(entries(seq, 1))
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def read_all(path: Path) -> list[LogEntry]:
    log = SqliteLog.open_read_only(path)
    try:
        return list(log.entries())
    finally:
        log.close()


def files(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.parent.iterdir() if file.is_file()}


def alter(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_damage_anywhere_is_refused_or_changes_nothing_that_is_read(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("log") / "a.log"
    count = data.draw(st.sampled_from([0, 1, 3, 40, 90]), label="events")
    make = data.draw(st.sampled_from([write, write_and_die]), label="how written")
    make(path, count)
    names = [name for name in sorted(files(path)) if not name.endswith("-shm")]
    damaged = path.with_name(data.draw(st.sampled_from(names), label="file"))
    content = bytearray(damaged.read_bytes())
    how = data.draw(st.sampled_from(["flip", "flip early", "cut", "remove"]), label="damage")
    if how == "remove":
        damaged.unlink()
    elif how == "cut" or not content:
        length = data.draw(st.integers(0, max(0, len(content) - 1)), label="length")
        damaged.write_bytes(content[:length])
    else:
        end = min(len(content), 200) if how == "flip early" else len(content)
        position = data.draw(st.integers(0, end - 1), label="position")
        content[position] ^= data.draw(st.integers(1, 255), label="bits")
        damaged.write_bytes(content)
    path.with_name("a.log-shm").unlink(missing_ok=True)
    before = files(path)
    try:
        log = SqliteLog(path)
    except LogError:
        after = files(path)
        after.pop("a.log-shm", None)
        assert after == before, "what is refused is not touched"
        if path.exists() and examine(path).is_log:
            assert_repairable(path, count)
        return
    try:
        assert list(log.entries()) == entries(1, count)
        log.append(entries(count + 1, 1))
    except LogError:
        return
    finally:
        log.close()
    assert read_all(path) == entries(1, count + 1)


def assert_repairable(path: Path, count: int) -> None:
    found = examine(path)
    assert 0 <= found.last_good_seq <= count
    assert f"good up to event {found.last_good_seq}" in refusal(path)
    repaired = repair(path, NOW)
    assert repaired.last_seq == found.last_good_seq
    assert read_all(path) == entries(1, repaired.last_seq)
    assert examine(path).problem == ""


def refusal(path: Path) -> str:
    with pytest.raises(LogError) as refused:
        read_all(path)
    sentence = str(refused.value)
    assert "\n" not in sentence and str(path) in sentence
    return sentence


def test_altered_event_is_named_in_one_sentence_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    write(path, 90)
    alter(path, "UPDATE entries SET wall_ns = 5 WHERE seq = 60")
    assert refusal(path) == (
        f"{path} is damaged (event 60 was altered or is missing); it is good up to event 59: "
        f"`muster log repair {path}` keeps that much, and a copy of the file as it is"
    )


def test_events_that_the_wal_lost_are_missed(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    write_and_die(path, 40)
    wal = tmp_path / "a.log-wal"
    wal.write_bytes(wal.read_bytes()[: wal.stat().st_size // 2])
    (tmp_path / "a.log-shm").unlink()
    assert "event 40 had been written to it, and it ends with event 3" in refusal(path)
    repaired = repair(path, NOW)
    assert repaired.lost_seq == 40 and 20 <= repaired.last_seq < 40
    assert read_all(path) == entries(1, repaired.last_seq)


def test_log_put_back_from_an_older_copy_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    write(path, 30)
    older = path.read_bytes()
    log = SqliteLog(path)
    log.append(entries(31, 5))
    log.close()
    path.write_bytes(older)
    assert "event 35 had been written to it, and it ends with event 30" in refusal(path)


def test_other_log_in_its_place_is_refused(tmp_path: Path) -> None:
    path, other = tmp_path / "a.log", tmp_path / "b.log"
    write(path, 30)
    log = SqliteLog(other)
    log.append([LogEntry(seq, 1, 1, b"{}") for seq in range(1, 41)])
    log.close()
    path.write_bytes(other.read_bytes())
    assert "event 30 is not the one written first" in refusal(path)


def test_mark_that_is_behind_is_no_alarm(tmp_path: Path) -> None:
    """As after a power cut, or when the process died between the commit and the mark."""
    path = tmp_path / "a.log"
    write(path, 30)
    behind = mark_path(path).read_bytes()
    log = SqliteLog(path)
    log.append(entries(31, 5))
    log.close()
    mark_path(path).write_bytes(behind)
    assert read_all(path) == entries(1, 35)


def test_log_without_a_mark_gets_one(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    write(path, 30)
    mark_path(path).unlink()
    SqliteLog(path).close()
    mark = read_mark(path)
    assert mark is not None and mark.seq == 30


def test_removed_log_is_not_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    write(path, 30)
    path.unlink()
    with pytest.raises(LogError, match="is missing, and event 30 had been written to it"):
        SqliteLog(path)
    mark_path(path).unlink()
    assert SqliteLog(path).last_seq == 0


def test_file_of_another_format_is_named_so(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    write(path, 30)
    alter(path, "PRAGMA user_version=9")
    assert "of format 9, where this Muster reads 1" in refusal(path)


def test_damaged_header_costs_no_event(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    write(path, 40)
    content = path.read_bytes()
    path.write_bytes(b"\0" * 100 + content[100:])
    assert "good up to event 40" in refusal(path)
    repaired = repair(path, NOW)
    assert (repaired.last_seq, repaired.lost_seq) == (40, 0)
    assert read_all(path) == entries(1, 40)


def test_repair_keeps_what_is_good_and_a_copy_of_all_files(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    write_and_die(path, 90)
    alter_row_in_place(path, 30)
    before = files(path)
    repaired = repair(path, NOW)
    assert repaired.kept == tmp_path / f"a.log.damaged-{NOW}"
    assert (repaired.last_seq, repaired.lost_seq) == (29, 90)
    after = files(path)
    for end in ("", "-wal", ".mark"):
        assert after[f"{repaired.kept.name}{end}"] == before[f"a.log{end}"]
    log = SqliteLog(path)
    assert list(log.entries()) == entries(1, 29)
    log.append(entries(30, 3))
    log.close()
    assert read_all(path) == entries(1, 32)


def alter_row_in_place(path: Path, seq: int) -> None:
    """Flip a bit of the event's body, in whichever file it is."""
    wanted = b'"number":%d,' % seq
    for file in (path, path.with_name(f"{path.name}-wal")):
        content = file.read_bytes()
        file.write_bytes(content.replace(wanted, wanted.replace(b"number", b"numbes")))


def test_whole_log_is_not_repaired(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    write(path, 30)
    before = files(path)
    with pytest.raises(LogError, match="is whole, with 30 events: nothing to repair"):
        repair(path, NOW)
    assert files(path) == before


def test_foreign_file_is_not_repaired(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam, " * 500)
    before = files(path)
    with pytest.raises(LogError, match="not an event log of Muster"):
        repair(path, NOW)
    assert files(path) == before


@pytest.mark.parametrize("is_exclusive", [False, True])
def test_log_in_use_is_not_repaired(tmp_path: Path, is_exclusive: bool) -> None:
    path = tmp_path / "a.log"
    write(path, 30)
    program = (
        "import sys, pathlib; from muster_core.log import SqliteLog; "
        f"log = SqliteLog(pathlib.Path(sys.argv[1]), is_exclusive={is_exclusive}); "
        "print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"open\n"
        with pytest.raises(LogError, match="in use by another process: end the scheduler"):
            repair(path, NOW)


def test_repair_without_room_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.log"
    write(path, 30)
    alter(path, "UPDATE entries SET epoch = 5 WHERE seq = 20")
    before = path.read_bytes()

    def fail(_source: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("muster_core.log.repair.Path.replace", fail)
    with pytest.raises(LogError, match=r"cannot be repaired: .*No space left"):
        repair(path, NOW)
    assert path.read_bytes() == before
    assert "event 20" in refusal(path)


def test_repair_of_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="there is no event log"):
        repair(tmp_path / "a.log", NOW)


def test_log_that_grows_while_it_is_examined_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.log"
    log = SqliteLog(path)
    log.append(entries(1, 30))
    real = examination._problem_of_pages

    def write_meanwhile(connection: sqlite3.Connection, last_seq: int) -> str:
        log.append(entries(log.last_seq + 1, 5))
        return real(connection, last_seq)

    monkeypatch.setattr(examination, "_problem_of_pages", write_meanwhile)
    assert examine(path) == examination.Examination(30, mark=read_mark_at(path, 30))
    log.close()


def read_mark_at(path: Path, seq: int) -> Mark:
    log = SqliteLog.open_read_only(path)
    try:
        return Mark(seq, log.digest_at(seq))
    finally:
        log.close()


def test_last_good_event_is_told_to_programs_too(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    write(path, 90)
    alter(path, "DELETE FROM entries WHERE seq = 60")
    with pytest.raises(LogDamagedError) as damaged:
        read_all(path)
    assert damaged.value.last_good_seq == 59
