"""Where an order's time goes: every stretch of it belongs to one activity."""

from __future__ import annotations

from enum import Enum

from muster_core.clock import NS_PER_S
from muster_core.explain.story import Times


class Activity(Enum):
    """What an order's time is spent on."""

    WAITING = "waiting"
    DRIVING = "driving"
    HANDLING = "handling"
    PERSON = "person"


def activity_of(verb: str) -> Activity:
    """What a robot does while it does a step."""
    return Activity.DRIVING if verb == "go" else Activity.HANDLING


class TimeSheet:
    """Counts from ``began_ns`` on; begins with waiting."""

    def __init__(self, began_ns: int) -> None:
        self._since_ns = began_ns
        self._spent_ns = dict.fromkeys(Activity, 0)
        self._activity = Activity.WAITING

    def change(self, wall_ns: int, activity: Activity, *, was: Activity | None = None) -> float:
        """From now on it is another activity; returns how long the one before took, s.

        A clock that was set back makes a stretch of no length, never a negative one.

        :param was: what the stretch that ends here was spent on, when that is known better now
            than it was at its beginning.
        """
        stretch_ns = max(0, wall_ns - self._since_ns)
        self._spent_ns[was or self._activity] += stretch_ns
        self._since_ns = wall_ns
        self._activity = activity
        return stretch_ns / NS_PER_S

    def times(self, until_ns: int) -> Times:
        """All of it until then."""
        spent = dict(self._spent_ns)
        spent[self._activity] += max(0, until_ns - self._since_ns)
        return Times(
            waiting_s=spent[Activity.WAITING] / NS_PER_S,
            driving_s=spent[Activity.DRIVING] / NS_PER_S,
            handling_s=spent[Activity.HANDLING] / NS_PER_S,
            person_s=spent[Activity.PERSON] / NS_PER_S,
        )
