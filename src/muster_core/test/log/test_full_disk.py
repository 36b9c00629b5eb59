"""Claims about a log whose disk is full: it says so, stays whole, goes on when there is room."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from muster_core.errors import LogError
from muster_core.log import LogEntry, SqliteLog
from muster_core.log.examination import examine

DISK_BYTES = 1024 * 1024
RESERVE_BYTES = 256 * 1024
ENTRIES_MAX = 2000


def entries(first: int, count: int) -> list[LogEntry]:
    filler = b"x" * 1000
    return [
        LogEntry(seq, 10**18, 1, b'"%d %s"' % (seq, filler)) for seq in range(first, first + count)
    ]


def fill(log: SqliteLog) -> str:
    """Append until it fails; what is said then."""
    with pytest.raises(LogError) as failed:
        for _ in range(ENTRIES_MAX):
            log.append(entries(log.last_seq + 1, 1))
    return str(failed.value)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of ``DISK_BYTES``, a part of it in use by the file ``reserve``."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system; see the test with a limit of size")
    mounted = tmp_path / "disk"
    mounted.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(mounted)]
    subprocess.run(mount, check=True, timeout=10)
    try:
        (mounted / "reserve").write_bytes(b"\0" * RESERVE_BYTES)
        yield mounted
    finally:
        subprocess.run(["umount", "--lazy", str(mounted)], check=True, timeout=10)


def test_full_disk_is_named_and_nothing_durable_is_lost(small_disk: Path) -> None:
    path = small_disk / "a.log"
    log = SqliteLog(path)
    said = fill(log)
    written = log.last_seq
    assert f"events from {written + 1} on could not be written to {path}: the disk is full" in said
    assert written > 100
    assert list(log.entries()) == entries(1, written)
    with pytest.raises(LogError, match="the disk is full"):
        log.append(entries(written + 1, 5))
    assert log.last_seq == written
    log.close()
    assert examine(path).last_good_seq == written and examine(path).problem == ""


def test_log_goes_on_by_itself_when_there_is_room_again(small_disk: Path) -> None:
    path = small_disk / "a.log"
    log = SqliteLog(path)
    fill(log)
    written = log.last_seq
    (small_disk / "reserve").unlink()
    log.append(entries(written + 1, 20))
    assert list(log.entries()) == entries(1, written + 20)
    log.close()
    reader = SqliteLog.open_read_only(path)
    assert list(reader.entries()) == entries(1, written + 20)
    reader.close()


def test_others_read_and_follow_on_a_full_disk(small_disk: Path) -> None:
    path = small_disk / "a.log"
    log, standby = SqliteLog(path), SqliteLog(path)
    fill(log)
    assert standby.catch_up() == log.last_seq
    with pytest.raises(LogError, match="the disk is full"):
        standby.append(entries(standby.last_seq + 1, 5))
    standby.close()
    log.close()


@pytest.mark.parametrize("is_exclusive", [False, True])
def test_killed_process_starts_again_on_a_full_disk(small_disk: Path, is_exclusive: bool) -> None:
    path = small_disk / "a.log"
    child = os.fork()
    if child == 0:
        try:
            fill(SqliteLog(path, is_exclusive=is_exclusive))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    log = SqliteLog(path, is_exclusive=is_exclusive)
    assert log.last_seq > 100
    assert list(log.entries()) == entries(1, log.last_seq)
    (small_disk / "reserve").unlink()
    log.append(entries(log.last_seq + 1, 3))
    log.close()


def test_log_that_cannot_be_opened_on_a_full_disk_says_so(small_disk: Path) -> None:
    path = small_disk / "a.log"
    log = SqliteLog(path)
    log.append(entries(1, 3))
    log.close()
    with pytest.raises(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
        while filler.write(b"\0" * 4096):
            pass
    with pytest.raises(LogError, match="cannot be opened: the disk is full"):
        SqliteLog(path)
    (small_disk / "reserve").unlink()
    log = SqliteLog(path)
    assert list(log.entries()) == entries(1, 3)
    log.close()


def test_new_log_on_a_full_disk_is_refused_and_leaves_nothing(small_disk: Path) -> None:
    with pytest.raises(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
        while filler.write(b"\0" * 4096):
            pass
    before = sorted(small_disk.iterdir())
    with pytest.raises(LogError, match="cannot be made"):
        SqliteLog(small_disk / "a.log")
    assert sorted(small_disk.iterdir()) == before


LIMITED = """
import resource, signal, sys
from pathlib import Path
from muster_core.errors import LogError
from muster_core.log import LogEntry, SqliteLog

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
log = SqliteLog(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
try:
    while True:
        log.append([LogEntry(log.last_seq + 1, 1, 1, b'"' + b"x" * 1000 + b'"')])
except LogError as error:
    print(error)
written = log.last_seq
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
log.append([LogEntry(written + 1, 1, 1, b'"went on"')])
assert len(list(log.entries())) == written + 1
print(written)
log.close()
"""


def test_limit_of_size_is_survived_like_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    command = [sys.executable, "-c", LIMITED, str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    said, written = ended.stdout.splitlines()
    assert f"events from {int(written) + 1} on could not be written to {path}" in said
    found = examine(path)
    assert (found.problem, found.last_good_seq) == ("", int(written) + 1)
