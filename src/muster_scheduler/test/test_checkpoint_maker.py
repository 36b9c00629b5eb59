"""Claims about who has checkpoints made: one at a time, by another process, when they are due."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from muster_core.log import SqliteLog
from muster_core.scheduler.checkpoint import checkpoint_path
from muster_core.scheduler.codec import fold, to_entries
from muster_core.scheduler.config import SchedulerConfig
from muster_core.site import load_site
from muster_core.testing.history import make_records
from muster_ros.testing import wait_until
from muster_scheduler.checkpoint_maker import CheckpointMaker
from muster_scheduler.storage import load

SITE = load_site(Path(__file__).parents[3] / "config" / "sites" / "small_warehouse.yaml")
CONFIG = SchedulerConfig()


class Logs:
    """Keeps what was warned of."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def warning(self, _event: str, *, reason: str) -> None:
        self.reasons.append(reason)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    opened = SqliteLog(tmp_path / "scheduler.log")
    opened.append(to_entries(list(make_records(300, SITE, robots=5))))
    yield opened
    opened.close()


@pytest.fixture
def make(log: SqliteLog) -> Iterator[Callable[..., CheckpointMaker]]:
    made: list[CheckpointMaker] = []

    def make_one(logs: Any, seq: int = 0, path: Path = log.path) -> CheckpointMaker:
        maker = CheckpointMaker(
            path,
            every_events=100,
            orders_remembered_max=CONFIG.orders_remembered_max,
            seq=seq,
            logs=logs,
        )
        made.append(maker)
        return maker

    yield make_one
    for maker in made:
        maker.stop()


def look_until_ended(maker: CheckpointMaker, seq: int) -> None:
    before = maker.made + maker.failed

    def has_ended() -> bool:
        maker.look(seq)
        return maker.made + maker.failed > before

    wait_until(has_ended, "the end of the making of a checkpoint")


def test_checkpoint_is_made_when_due_and_used_at_the_next_start(log: SqliteLog, make: Any) -> None:
    logs = Logs()
    maker = make(logs)
    maker.look(99)
    assert not checkpoint_path(log.path).exists()
    look_until_ended(maker, 300)
    assert (maker.made, maker.failed, logs.reasons) == (1, 0, [])
    log.append(to_entries(list(make_records(320, SITE, robots=5)))[300:])
    ledger = load(log, CONFIG, logs)
    truth = fold(log, orders_remembered_max=CONFIG.orders_remembered_max)
    assert ledger.state_hash() == truth.state_hash()
    assert logs.reasons == []


def test_next_one_is_due_only_after_as_many_events_again(log: SqliteLog, make: Any) -> None:
    maker = make(Logs())
    look_until_ended(maker, 300)
    before = checkpoint_path(log.path).stat().st_ino
    maker.look(399)
    assert maker.made == 1 and checkpoint_path(log.path).stat().st_ino == before
    look_until_ended(maker, 400)
    assert maker.made == 2 and checkpoint_path(log.path).stat().st_ino != before


def test_only_one_is_made_at_a_time(
    make: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    maker = make(Logs())
    started = tmp_path / "started"
    program = f"open({str(started)!r}, 'a').write('x'); import time; time.sleep(60)"
    monkeypatch.setattr(maker, "_command", [sys.executable, "-c", program])
    for seq in (100, 300, 500, 700):
        maker.look(seq)
    wait_until(lambda: started.exists() and started.read_text(), "the program's start")
    maker.look(900)
    assert started.read_text() == "x"
    maker.stop()
    maker.stop()


def test_failure_is_told_and_tried_again_when_the_next_is_due(make: Any, tmp_path: Path) -> None:
    logs = Logs()
    maker = make(logs, path=tmp_path / "nowhere.log")
    look_until_ended(maker, 100)
    assert (maker.made, maker.failed) == (0, 1)
    assert logs.reasons == [f"there is no event log {tmp_path / 'nowhere.log'}"]
    maker.look(199)
    assert maker.failed == 1
    look_until_ended(maker, 200)
    assert maker.failed == 2


def test_program_that_cannot_be_started_is_told(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = Logs()
    maker = make(logs)
    monkeypatch.setattr(maker, "_command", ["/nowhere/python"])
    maker.look(100)
    assert maker.failed == 1 and "/nowhere/python cannot be started" in logs.reasons[0]


def test_unusable_checkpoint_is_warned_of_and_the_log_wins(log: SqliteLog) -> None:
    logs = Logs()
    checkpoint_path(log.path).write_bytes(b"rubbish")
    ledger = load(log, CONFIG, logs)
    assert ledger.seq == 300
    assert logs.reasons == [f"checkpoint {checkpoint_path(log.path)} is damaged"]
