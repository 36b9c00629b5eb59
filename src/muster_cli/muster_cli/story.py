"""What the screens tell of a fleet, gathered from its states and events as they come."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable

from muster_cli.records import Record
from muster_cli.words import step_words

EVENTS_KEPT_MAX = 200
"""Events kept to be shown; the oldest give way."""
TASKS_KEPT_MAX = 5000
"""Tasks whose steps are known by name; the oldest give way, and show as numbers."""


class Story:
    """The last events, and the steps that the robots are at, in words."""

    def __init__(self) -> None:
        self.last_seq = 0
        self.events: deque[Record] = deque(maxlen=EVENTS_KEPT_MAX)
        self._steps: OrderedDict[str, list[str]] = OrderedDict()

    def on_events(self, records: Iterable[Record]) -> None:
        """Take in events, in the order of the log."""
        for record in records:
            self.events.append(record)
            self.last_seq = record["seq"]
            if record["type"] == "order_planned":
                self._learn_steps(record)

    def _learn_steps(self, record: Record) -> None:
        for task in record["data"].get("tasks") or ():
            steps = [step_words(step) for step in task.get("steps") or ()]
            self._steps[str(task.get("task_id", ""))] = steps
        while len(self._steps) > TASKS_KEPT_MAX:
            self._steps.popitem(last=False)

    def steps_by_robot(self, robots: Iterable[Record]) -> dict[str, str]:
        """For each robot that works, its step, as in ``2/4 pick shelf_12``."""
        return {robot["robot_id"]: words for robot in robots if (words := self._step_of(robot))}

    def _step_of(self, robot: Record) -> str:
        total = robot["steps_total"]
        if not total or not robot["attempt_id"]:
            return ""
        index = min(robot["step_index"], total - 1)
        task_id = robot["attempt_id"].rpartition("#")[0]
        steps = self._steps.get(task_id, [])
        words = steps[index] if index < len(steps) else ""
        return f"{index + 1}/{total} {words}".rstrip()
