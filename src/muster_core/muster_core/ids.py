"""The identifiers of Muster's nouns; distinct types, so that they cannot be mixed up."""

from __future__ import annotations

import re
from typing import NewType

OrderId = NewType("OrderId", str)
TaskId = NewType("TaskId", str)
AttemptId = NewType("AttemptId", str)
RobotId = NewType("RobotId", str)


def task_id(order_id: OrderId, index: int) -> TaskId:
    """The id of the order's task at ``index`` (0-based)."""
    return TaskId(f"{order_id}/{index}")


def attempt_id(task: TaskId, number: int) -> AttemptId:
    """The id of the task's attempt ``number`` (1-based). Unique for ever, as order ids are."""
    return AttemptId(f"{task}#{number}")


def is_robot_name(text: str) -> bool:
    """Whether ``text`` can name a robot: the name becomes a part of ROS names."""
    return re.fullmatch(r"(?!.*__)[A-Za-z][A-Za-z0-9_]{0,63}", text) is not None
