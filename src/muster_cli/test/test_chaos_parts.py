from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from muster_cli.chaos.attempts import read_attempts
from muster_cli.chaos.checker import check
from muster_cli.chaos.draws import Blow, Part, draw_blows, draw_sendings
from muster_cli.chaos.history import Entry, History
from muster_cli.chaos.progress import Fallen, Progress
from muster_cli.chaos.report import report_lines
from muster_cli.chaos.tale import tell
from muster_cli.chaos.targets import find_targets
from muster_cli.exits import UsageError
from muster_core.log import LogEntry, SqliteLog


def blows(seed: int, count: int, **options: Any) -> list[Blow]:
    return list(itertools.islice(draw_blows(seed, every_s=4.0, **options), count))


def test_the_same_seed_draws_the_same_blows_and_another_seed_others() -> None:
    assert blows(7, 50) == blows(7, 50)
    assert blows(7, 50) != blows(8, 50)


def test_every_part_is_killed_and_every_part_stands_still() -> None:
    drawn = Counter((blow.part, blow.signal) for blow in blows(1, 500))
    wanted = itertools.product(Part, (signal.SIGKILL, signal.SIGSTOP))
    assert set(drawn) == set(wanted)
    assert all(blow.still_s > 0 for blow in blows(1, 500) if blow.signal is signal.SIGSTOP)


def test_what_would_forget_all_is_never_killed() -> None:
    drawn = blows(1, 500, unkillable=frozenset({Part.KAFKA}))
    signals = {blow.signal for blow in drawn if blow.part is Part.KAFKA}
    assert signals == {signal.SIGSTOP}


def test_a_blow_picks_one_of_those_that_run() -> None:
    names = ["a", "b", "c"]
    picks = [Blow(0.0, Part.AGENT, choice, signal.SIGKILL).pick(names) for choice in (0.0, 0.5, 1)]
    assert picks == names


def test_every_order_is_sent_in_time_and_some_are_sent_twice() -> None:
    orders = [{"order_id": f"o-{number}"} for number in range(200)]
    sendings = draw_sendings(orders, seed=3, sending_s=100.0)
    assert sendings == sorted(sendings, key=lambda sending: sending[0])
    times = Counter(order["order_id"] for _, order in sendings)
    assert set(times) == {order["order_id"] for order in orders}
    assert set(times.values()) == {1, 2}
    firsts = {order["order_id"]: at_s for at_s, order in reversed(sendings)}
    assert min(firsts.values()) >= 0 and max(firsts.values()) <= 100


@pytest.mark.process
def test_the_programs_of_a_fleet_are_found_among_the_children_of_its_parent() -> None:
    ends_with_stdin = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    commands = (
        ["/opt/lib/muster_agent/agent", "--fleet", "/m", "--robots", "r_1,r_2,r_3"],
        ["/opt/lib/muster_scheduler/scheduler", "--ros-args", "-r", "__node:=scheduler_2"],
        ["/opt/lib/muster_policy/policy"],
        ["/opt/bin/something_else"],
    )
    started = [
        subprocess.Popen([*ends_with_stdin, *command], stdin=subprocess.PIPE)
        for command in commands
    ]
    try:
        targets = find_targets(os.getpid())
        assert [(target.part, target.name, target.pid) for target in targets] == [
            (Part.AGENT, "agent of r_1 to r_3", started[0].pid),
            (Part.POLICY, "policy", started[2].pid),
            (Part.SCHEDULER, "scheduler_2", started[1].pid),
        ]
        assert targets[1].send(signal.SIGKILL)
        assert started[2].wait(10) == -signal.SIGKILL
        assert not targets[1].send(signal.SIGKILL)
    finally:
        for process in started:
            process.communicate()


def event(kind: str, order_id: str, **content: Any) -> dict[str, Any]:
    return {"type": kind, "order_id": order_id, "robot_id": "", **content}


def test_silence_is_counted_from_the_blow_to_the_next_news_and_told_of_what_was_hit() -> None:
    progress = Progress(2)
    for at_s in (1.0, 3.0, 9.0, 9.5, 10.0):
        progress.on_event(event("step_finished", "a"), at_s)
    progress.fallen.append(Fallen(4.0, Blow(0, Part.GATEWAY, 0, signal.SIGKILL), Part.GATEWAY))
    progress.fallen.append(Fallen(9.2, Blow(0, Part.KAFKA, 0, signal.SIGSTOP, 2.0), Part.POLICY))
    assert progress.summary() == [
        "gateway    1 killed (longest without news 5.0 s, median 5.0 s)",
        "policy     1 stood still (longest without news 0.5 s, median 0.5 s)",
    ]
    assert progress.kills == 1


def test_an_order_asks_a_person_until_it_goes_on_or_ends() -> None:
    progress = Progress(3)
    for order_id in ("a", "b", "c"):
        progress.on_event(event("order_accepted", order_id), 1.0)
        progress.on_event(event("order_suspended", order_id, robot_id="r"), 2.0)
    assert progress.words(3) == "3 sent, 3 accepted, 0 ended, 3 ask a person"
    progress.on_event(event("order_resumed", "a"), 3.0)
    progress.on_event(event("order_completed", "b"), 3.0)
    assert set(progress.suspended) == {"c"}
    assert progress.words(3) == "3 sent, 3 accepted, 1 ended, 1 ask a person"


def journal_of(*steps: tuple[str, int], outcome: dict[str, Any] | None) -> list[Entry]:
    accepted = {
        "type": "attempt_accepted", "attempt_id": "o/0#1", "task_id": "o/0", "order_id": "o",
        "steps": [{"verb": verb} for verb in ("go", "pick", "go", "place")],
    }  # fmt: skip
    bodies = [accepted]
    bodies += [{"type": kind, "attempt_id": "o/0#1", "step_index": index} for kind, index in steps]
    if outcome is not None:
        told = {"attempt_id": "o/0#1", "order_id": "o", **outcome}
        bodies.append({"type": "attempt_finished", "outcome": told})
    return [Entry("r", seq, seq * 10**9, body) for seq, body in enumerate(bodies, 1)]


FAILED = {"result": "failed"}
UNCERTAIN = {"result": "failed", "is_uncertain": True}


@pytest.mark.ros
@pytest.mark.parametrize(
    ("steps", "outcome", "found"),
    [
        ([("step_begun", 1)], None, None),
        ([("step_begun", 1)], UNCERTAIN, "retry"),
        ([("step_begun", 1), ("step_finished", 1)], FAILED, "retry"),
        ([("step_finished", 1), ("step_begun", 3)], UNCERTAIN, "completed"),
        ([("step_finished", 1), ("step_begun", 3)], FAILED, "retry"),
        ([("step_finished", 1), ("step_finished", 3)], FAILED, "completed"),
    ],
)
def test_a_person_answers_by_what_the_journals_tell_of_the_item(
    steps: list[tuple[str, int]], outcome: dict[str, Any] | None, found: str | None
) -> None:
    pytest.importorskip("rclpy")
    from muster_cli.chaos.person import look

    attempts, _ = read_attempts(journal_of(*steps, outcome=outcome))
    assert look(attempts, "o", is_given_up=False) == found
    assert look(attempts, "o", is_given_up=True) == ("failed" if found == "retry" else found)


def test_a_journal_is_read_while_its_agent_keeps_everybody_else_out(tmp_path: Path) -> None:
    pytest.importorskip("confluent_kafka")
    from muster_cli.chaos.evidence import read_journals

    journal = SqliteLog(tmp_path / "robot_1.journal", is_exclusive=True)
    try:
        for seq in range(1, 4):
            body = json.dumps({"type": "epoch_seen", "epoch": seq}).encode()
            journal.append([LogEntry(seq, seq, seq, body)])
            entries = read_journals(tmp_path)["robot_1"]
            assert [entry.body["epoch"] for entry in entries] == list(range(1, seq + 1))
    finally:
        journal.close()


def test_the_story_of_an_order_is_told_by_the_clock_and_without_other_orders() -> None:
    history = History(
        orders=({"order_id": "o"}, {"order_id": "o"}, {"order_id": "o2"}),
        events=(
            {"seq": 1, "time": "1970-01-01T00:00:00.500Z", "type": "order_accepted",
             "order_id": "o"},
            {"seq": 2, "time": "1970-01-01T00:00:09.000Z", "type": "order_failed", "order_id": "o",
             "reason": "lost"},
            {"seq": 3, "time": "1970-01-01T00:00:09.500Z", "type": "order_failed",
             "order_id": "o2"},
        ),
        journals={"r": tuple(journal_of(("step_begun", 1), outcome=UNCERTAIN))},
    )  # fmt: skip
    lines = tell(history, "o")
    assert lines[0] == "  o, sent 2 times:"
    kinds = ("order_accepted", "attempt_accepted", "step_begun", "attempt_finished", "order_failed")
    assert len(lines) == 1 + len(kinds)
    for line, kind in zip(lines[1:], kinds, strict=True):
        assert f" {kind} " in line
    assert lines[1].startswith("    00:00:00.500  log      1  order_accepted")
    assert '"reason": "lost"' in lines[-1]


def test_a_broken_promise_is_reported_with_the_orders_story() -> None:
    history = History(
        orders=({"order_id": "o"},),
        events=(
            {"seq": 1, "time": "1970-01-01T00:00:00.500Z", "epoch": 0, "type": "order_accepted",
             "order_id": "o"},
        ),
    )  # fmt: skip
    lines = list(report_lines(check(history), history, progress=Progress(1), answers=2))
    assert lines[0] == "  orders: none ended; 0 were sent twice; a person answered for 2"
    assert lines[1] == "✘ I2 lost: o was accepted and never ended"
    assert lines[2] == "  o, sent 1 times:"


def test_a_real_kafka_that_cannot_be_had_is_refused_with_the_remedy(tmp_path: Path) -> None:
    pytest.importorskip("confluent_kafka")
    from muster_cli.chaos.brokers import choose

    with pytest.raises(UsageError, match=r"--kafka is 'real', but .*--kafka mock"):
        choose("real", tmp_path)
    chosen, untested = choose("auto", tmp_path)
    assert chosen == "mock"
    assert "Not tested: a broker that is killed" in untested
    assert choose("localhost:9092", tmp_path) == ("localhost:9092", "")
