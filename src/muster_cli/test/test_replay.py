"""Claims about `muster replay` and `muster log`."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from muster_core.agent.records import AgentStarted, AttemptAccepted, EpochSeen, StepFinished
from muster_core.agent.records import to_entries as to_journal_entries
from muster_core.clock import Instant
from muster_core.events import OrderAccepted
from muster_core.ids import AttemptId, OrderId, TaskId
from muster_core.log import LogEntry, SqliteLog
from muster_core.scheduler.codec import fold, to_entries
from muster_core.site import load_site
from muster_core.task import Step
from muster_core.testing.history import make_records

SITE = load_site(Path(__file__).parents[3] / "config" / "sites" / "small_warehouse.yaml")
RECORDS = list(make_records(500, SITE, robots=5))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "scheduler.log"
    opened = SqliteLog(path)
    opened.append(to_entries(RECORDS))
    opened.close()
    return path


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "robot_1.journal"
    records = (
        AgentStarted(incarnation=3),
        EpochSeen(epoch=4),
        AttemptAccepted(
            attempt_id=AttemptId("o-1/0#1"),
            task_id=TaskId("o-1/0"),
            order_id=OrderId("o-1"),
            epoch=4,
            lease_s=10.0,
            steps=(Step("go", "shelf_1"), Step("pick", "shelf_1")),
        ),
        StepFinished(attempt_id=AttemptId("o-1/0#1"), step_index=0),
    )
    opened = SqliteLog(path, is_exclusive=True)
    opened.append(to_journal_entries(records, first_seq=1, epoch=4, now=Instant(10**18, 0)))
    opened.close()
    return path


def alter(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_replay_tells_the_state_and_its_hash(run: Any, log: Path) -> None:
    opened = SqliteLog.open_read_only(log)
    ledger = fold(opened, orders_remembered_max=200_000)
    opened.close()
    answer = run("replay", str(log))
    assert answer.code == 0
    assert f"state   {ledger.state_hash()}" in answer.out
    assert "epoch   1" in answer.out and "events  500, 2030-" in answer.out
    assert "completed" in answer.out and "open order" in answer.out


def test_replay_for_programs(run: Any, log: Path) -> None:
    told = run("replay", str(log), "--json").json()
    assert (told["kind"], told["until"], told["events"]) == ("scheduler's log", 500, 500)
    accepted = [record for record in RECORDS if isinstance(record.event, OrderAccepted)]
    assert sum(told["orders"].values()) == len(accepted)
    assert len(told["robots"]) == 5 and len(told["state_hash"]) == 64
    assert {order["state"] for order in told["open_orders"]} <= {"accepted", "planned", "active"}


def test_replay_shows_the_past(run: Any, log: Path) -> None:
    whole = run("replay", str(log), "--json").json()
    past = run("replay", str(log), "--json", "--until", "6").json()
    assert (past["until"], past["events"]) == (6, 500)
    assert sum(past["orders"].values()) == 0 and len(past["robots"]) == 5
    assert past["state_hash"] != whole["state_hash"]
    assert run("replay", str(log), "--json", "--until", "500").json() == whole
    assert run("replay", str(log), "--json", "--until", "0").json()["first_time"] is None
    beyond = run("replay", str(log), "--until", "501")
    assert beyond.code == 2 and "ends with event 500" in beyond.err


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("UPDATE entries SET body = (SELECT body FROM entries WHERE seq = 41) WHERE seq = 40", 40),
        ("DELETE FROM entries WHERE seq = 77", 77),
        ("DELETE FROM entries WHERE seq > 450", 451),
    ],
)
def test_altered_log_fails_and_the_event_is_named(
    run: Any, log: Path, statement: str, seq: int
) -> None:
    alter(log, statement)
    answer = run("replay", str(log))
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.count("\n") == 1
    assert f"good up to event {seq - 1}: `muster log repair {log}`" in answer.err


def test_foreign_and_missing_files_are_refused(run: Any, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Sir or Madam, " * 500)
    for command in (("replay",), ("log", "check"), ("log", "repair")):
        answer = run(*command, str(letter))
        assert answer.code == 1 and "is not an event log of Muster" in answer.err
        answer = run(*command, str(tmp_path / "nowhere.log"))
        assert answer.code == 1 and "there is no event log" in answer.err
    assert list(tmp_path.iterdir()) == [letter]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"type":"coffee_made"}', "event 501 is not one that this version of Muster knows"),
        (
            b'{"type":"order_completed","order_id":"order-9999999"}',
            "event 501 does not follow from those before it",
        ),
    ],
)
def test_events_that_cannot_be_folded_are_named(
    run: Any, log: Path, body: bytes, sentence: str
) -> None:
    opened = SqliteLog(log)
    opened.append([LogEntry(501, 10**18, 1, body)])
    opened.close()
    answer = run("replay", str(log))
    assert (answer.code, answer.out) == (1, "")
    assert f"{log} cannot be folded: {sentence}" in answer.err
    assert run("replay", str(log), "--until", "500").code == 0


def test_replay_reads_while_a_scheduler_writes(run: Any, log: Path) -> None:
    opened = SqliteLog(log)
    opened.append([LogEntry(501, 10**18, 1, to_entries(RECORDS[-1:])[0].body)])
    assert run("replay", str(log), "--until", "500").code == 0
    opened.close()


def test_replay_of_a_robots_journal(run: Any, journal: Path) -> None:
    answer = run("replay", str(journal))
    assert answer.code == 0
    assert "a robot's journal, verified" in answer.out
    assert "attempt o-1/0#1, 1 steps finished" in answer.out
    told = run("replay", str(journal), "--json").json()
    assert (told["kind"], told["epoch"], told["incarnation"]) == ("robot's journal", 4, 3)


def test_journal_in_use_says_so(run: Any, journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("muster_core.log.sqlite_file.BUSY_TIMEOUT_MS", 50)
    opened = SqliteLog(journal, is_exclusive=True)
    answer = run("replay", str(journal))
    opened.close()
    assert answer.code == 1 and "in use by another process" in answer.err


def test_check_says_whether_a_log_is_whole(run: Any, log: Path) -> None:
    answer = run("log", "check", str(log))
    assert (answer.code, answer.out) == (0, f"{log}: whole, 500 events\n")
    alter(log, "UPDATE entries SET epoch = 9 WHERE seq = 40")
    answer = run("log", "check", str(log))
    assert answer.code == 1 and "good up to event 39" in answer.err
    answer = run("log", "check", str(log), "--json")
    told = answer.json()
    assert answer.code == 1 and not told["whole"]
    assert (told["last_good_seq"], told["lost_seq"]) == (39, 500)


def test_repair_tells_what_is_gone_and_who_may_know_more(run: Any, log: Path) -> None:
    alter(log, "UPDATE entries SET epoch = 9 WHERE seq = 40")
    answer = run("log", "repair", str(log))
    assert answer.code == 0
    assert "Events 40 to 500 are gone." in answer.out
    assert "robots' journals and Kafka's events may know more" in " ".join(answer.out.split())
    kept = [path for path in log.parent.iterdir() if ".damaged-" in path.name]
    assert f"the damaged file is {min(kept)}\n" in answer.out
    assert run("replay", str(log), "--json").json()["events"] == 39
    again = run("log", "repair", str(log))
    assert again.code == 1 and "is whole, with 39 events: nothing to repair" in again.err
