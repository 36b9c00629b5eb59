from __future__ import annotations

from typing import Any, get_args

import pytest

pytest.importorskip("muster_msgs")

from muster_cli import words
from muster_cli.words import event_words
from muster_core.events import Event


def spoken(kind: str, **data: Any) -> str:
    return event_words({"type": kind, "data": {"type": kind, **data}})


def test_every_event_has_words() -> None:
    known = {event.__struct_config__.tag for event in get_args(Event)}
    assert set(words._WORDS) == known


@pytest.mark.parametrize(
    ("kind", "data", "sentence"),
    [
        ("pick_permitted", {"step_index": 1}, "may do step 2, once"),
        (
            "attempt_ended",
            {"result": "failed", "message": "jammed", "error_code": 4005, "uncertain": True},
            "the robot's attempt failed: jammed [driver_failed]; whether it did the step then "
            "under way is unknown",
        ),
        (
            "outcome_arrived_late",
            {"result": "succeeded"},
            "the lost robot tells that its attempt succeeded",
        ),
        (
            "task_revised",
            {
                "task": {"purpose": "fetch", "steps": [{"verb": "go", "place": "@se1"}]},
                "reason": "lost there",
            },
            "to fetch: go @se1: lost there",
        ),
        (
            "order_suspended",
            {"reason": "a person is asked: where?", "vertex": "se1"},
            "a person is asked: where? (the robot was last seen at se1)",
        ),
        ("order_resolved", {"resolution": "retry"}, "somebody answered retry"),
        ("order_resumed", {"reason": "bay says: retry"}, "goes on: bay says: retry"),
        ("order_completed", {}, "all done"),
        ("robot_barred", {"reason": "3 failures"}, "given no work for now: 3 failures"),
        ("robot_cleared", {}, "its probe went well; given work again"),
        ("spare_called", {"instead_of": "robot_1"}, "stands in for robot_1"),
        ("spare_released", {"instead_of": "robot_1"}, "is spare again: robot_1 is back"),
        ("order_teleported", {"order_id": "o-1", "gate": 7}, "gate=7"),
    ],
)
def test_events_are_told_in_words(kind: str, data: dict[str, Any], sentence: str) -> None:
    assert spoken(kind, **data) == sentence
