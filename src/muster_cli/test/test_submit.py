from __future__ import annotations

import io
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.ros

DELIVERY = ("--pickup", "shelf_1", "--dropoff", "pack_1")


def lines_of(*wanted: dict[str, Any] | str) -> str:
    return "\n".join(line if isinstance(line, str) else json.dumps(line) for line in wanted)


def deliveries(count: int) -> list[dict[str, Any]]:
    return [
        {"order_id": f"o-{number}", "pickup": "shelf_1", "dropoff": "pack_1"}
        for number in range(count)
    ]


@pytest.fixture
def orders_file(tmp_path: Path) -> Any:
    def write(*wanted: dict[str, Any] | str) -> str:
        path = tmp_path / "orders.jsonl"
        path.write_text(lines_of(*wanted))
        return str(path)

    return write


def test_requester_learns_his_place_in_line_at_once(run: Any, scheduler: Any) -> None:
    scheduler.is_completing = False
    run("submit", "--id", "o-1", *DELIVERY)
    assert run("submit", "--id", "o-2", *DELIVERY).out == "o-2: accepted, 2nd in line\n"
    assert run("submit", "--id", "o-1", *DELIVERY).out == "o-1: known already, 1st in line\n"


def test_full_queue_is_refused_with_its_bound_and_exit_code_1(run: Any, scheduler: Any) -> None:
    scheduler.orders_open_max = 1
    run("submit", "--id", "o-1", *DELIVERY)
    answer = run("submit", "--id", "o-2", *DELIVERY)
    assert answer.code == 1
    assert answer.out == "o-2: refused: 1 orders are open, which is the bound [queue_full]\n"


def test_many_orders_in_a_file_are_all_accepted(run: Any, scheduler: Any, orders_file: Any) -> None:
    scheduler.is_completing = False
    answer = run("submit", "--json-file", orders_file(*deliveries(200)))
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("200 orders: 200 accepted, 0 known already, 0 refused; ")
    assert answer.out.endswith("the last is 200th in line\n")
    assert sorted(scheduler.orders) == sorted(f"o-{number}" for number in range(200))
    again = run("submit", "--json-file", orders_file(*deliveries(200)))
    assert again.code == 0
    assert "0 accepted, 200 known already, 0 refused" in again.out


def test_each_line_is_accounted_for_and_reasons_are_counted(
    run: Any, scheduler: Any, orders_file: Any
) -> None:
    scheduler.orders_open_max = 5
    wrong = {"order_id": "o-x", "pickup": "shelf_99", "dropoff": "pack_1"}
    path = orders_file(
        *deliveries(3), "{oops", "", wrong, {"pikup": "shelf_1"}, *deliveries(9), wrong
    )
    answer = run("submit", "--json-file", path, "--json")
    body = answer.json()
    assert answer.code == 1
    assert (body["lines"], body["accepted"], body["duplicates"]) == (16, 5, 3)
    assert {reason["error"]: reason["count"] for reason in body["reasons"]} == {
        "not_json": 1, "unknown_place": 2, "wrong_shape": 1, "queue_full": 4,
    }  # fmt: skip
    assert body["refused"] == 8 == len(body["refusals"])
    assert body["accepted"] + body["duplicates"] + body["refused"] == body["lines"]
    assert [each["line"] for each in body["refusals"] if each["error"] == "not_json"] == [4]
    told = run("submit", "--json-file", path).out
    assert "4  queue_full: 5 orders are open, which is the bound (line 13, and 3 more)" in told


def test_many_orders_are_read_from_stdin(
    run: Any, scheduler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = lines_of(*deliveries(3)).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(body)))
    assert run("submit", "--json-file", "-").code == 0
    assert len(scheduler.orders) == 3


def test_lines_without_an_id_get_one_each(run: Any, scheduler: Any, orders_file: Any) -> None:
    nameless = {"pickup": "shelf_1", "dropoff": "pack_1"}
    assert run("submit", "--json-file", orders_file(nameless, nameless)).code == 0
    assert len(scheduler.orders) == 2


def test_one_order_over_several_lines_is_one_order(
    run: Any, scheduler: Any, tmp_path: Path
) -> None:
    path = tmp_path / "order.json"
    path.write_text(json.dumps(deliveries(1)[0], indent=2))
    assert run("submit", "--json-file", str(path)).out == "o-0: accepted, state completed\n"


def test_waiting_for_many_orders_is_refused(run: Any, scheduler: Any, orders_file: Any) -> None:
    answer = run("submit", "--json-file", orders_file(*deliveries(2)), "--wait")
    assert answer.code == 2 and "--wait follows one order" in answer.err
    assert not scheduler.orders


def test_advancing_in_line_is_told_while_waiting(
    run: Any, scheduler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("muster_cli.following.ASK_PERIOD_S", 0.05)
    scheduler.is_completing = False
    for number in range(3):
        run("submit", "--id", f"before-{number}", *DELIVERY)
    told = threading.Event()

    def advance_then_complete() -> None:
        deadline = time.monotonic() + 20
        while "o-1" not in scheduler.orders and time.monotonic() < deadline:
            time.sleep(0.02)
        scheduler.orders["o-1"].queue_position = 2
        told.wait(20)
        scheduler.complete("o-1")

    from muster_cli import following

    is_place_news = following.is_place_news

    def note(place: int, before: int) -> bool:
        if place == 2 == before:
            told.set()
        return is_place_news(place, before)

    monkeypatch.setattr(following, "is_place_news", note)
    helper = threading.Thread(target=advance_then_complete)
    helper.start()
    answer = run("submit", "--id", "o-1", *DELIVERY, "--wait", "--timeout", "30")
    helper.join()
    assert answer.code == 0
    places = [line for line in answer.out.splitlines() if line.endswith("in line")]
    assert places == ["o-1: accepted, 4th in line", "o-1: 2nd in line"]


def test_question_is_shown_to_who_waits(run: Any, scheduler: Any) -> None:
    scheduler.is_completing = False

    def suspend_when_accepted() -> None:
        deadline = time.monotonic() + 20
        while "o-1" not in scheduler.orders and time.monotonic() < deadline:
            time.sleep(0.02)
        scheduler.suspend("o-1", "where is it?")

    helper = threading.Thread(target=suspend_when_accepted)
    helper.start()
    answer = run("submit", "--id", "o-1", *DELIVERY, "--wait", "--timeout", "3")
    helper.join()
    assert answer.code == 1 and "has not ended within 3 s" in answer.err
    assert answer.out.count("? o-1 asks a person: where is it?") == 1


@pytest.mark.parametrize(
    ("place", "told", "is_news"),
    [(0, 5, False), (4, 5, True), (5, 5, False), (6, 5, True), (95, 100, False), (90, 100, True)],
)
def test_place_is_news_when_it_changed_by_a_tenth(place: int, told: int, is_news: bool) -> None:
    from muster_cli.following import is_place_news

    assert is_place_news(place, told) is is_news
