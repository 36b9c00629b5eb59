"""Why a task cannot be done as the site is now: it, or its zones, may have changed since."""

from __future__ import annotations

from muster_core.site import Routes
from muster_core.task import Task


def obstacle(task: Task, routes: Routes) -> str:
    """Why no robot should be sent to do the task, in a sentence; empty when one can be.

    :param routes: of the site as it is in force.
    """
    for place in dict.fromkeys(step.place for step in task.steps if step.place):
        if not routes.site.has_place(place):
            return f"place {place!r} is not on the site any more"
        if reason := routes.unreachable_reason(place):
            return reason
    return ""
