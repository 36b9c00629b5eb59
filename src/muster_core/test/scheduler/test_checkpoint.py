"""Claims about checkpoints: quick when they fit, ignored when they do not, never the truth."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from muster_core.errors import CheckpointError, LogError
from muster_core.log import SqliteLog
from muster_core.scheduler import checkpoint as cp
from muster_core.scheduler.codec import fold, replay, to_entries
from muster_core.scheduler.ledger import Ledger
from muster_core.site import parse_site
from muster_core.testing.history import make_records

SITE = parse_site(
    """
site: corridor
vertices: {a: [0, 0], b: [10, 0], c: [20, 0]}
edges: [[a, b, c]]
places:
  shelf_1: {vertex: b, kind: shelf}
  pack_1: {vertex: c, kind: station}
""",
    "corridor.yaml",
)
REMEMBERED_MAX = 30
RECORDS = list(make_records(800, SITE, robots=5))


def new_ledger() -> Ledger:
    return Ledger(orders_remembered_max=REMEMBERED_MAX)


def write_log(path: Path, length: int, first: int = 0) -> None:
    log = SqliteLog(path)
    log.append(to_entries(RECORDS[first:length]))
    log.close()


def make(path: Path) -> cp.Checkpoint:
    return cp.make_checkpoint(path, orders_remembered_max=REMEMBERED_MAX)


def load(path: Path) -> tuple[Ledger, str]:
    log = SqliteLog(path)
    try:
        return cp.load_ledger(log, new_ledger, orders_remembered_max=REMEMBERED_MAX)
    finally:
        log.close()


def truth(path: Path) -> Ledger:
    log = SqliteLog.open_read_only(path)
    try:
        return fold(log, orders_remembered_max=REMEMBERED_MAX)
    finally:
        log.close()


def assert_same(found: Ledger, wanted: Ledger) -> None:
    assert found.state_hash() == wanted.state_hash()
    assert found.counts == wanted.counts
    assert found.unplanned.keys() == wanted.unplanned.keys()
    assert found.ready.keys() == wanted.ready.keys()
    assert found.suspended.keys() == wanted.suspended.keys()
    for order in wanted.orders.values():
        assert found.line.position(order) == wanted.line.position(order)
    assert len(found.line) == len(wanted.line)


@pytest.mark.parametrize("seq", [0, 1, 7, 20, 57, 200, 433, 799, 800])
def test_state_from_a_checkpoint_is_the_fold_from_the_first_event(tmp_path: Path, seq: int) -> None:
    path = tmp_path / "a.log"
    write_log(path, seq)
    made = make(path)
    assert made.seq == seq and made.state_hash == truth(path).state_hash()
    write_log(path, 800, first=seq)
    found, warning = load(path)
    assert warning == ""
    assert_same(found, truth(path))


@pytest.mark.parametrize("seq", range(0, 800, 31))
def test_restored_ledger_goes_on_like_the_one_it_was_dumped_from(seq: int) -> None:
    went_on, restored = new_ledger(), new_ledger()
    replay(to_entries(RECORDS[:seq]), went_on)
    restored.restore(went_on.dump())
    assert_same(restored, went_on)


def test_what_is_before_the_checkpoint_is_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    write_log(path, 400)
    make(path)
    write_log(path, 500, first=400)
    log = SqliteLog(path)
    asked: list[int] = []
    read = log.read
    log.read = lambda seq, limit=2000: asked.append(seq) or read(seq, limit)  # type: ignore[method-assign]
    cp.load_ledger(log, new_ledger, orders_remembered_max=REMEMBERED_MAX)
    assert min(asked) == 401
    log.close()


def test_without_a_checkpoint_the_log_is_folded_without_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    write_log(path, 100)
    found, warning = load(path)
    assert warning == ""
    assert_same(found, truth(path))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_damaged_checkpoint_is_ignored_and_the_log_wins(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("log") / "a.log"
    write_log(path, 60)
    make(path)
    kept = cp.checkpoint_path(path)
    content = bytearray(kept.read_bytes())
    if data.draw(st.booleans(), label="is cut short"):
        del content[data.draw(st.integers(0, len(content) - 1), label="length") :]
    else:
        position = data.draw(st.integers(0, len(content) - 1), label="position")
        content[position] ^= data.draw(st.integers(1, 255), label="bits")
    kept.write_bytes(content)
    found, warning = load(path)
    assert "checkpoint" in warning
    assert_same(found, truth(path))


def test_checkpoint_of_another_log_is_ignored(tmp_path: Path) -> None:
    path, other = tmp_path / "a.log", tmp_path / "b.log"
    write_log(path, 100)
    log = SqliteLog(other)
    log.append(to_entries(list(make_records(100, SITE, robots=7))))
    log.close()
    make(other)
    cp.checkpoint_path(other).rename(cp.checkpoint_path(path))
    found, warning = load(path)
    assert "is of another log" in warning
    assert_same(found, truth(path))


def test_checkpoint_that_is_newer_than_the_log_is_ignored(tmp_path: Path) -> None:
    path, longer = tmp_path / "a.log", tmp_path / "b.log"
    write_log(path, 100)
    write_log(longer, 200)
    make(longer)
    cp.checkpoint_path(longer).rename(cp.checkpoint_path(path))
    found, warning = load(path)
    assert "ends with event 200, the log with event 100" in warning
    assert_same(found, truth(path))


def test_checkpoint_of_other_code_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.log"
    write_log(path, 100)
    with monkeypatch.context() as patch:
        patch.setattr(cp, "code_digest", lambda: "older")
        make(path)
    found, warning = load(path)
    assert "made by another version" in warning
    assert_same(found, truth(path))


def test_checkpoint_with_another_bound_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    write_log(path, 400)
    cp.make_checkpoint(path, orders_remembered_max=7)
    found, warning = load(path)
    assert "orders_remembered_max 7, not 30" in warning
    assert_same(found, truth(path))


def test_events_after_the_checkpoint_are_verified(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    write_log(path, 100)
    make(path)
    write_log(path, 120, first=100)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE entries SET wall_ns = wall_ns + 1 WHERE seq = 110")
    connection.commit()
    connection.close()
    with pytest.raises(LogError, match="event 110"):
        load(path)


def test_next_checkpoint_goes_on_from_the_last_until_the_log_has_doubled(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    write_log(path, 100)
    assert make(path).folded_seq == 100
    write_log(path, 199, first=100)
    made = make(path)
    assert (made.seq, made.folded_seq) == (199, 100)
    write_log(path, 200, first=199)
    assert make(path).folded_seq == 200


def test_damaged_log_gets_no_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    write_log(path, 100)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE entries SET epoch = 7 WHERE seq = 50")
    connection.commit()
    connection.close()
    with pytest.raises(LogError, match="event 50"):
        make(path)
    assert not cp.checkpoint_path(path).exists()


def test_disk_that_is_nearly_full_is_left_to_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.log"
    write_log(path, 100)
    usage = cp.shutil.disk_usage(tmp_path)._replace(free=10_000)
    monkeypatch.setattr(cp.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(CheckpointError, match="only 10000 are free"):
        make(path)
    assert not cp.checkpoint_path(path).exists()


def test_program_makes_a_checkpoint_while_a_scheduler_writes(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    stale = tmp_path / "a.log.checkpoint.new-1"
    stale.write_bytes(b"of one that was ended")
    log = SqliteLog(path)
    log.append(to_entries(RECORDS[:300]))
    command = [sys.executable, "-m", cp.__name__, str(path), "--orders-remembered-max=30"]
    subprocess.run(command, check=True, timeout=60)
    log.append(to_entries(RECORDS[300:310]))
    log.close()
    assert not stale.exists()
    found, warning = load(path)
    assert warning == "" and found.seq == 310


def test_program_says_in_a_sentence_what_is_wrong(tmp_path: Path) -> None:
    command = [sys.executable, "-m", cp.__name__, str(tmp_path / "a.log")]
    command.append("--orders-remembered-max=30")
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr == f"there is no event log {tmp_path / 'a.log'}\n"
