from __future__ import annotations

from typing import Any

import pytest

from muster_cli.doctor import installation
from muster_cli.doctor.finding import Health

pytestmark = pytest.mark.ros


def test_healthy_installation_lacks_nothing_even_when_no_fleet_runs(run: Any) -> None:
    answer = run("doctor", "--json")
    body = answer.json()
    assert (answer.code, body["ok"]) == (0, True), body
    names = {check["name"]: check["health"] for check in body["checks"]}
    assert names["python"] == names["rclpy"] == names["muster_msgs"] == names["packages"] == "ok"
    assert names["policies"] == names["drivers"] == names["sites"] == "ok"
    assert names["nodes"] == "note"


def test_running_scheduler_is_found_active_and_answering(run: Any, scheduler: Any) -> None:
    answer = run("doctor")
    assert answer.code == 0
    assert "scheduler active" in answer.out
    assert "answers; its log has 1 events" in answer.out
    assert "1 known, 1 heard" in answer.out
    assert "none asks a person" in answer.out


def test_orders_that_ask_a_person_are_noted(run: Any, scheduler: Any) -> None:
    from muster_msgs import msg

    scheduler.is_completing = False
    for order_id in ("o-1", "o-2"):
        scheduler.accept(msg.Order(order_id=order_id, pickup="shelf_1", dropoff="pack_1"))
        scheduler.suspend(order_id, "where is it?")
    answer = run("doctor")
    assert answer.code == 0, "an order that asks is no illness"
    assert "2 ask a person" in answer.out and "muster orders --state suspended" in answer.out


def test_missing_package_is_named_with_its_remedy(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "PACKAGES", ("muster_core", "muster_nonsense"))
    answer = run("doctor")
    assert answer.code == 1
    assert "muster_nonsense" in answer.out and "make build" in answer.out
    assert "missing or broken: packages" in answer.out


def test_broken_plugin_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import EntryPoint

    points = [EntryPoint("good", "json:loads", "g"), EntryPoint("bad", "no_such_package:x", "g")]
    monkeypatch.setattr(installation, "entry_points", lambda group: points)
    found = {finding.name: finding for finding in installation.look_at_installation()}
    assert found["policies"].health is Health.MISSING
    assert "good" in found["policies"].words and "no_such_package" in found["policies"].words


def test_impossible_domain_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROS_DOMAIN_ID", "900")
    assert installation._dds().health is Health.MISSING
