from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from muster_msgs import msg

from muster_core import events as ev
from muster_core.ids import RobotId
from muster_core.log import SqliteLog
from muster_core.scheduler.codec import to_entries
from muster_core.testing.order_log import OrderLog

DELIVERY = {"pickup": "shelf_1", "dropoff": "pack_1"}


def written(log: OrderLog, path: Path) -> str:
    """The path of a log file with these records."""
    file = SqliteLog(path)
    file.append(to_entries(log.records))
    file.close()
    return str(path)


def test_log_file_is_told_as_an_indented_timeline(run: Any, tmp_path: Path) -> None:
    path = written(OrderLog().delivered_by("robot_1"), tmp_path / "scheduler.log")
    answer = run("explain", "o-1", "--log", path)
    assert (answer.code, answer.err) == (0, "")
    lines = answer.out.splitlines()
    assert lines[0] == "o-1  deliver shelf_1 → pack_1  completed"
    assert lines[1].endswith("; took 39 s: waiting 2 s, driving 30 s, handling 7 s")
    assert lines[3] == "+0:00  ordered by desk"
    assert "+0:12      drove to shelf_1 (10 s)" in lines
    assert lines[-1] == "+0:39  completed"
    assert not any(line.endswith(" ") for line in lines)


def test_long_sentences_go_on_below_their_beginning(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    path = written(OrderLog().delivered_by("robot_1"), tmp_path / "scheduler.log")
    lines = run("explain", "o-1", "--log", path).out.splitlines()
    assert max(map(len, lines[3:])) <= 60
    chosen = next(index for index, line in enumerate(lines) if "was chosen by" in line)
    assert lines[chosen].startswith("+0:01  robot_1 was chosen by policy batch 2")
    assert lines[chosen + 1][:8].strip() != "" and lines[chosen + 1].startswith(" " * 7)


def test_log_that_is_being_written_can_be_explained(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "scheduler.log"
    written(OrderLog().accepted().planned(), path)
    writer = SqliteLog(path)
    try:
        answer = run("explain", "o-1", "--log", str(path))
    finally:
        writer.close()
    assert answer.code == 0
    assert answer.out.splitlines()[-1] == "+0:00  now: it waits"


def test_suspended_order_ends_with_the_command_that_answers(run: Any, tmp_path: Path) -> None:
    log = OrderLog().accepted().planned().assigned("robot_1").ended("lost").suspended("where?")
    out = run("explain", "o-1", "--log", written(log, tmp_path / "scheduler.log")).out
    assert "a person was asked: where?" in out
    assert "answer with: muster resolve o-1\n" in out


def test_unknown_order_of_a_log_offers_one_like_it(run: Any, tmp_path: Path) -> None:
    path = written(OrderLog().delivered_by("robot_1"), tmp_path / "scheduler.log")
    answer = run("explain", "O-2", "--log", path)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.endswith("did you mean 'o-1'?\n") and "no order 'O-2'" in answer.err


def test_altered_log_is_refused_in_a_sentence(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "scheduler.log"
    written(OrderLog().delivered_by("robot_1"), path)
    path.write_bytes(path.read_bytes().replace(b"shelf_1", b"shelf_2"))
    answer = run("explain", "o-1", "--log", str(path))
    assert answer.code == 2
    assert answer.err.count("\n") == 1 and "was altered" in answer.err


@pytest.mark.ros
def test_running_fleet_is_asked_for_the_order_and_its_place(run: Any, scheduler: Any) -> None:
    scheduler.is_completing = False
    for number in range(5):
        scheduler.accept(msg.Order(order_id=f"o-{number}", **DELIVERY))
    record = run("explain", "o-3", "--json").json()
    assert record["state"] == "accepted"
    assert [moment["words"] for moment in record["moments"]] == [
        "ordered by somebody who gave no name",
        "4th in line",
    ]


@pytest.mark.ros
def test_only_the_orders_own_part_of_the_log_is_read(
    run: Any, scheduler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from muster_cli.client import FleetClient

    for number in range(60):
        scheduler.accept(msg.Order(order_id=f"o-{number}", **DELIVERY))
    pages: list[int] = []
    read_events = FleetClient.read_events

    def count(self: FleetClient, *, from_seq: int, limit: int = 2000) -> Any:
        if limit > 1:
            pages.append(from_seq)
        return read_events(self, from_seq=from_seq, limit=limit)

    monkeypatch.setattr(FleetClient, "read_events", count)
    record = run("explain", "o-40", "--json").json()
    assert record["state"] == "completed"
    own = [event.seq for event in scheduler.events if event.order_id == "o-40"]
    assert len(pages) <= 4 and set(pages) <= set(range(own[0], own[-1] + 2))


@pytest.mark.ros
def test_clock_that_was_set_back_hides_no_order(run: Any, scheduler: Any) -> None:
    for number in range(5):
        scheduler.accept(msg.Order(order_id=f"o-{number}", **DELIVERY))
    for event in scheduler.events[10:]:
        event.stamp.sec -= 1000
    scheduler.orders["o-4"].accepted = scheduler.events[-4].stamp
    record = run("explain", "o-4", "--json").json()
    assert record["moments"][0]["words"].startswith("ordered by")
    assert record["state"] == "completed"


@pytest.mark.ros
def test_unknown_order_of_a_fleet_offers_those_like_it(run: Any, scheduler: Any) -> None:
    scheduler.accept(msg.Order(order_id="cli-20300101-ab12", **DELIVERY))
    answer = run("explain", "AB12")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == (
        "muster: there is no order 'AB12' in the fleet /muster_cli_test; "
        "did you mean 'cli-20300101-ab12'?\n"
    )
    assert "`muster orders` lists them" in run("explain", "xyzzy").err


@pytest.mark.ros
def test_events_of_a_newer_version_are_counted_and_left_out(run: Any, scheduler: Any) -> None:
    scheduler.accept(msg.Order(order_id="o-1", **DELIVERY))
    scheduler.events[2].data = '{"type":"order_teleported","order_id":"o-1"}'
    answer = run("explain", "o-1")
    assert answer.code == 0
    assert "1 events of a newer version of Muster are left out" in answer.err
    assert answer.out.splitlines()[-1].endswith("completed")


@pytest.mark.ros
def test_robots_story_is_told_with_the_orders(run: Any, scheduler: Any) -> None:
    scheduler.is_completing = False
    scheduler.accept(msg.Order(order_id="o-1", **DELIVERY))
    scheduler.assign("o-1")
    scheduler.record(ev.RobotSilent(robot_id=RobotId("robot_1"), silent_s=12.0))
    assert "robot_1 has not been heard for 12 s" in run("explain", "o-1").out


def test_offline_explanation_needs_no_ros(tmp_path: Path) -> None:
    import subprocess
    import sys

    path = written(OrderLog().delivered_by("robot_1"), tmp_path / "scheduler.log")
    code = (
        "import sys; sys.modules['rclpy'] = sys.modules['muster_msgs'] = None; "
        "from muster_cli.main import run; sys.exit(run(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "explain", "o-1", "--log", path],
        check=False, capture_output=True, text=True, timeout=60, env=os.environ,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "+0:39  completed"
