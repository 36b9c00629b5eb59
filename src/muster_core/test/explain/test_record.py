from __future__ import annotations

import json

from muster_core.explain import story_record
from muster_core.testing.order_log import OrderLog


def test_record_is_json_with_the_promised_keys() -> None:
    record = json.loads(json.dumps(story_record(OrderLog().delivered_by("robot_1").story())))
    assert set(record) == {
        "order_id", "state", "summary", "order", "accepted", "until", "ended", "question", "times",
        "tries", "moments", "moments_left_off",
    }  # fmt: skip
    assert set(record["moments"][0]) == {
        "time", "offset_s", "seq", "event", "words", "depth", "tone", "took_s",
    }  # fmt: skip
    assert set(record["tries"][0]) == {
        "number", "attempt_id", "task_id", "robot_id", "purpose", "choice", "assigned", "began",
        "permitted", "ended", "retry_not_before", "steps", "result", "error_code", "message",
    }  # fmt: skip
    assert record["times"] == {
        "waiting_s": 2, "driving_s": 30, "handling_s": 7, "person_s": 0, "total_s": 39,
    }  # fmt: skip


def test_what_has_not_happened_has_no_time() -> None:
    record = story_record(OrderLog().accepted().planned().assigned("robot_1").story())
    assert record["ended"] is None and record["accepted"].endswith("Z")
    attempt = record["tries"][0]
    assert (attempt["began"], attempt["ended"], attempt["result"]) == (None, None, None)
