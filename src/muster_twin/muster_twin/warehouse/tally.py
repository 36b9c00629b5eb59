"""What robots spend their time on, and where they wait: counted while a warehouse runs."""

from __future__ import annotations

from collections import Counter
from enum import Enum


class Activity(str, Enum):
    """What a robot's time goes to."""

    IDLE = "idle"
    """It has nothing to do."""
    DRIVING = "driving"
    """It drives or turns."""
    WAITING = "waiting"
    """It has to get somewhere and stands, because others are in the way."""
    HANDLING = "handling"
    """It picks, places, scans, or waits for leave to."""
    CHARGING = "charging"
    BROKEN = "broken"


class Tally:
    """One robot's time by activity, and what is counted by vertex for all of them.

    :param visits: of all robots, by vertex; ``waits_s`` likewise.
    """

    def __init__(self, visits: Counter[str], waits_s: Counter[str]) -> None:
        self.activity = Activity.IDLE
        self.spent_s: dict[Activity, float] = dict.fromkeys(Activity, 0.0)
        self.driven_m = 0.0
        self.longest_wait_s = 0.0
        self.longest_wait_at = ""
        self._since_s = 0.0
        self._visits = visits
        self._waits_s = waits_s

    def turn_to(self, activity: Activity, now_s: float, vertex: str) -> None:
        """The robot, at ``vertex``, does something else from now on, or goes on with it."""
        if activity is not self.activity:
            self.settle(now_s, vertex)
            self.activity = activity

    def settle(self, now_s: float, vertex: str) -> None:
        """Book the time up to now."""
        took_s = now_s - self._since_s
        self._since_s = now_s
        self.spent_s[self.activity] += took_s
        if self.activity is Activity.WAITING and took_s > 0:
            self._waits_s[vertex] += took_s  # type: ignore[assignment]
            if took_s > self.longest_wait_s:
                self.longest_wait_s, self.longest_wait_at = took_s, vertex

    def arrive(self, vertex: str, length_m: float) -> None:
        """The robot has driven so far and reached the vertex."""
        self.driven_m += length_m
        self._visits[vertex] += 1
