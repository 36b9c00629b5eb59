"""Claims about damaged logs: refused in a sentence, never half loaded, mended up to the damage."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster_core.errors import LogError
from muster_core.log import LogEntry, SqliteLog
from muster_core.log.examination import examine
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
    if os.fork() == 0:
        log = SqliteLog(path)
        for seq in range(count // 2 + 1, count + 1):
            log.append(entries(seq, 1))
        os._exit(0)
    os.wait()


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
