from __future__ import annotations

import io
import json
import os
import signal
import threading
import time
from typing import Any

import pytest
from muster_msgs import msg

pytestmark = pytest.mark.ros

DELIVERY = ("--pickup", "shelf_1", "--dropoff", "pack_1")
ORDER_KEYS = {
    "order_id", "state", "message", "kind", "pickup", "dropoff", "places", "priority", "deadline",
    "requires", "payload_kg", "requester", "traceparent", "robot_id", "tasks_total",
    "tasks_completed", "steps_total", "step_index", "attempts", "queue_position", "question",
    "accepted", "ended",
}  # fmt: skip
ROBOT_KEYS = {
    "robot_id", "state", "message", "alive", "silent_s", "excluded", "order_id", "attempt_id",
    "step_index", "steps_total", "busy_s", "battery", "x", "y", "heading", "vertex", "epoch",
    "outcomes_unacknowledged", "description",
}  # fmt: skip
EVENT_KEYS = {"seq", "time", "epoch", "type", "order_id", "robot_id", "traceparent", "data"}


def order(order_id: str) -> msg.Order:
    return msg.Order(order_id=order_id, pickup="shelf_1", dropoff="pack_1")


def test_submit_tells_the_state_of_the_accepted_order(run: Any, scheduler: Any) -> None:
    wish = ("--priority", "7", "--requires", "cold", "--payload", "2.5")
    answer = run("submit", "--id", "o-1", *DELIVERY, *wish)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == "o-1: accepted, state completed\n"
    wanted = scheduler.orders["o-1"].order
    assert (wanted.pickup, wanted.dropoff, wanted.priority) == ("shelf_1", "pack_1", 7)
    assert (list(wanted.requires), wanted.payload_kg) == (["cold"], 2.5)


def test_submit_without_an_id_makes_one(run: Any, scheduler: Any) -> None:
    answer = run("submit", *DELIVERY, "--json")
    assert answer.code == 0
    record = answer.json()
    assert record["order"]["order_id"].startswith("cli-")
    assert list(scheduler.orders) == [record["order"]["order_id"]]


def test_submitting_twice_is_the_same_order(run: Any, scheduler: Any) -> None:
    first = run("submit", "--id", "o-1", *DELIVERY, "--json").json()
    second = run("submit", "--id", "o-1", *DELIVERY, "--json").json()
    assert (first["duplicate"], second["duplicate"]) == (False, True)
    assert len(scheduler.orders) == 1


def test_refused_submission_gives_the_reason_and_exit_code_1(run: Any, scheduler: Any) -> None:
    answer = run("submit", "--id", "o-1", "--pickup", "shelf_99", "--dropoff", "pack_1")
    assert answer.code == 1
    assert answer.out == "o-1: refused: pickup 'shelf_99' is not a place [unknown_place]\n"
    assert not scheduler.orders


def test_submit_reads_json_from_a_file(run: Any, scheduler: Any, tmp_path: Any) -> None:
    path = tmp_path / "order.json"
    path.write_text('{"order_id": "o-7", "kind": "scan", "places": ["shelf_1", "shelf_2"]}')
    assert run("submit", "--json-file", str(path)).code == 0
    assert list(scheduler.orders["o-7"].order.places) == ["shelf_1", "shelf_2"]


def test_submit_reads_json_from_stdin(
    run: Any, scheduler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.dumps({"pickup": "shelf_1", "dropoff": "pack_1"}).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(body)))
    assert run("submit", "--json-file", "-").code == 0
    assert len(scheduler.orders) == 1


def test_submit_and_wait_follows_the_order_to_its_end(run: Any, scheduler: Any) -> None:
    scheduler.is_completing = False

    def complete_when_accepted() -> None:
        deadline = time.monotonic() + 20
        while "o-1" not in scheduler.orders and time.monotonic() < deadline:
            time.sleep(0.02)
        scheduler.complete("o-1")

    helper = threading.Thread(target=complete_when_accepted)
    helper.start()
    answer = run("submit", "--id", "o-1", *DELIVERY, "--wait", "--timeout", "30")
    helper.join()
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert lines[0] == "o-1: accepted, 1st in line"
    assert lines[-1] == "o-1: completed"
    assert [word for line in lines for word in line.split() if word.startswith("order_")] == [
        "order_accepted",
        "order_planned",
        "order_completed",
    ]


def test_waiting_for_an_order_is_bounded(run: Any, scheduler: Any) -> None:
    scheduler.is_completing = False
    answer = run("submit", "--id", "o-1", *DELIVERY, "--wait", "--timeout", "0.5")
    assert answer.code == 1
    assert "'o-1' has not ended within 0.5 s" in answer.err


def test_orders_as_json_have_the_promised_keys(run: Any, scheduler: Any) -> None:
    scheduler.accept(order("o-1"))
    answer = run("orders", "--json")
    assert answer.code == 0
    body = answer.json()
    assert set(body) == {"orders", "left_off"}
    assert set(body["orders"][0]) == ORDER_KEYS
    assert body["orders"][0]["state"] == "completed"
    assert body["orders"][0]["ended"].endswith("Z")


def test_orders_are_chosen_by_state_id_and_limit(run: Any, scheduler: Any) -> None:
    scheduler.accept(order("o-1"))
    scheduler.is_completing = False
    scheduler.accept(order("o-2"))
    scheduler.accept(order("o-3"))
    waiting = run("orders", "--state", "waiting", "--json").json()["orders"]
    assert [record["order_id"] for record in waiting] == ["o-3", "o-2"]
    named = run("orders", "o-1", "--json").json()["orders"]
    assert [record["order_id"] for record in named] == ["o-1"]
    assert run("orders", "--limit", "1", "--json").json()["left_off"] == 2


def test_orders_table_shows_what_and_how_far(run: Any, scheduler: Any) -> None:
    scheduler.accept(order("o-1"))
    out = run("orders").out
    assert "o-1" in out and "completed" in out and "deliver shelf_1 → pack_1" in out


def test_robots_as_json_have_the_promised_keys(run: Any, scheduler: Any) -> None:
    robots = run("robots", "--json").json()["robots"]
    assert [set(robot) for robot in robots] == [ROBOT_KEYS]
    assert robots[0]["description"]["driver"] == "sim"
    assert run("robots", "nobody", "--json").json() == {"robots": []}
    assert "robot_1" in run("robots").out


def test_cancel_tells_whether_it_was_accepted(run: Any, scheduler: Any) -> None:
    scheduler.is_completing = False
    scheduler.accept(order("o-1"))
    answer = run("cancel", "o-1", "--reason", "changed my mind")
    assert (answer.code, answer.out) == (0, "o-1: cancel accepted, state cancelled\n")
    again = run("cancel", "o-1", "--json")
    assert again.code == 1
    assert again.json()["error"] == "already_ended"
    unknown = run("cancel", "o-2")
    assert unknown.code == 1
    assert unknown.out == "o-2: refused: there is no order 'o-2' [unknown_order]\n"


def test_suspended_orders_show_what_they_ask_and_how_to_answer(run: Any, scheduler: Any) -> None:
    scheduler.is_completing = False
    for number in range(3):
        scheduler.accept(order(f"o-{number}"))
    scheduler.suspend("o-0", "robot_1 was lost with the item")
    for arguments in (("orders", "--limit", "1"), ("orders", "--state", "suspended")):
        out = run(*arguments).out
        assert "? o-0 asks a person: robot_1 was lost with the item\n" in out
        question = scheduler.orders["o-0"].question
        assert f"answer with: muster resolve o-0 --question {question}\n" in out
        assert "--retry" in out
    assert "asks a person" not in run("orders", "o-2").out
    assert run("orders", "--state", "suspended", "--json").json()["orders"][0]["order_id"] == "o-0"


def test_resolve_answers_a_suspended_order(run: Any, scheduler: Any) -> None:
    scheduler.is_completing = False
    scheduler.accept(order("o-1"))
    scheduler.suspend("o-1", "where is it?")
    answer = run("resolve", "o-1", "--completed", "--reason", "found it")
    assert (answer.code, answer.out) == (0, "o-1: answered completed, state completed\n")
    told = [event for event in scheduler.events if event.type == "order_resolved"]
    body = json.loads(told[0].data)
    assert (body["resolution"], body["reason"]) == ("completed", "found it")
    assert body["requester"]


def test_answer_to_an_earlier_question_is_refused(run: Any, scheduler: Any) -> None:
    scheduler.is_completing = False
    scheduler.accept(order("o-1"))
    scheduler.suspend("o-1", "where is the item?")
    answer = run("resolve", "o-1", "--completed", "--question", "1")
    assert answer.code == 1 and "question 1 is answered already" in answer.out


def test_resolve_of_what_asks_nothing_is_refused(run: Any, scheduler: Any) -> None:
    scheduler.is_completing = False
    scheduler.accept(order("o-1"))
    answer = run("resolve", "o-1", "--retry")
    assert answer.code == 1
    assert answer.out == "o-1: refused: it is active, not suspended [not_suspended]\n"
    unknown = run("resolve", "o-9", "--failed", "--json")
    assert (unknown.code, unknown.json()["error"]) == (1, "unknown_order")


def test_robots_show_why_they_are_given_nothing(run: Any, scheduler: Any) -> None:
    scheduler.excluded = "it is barred after repeated failures"
    assert "it is barred after repeated failures" in run("robots").out
    assert "it is barred after repeated failures" in run("watch", "--once").out


def test_watch_says_that_a_person_is_asked(run: Any, scheduler: Any) -> None:
    scheduler.is_completing = False
    scheduler.accept(order("o-1"))
    scheduler.suspend("o-1", "where is it?")
    answer = run("watch", "--once")
    assert "1 order asks a person what became of the item" in answer.out
    assert run("watch", "--once", "--json").json()["orders"]["suspended"] == 1


def test_events_are_read_to_the_end_over_many_pages(run: Any, scheduler: Any) -> None:
    for number in range(5):
        scheduler.accept(order(f"o-{number}"))
    records = run("events", "--from", "1", "--json").json_lines()
    assert [record["seq"] for record in records] == list(range(1, len(scheduler.events) + 1))
    assert all(set(record) == EVENT_KEYS for record in records)
    last = run("events", "--last", "2", "--json").json_lines()
    assert [record["seq"] for record in last] == [record["seq"] for record in records[-2:]]


def test_events_of_one_order_share_one_trace(run: Any, scheduler: Any) -> None:
    scheduler.accept(order("o-1"))
    scheduler.accept(order("o-2"))
    mine = run("events", "--order", "o-1", "--json").json_lines()
    assert [record["type"] for record in mine] == [
        "order_accepted", "order_planned", "task_assigned", "order_completed",
    ]  # fmt: skip
    assert len({record["traceparent"] for record in mine}) == 1
    trace = mine[0]["traceparent"]
    assert run("events", "--trace", trace, "--json").json_lines() == mine
    assert run("events", "--trace", trace[3:35], "--json").json_lines() == mine


def test_event_lines_are_words(run: Any, scheduler: Any) -> None:
    scheduler.accept(order("o-1"))
    lines = run("events", "--order", "o-1").out.splitlines()
    assert "deliver shelf_1 → pack_1, priority 100" in lines[0]
    assert "1 task: go shelf_1, pick shelf_1 (by batch 1)" in lines[1]
    assert "to robot_1, cost 4.5 (by batch 1)" in lines[2]
    assert len(lines) == 4


@pytest.mark.parametrize("is_publishing", [True, False], ids=["published", "only in the log"])
def test_following_shows_each_event_once_and_in_order(
    run: Any, scheduler: Any, is_publishing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("muster_cli.feed.READ_PERIOD_S", 0.2)
    scheduler.accept(order("o-1"))
    scheduler.is_publishing = is_publishing

    def add_then_interrupt() -> None:
        time.sleep(1.0)  # while the command follows; what is asserted holds whenever this happens
        scheduler.accept(order("o-2"))
        time.sleep(2.0)
        os.kill(os.getpid(), signal.SIGINT)

    helper = threading.Thread(target=add_then_interrupt)
    helper.start()
    answer = run("events", "--from", "1", "--follow", "--json")
    helper.join()
    assert answer.code == 130
    assert [record["seq"] for record in answer.json_lines()] == list(range(1, 10))


def test_watch_once_shows_the_fleet_on_no_terminal(run: Any, scheduler: Any) -> None:
    scheduler.is_completing = False
    scheduler.accept(order("o-1"))
    scheduler.assign("o-1")
    answer = run("watch", "--once")
    assert (answer.code, answer.err) == (0, "")
    assert "small_warehouse" in answer.out and "policy batch/1" in answer.out
    assert "2/2 pick shelf_1" in answer.out, "the step has its name from the events"
    assert "▤" in answer.out and "①" in answer.out, "the site is drawn, and the robot on it"
    assert "order_planned" in answer.out


def test_watch_once_as_json_is_the_fleet(run: Any, scheduler: Any) -> None:
    scheduler.accept(order("o-1"))
    body = run("watch", "--once", "--json").json()
    assert set(body) == {"time", "epoch", "seq", "policy", "fallback", "orders", "robots"}
    assert body["orders"] == {
        "waiting": 0, "active": 0, "completed": 1, "failed": 0, "cancelled": 0, "suspended": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [("orders",), ("robots", "--json"), ("cancel", "o-1"), ("events",), ("events", "--follow"),
     ("submit", *DELIVERY), ("watch", "--once"), ("explain", "o-1"),
     ("resolve", "o-1", "--retry")],
    ids=" ".join,
)  # fmt: skip
def test_no_scheduler_is_one_clear_sentence_and_exit_code_3(
    run: Any, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("muster_cli.client.DISCOVERY_DEADLINE_S", 0.3)
    answer = run(*arguments)
    domain = os.environ["ROS_DOMAIN_ID"]
    assert answer.code == 3
    assert answer.out == ""
    assert answer.err == (
        f"muster: no scheduler answers in namespace /muster_cli_test (ROS_DOMAIN_ID={domain}): "
        "is the fleet up? try `muster doctor`\n"
    )
