"""A story as plain content for programs: what `muster explain --json` prints.

Rules for editors: the keys are a promise; they are only added to.
"""

from __future__ import annotations

from typing import Any

import msgspec

from muster_core.clock import NS_PER_S, utc_text
from muster_core.explain.story import Moment, StepTold, Story, Try

Record = dict[str, Any]


def story_record(story: Story) -> Record:
    """The story with its times in ISO 8601, UTC, and the seconds since the order was accepted."""
    return {
        "order_id": story.order_id,
        "state": story.state.value,
        "summary": story.summary,
        "order": msgspec.to_builtins(story.order),
        "accepted": _time(story.accepted_ns),
        "until": _time(story.until_ns),
        "ended": _time(story.ended_ns),
        "question": story.question,
        "times": {
            "waiting_s": _seconds(story.times.waiting_s),
            "driving_s": _seconds(story.times.driving_s),
            "handling_s": _seconds(story.times.handling_s),
            "person_s": _seconds(story.times.person_s),
            "total_s": _seconds((story.until_ns - story.accepted_ns) / NS_PER_S),
        },
        "tries": [_try_record(attempt) for attempt in story.tries],
        "moments": [_moment_record(moment, story.accepted_ns) for moment in story.moments],
        "moments_left_off": story.moments_left_off,
    }


def _moment_record(moment: Moment, accepted_ns: int) -> Record:
    return {
        "time": _time(moment.wall_ns),
        "offset_s": _seconds((moment.wall_ns - accepted_ns) / NS_PER_S),
        "seq": moment.seq,
        "event": moment.event,
        "words": moment.words,
        "depth": moment.depth,
        "tone": moment.tone.value,
        "took_s": _seconds(moment.took_s),
    }


def _try_record(attempt: Try) -> Record:
    return {
        "number": attempt.number,
        "attempt_id": attempt.attempt_id,
        "task_id": attempt.task_id,
        "robot_id": attempt.robot_id,
        "purpose": attempt.purpose.value,
        "choice": msgspec.to_builtins(attempt.choice),
        "assigned": _time(attempt.assigned_ns),
        "began": _time(attempt.began_ns),
        "permitted": _time(attempt.permitted_ns),
        "ended": _time(attempt.ended_ns),
        "retry_not_before": _time(attempt.retry_not_before_ns),
        "steps": [_step_record(step) for step in attempt.steps],
        "result": attempt.result.value if attempt.result else None,
        "error_code": int(attempt.error_code),
        "message": attempt.message,
    }


def _step_record(step: StepTold) -> Record:
    return {
        "verb": step.verb,
        "place": step.place,
        "time": _time(step.wall_ns),
        "took_s": _seconds(step.took_s),
    }


def _time(wall_ns: int) -> str | None:
    return utc_text(wall_ns) if wall_ns else None


def _seconds(duration_s: float) -> float:
    return round(duration_s, 3)
