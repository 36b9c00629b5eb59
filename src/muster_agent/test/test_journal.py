"""A journal on the disk: refused when it is damaged, rewritten when it is long."""

from __future__ import annotations

import os

import pytest

from muster_agent.journal import journal_path, open_journal
from muster_core.agent import AgentConfig, fold_journal
from muster_core.agent.records import AttemptDeclined, OutcomeAcknowledged, to_entries
from muster_core.clock import Instant
from muster_core.errors import LogError
from muster_core.ids import AttemptId, OrderId, RobotId
from muster_core.log import LogEntry, SqliteLog
from muster_core.log.durable_file import sync_directory
from muster_core.log.examination import examine
from muster_core.task import Outcome, OutcomeResult

NOW = Instant(10**18, 0)
CONFIG = AgentConfig(site="site.yaml", journal_records_max=1000, attempts_remembered_max=10)


@pytest.fixture(name="path")
def make_path(tmp_path):
    return journal_path(
        "/muster", RobotId("robot_1"), AgentConfig(site="s", data_dir=str(tmp_path))
    )


def write(path, attempts):
    """A journal of so many attempts that were declined, all but the last acknowledged."""
    records = []
    for number in range(attempts):
        name = AttemptId(f"o/0#{number}")
        records.append(AttemptDeclined(outcome=Outcome(name, OrderId("o"), OutcomeResult.REFUSED)))
        records.append(OutcomeAcknowledged(attempt_id=name))
    journal = SqliteLog(path, is_exclusive=True)
    journal.append(to_entries(records[:-1], first_seq=1, epoch=0, now=NOW))
    journal.close()


def test_short_journal_is_left_as_it_is(path):
    write(path, 100)
    journal = open_journal(path, CONFIG, NOW)
    assert journal.last_seq == 199
    assert not path.with_name("robot_1.journal.1").exists()
    journal.close()


def test_long_journal_is_rewritten_and_the_old_one_kept(path):
    write(path, 1000)
    before = SqliteLog.open_read_only(path)
    state = fold_journal(before, attempts_remembered_max=10)
    before.close()
    for _ in range(2):  # a second start finds a short one
        journal = open_journal(path, CONFIG, NOW)
        assert journal.last_seq == 19
        assert fold_journal(journal, attempts_remembered_max=10) == state
        journal.close()
    old = SqliteLog.open_read_only(path.with_name("robot_1.journal.1"))
    assert old.last_seq == 1999
    assert fold_journal(old, attempts_remembered_max=10) == state
    old.close()


def test_rewritten_journal_can_be_written_on(path):
    write(path, 1000)
    journal = open_journal(path, CONFIG, NOW)
    record = OutcomeAcknowledged(attempt_id=AttemptId("o/0#999"))
    journal.append(to_entries([record], first_seq=20, epoch=0, now=NOW))
    journal.close()
    assert fold_journal(open_journal(path, CONFIG, NOW), attempts_remembered_max=10).outcomes == {}


def test_draft_that_a_crash_left_is_made_anew(path):
    write(path, 1000)
    path.with_name("robot_1.journal.short").write_bytes(b"half a draft")
    open_journal(path, CONFIG, NOW).close()
    assert not path.with_name("robot_1.journal.short").exists()


@pytest.mark.parametrize("step", range(4))
def test_rewriting_that_fails_anywhere_leaves_a_whole_journal(path, monkeypatch, step):
    write(path, 1000)
    done = []

    def fail(act):
        def act_or_fail(*arguments):
            if len(done) == step:
                raise OSError("No space left on device")
            done.append(act)
            return act(*arguments)

        return act_or_fail

    # SqliteLog makes its files by links, too.
    monkeypatch.setattr("muster_agent.journal.os.replace", fail(os.replace))
    monkeypatch.setattr("muster_agent.journal.sync_directory", fail(sync_directory))
    with pytest.raises(LogError, match=r"cannot be rewritten: No space left .* see to the disk"):
        open_journal(path, CONFIG, NOW)
    monkeypatch.undo()
    journal = open_journal(path, CONFIG, NOW)
    assert journal.last_seq == 19
    journal.close()
    assert examine(path).problem == ""


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"type":"order_accepted"}', "event 200 is no record of an agent's journal"),
        (b'{"type":"step_finished","attempt_id":"a","step_index":0}', "event 200 does not fit"),
    ],
)
def test_record_that_makes_no_sense_is_refused_with_the_last_good_one_and_a_remedy(
    path, body, words
):
    write(path, 100)
    journal = SqliteLog(path, is_exclusive=True)
    journal.append([LogEntry(200, NOW.wall_ns, 0, body)])
    journal.close()
    with pytest.raises(LogError) as refused:
        open_journal(path, CONFIG, NOW)
    sentence = str(refused.value)
    assert words in sentence and "good up to event 199" in sentence
    assert str(path) in sentence and "another data_dir" in sentence
    write_again = SqliteLog(path, is_exclusive=True)  # it was let go of
    write_again.close()


def test_bit_that_flipped_is_found_and_named(path):
    write(path, 100)
    content = path.read_bytes()
    at = content.rindex(b"o/0#50")
    path.write_bytes(content[:at] + b"O" + content[at + 1 :])
    with pytest.raises(LogError, match=r"good up to event 1\d\d.*muster log repair"):
        open_journal(path, CONFIG, NOW)
