"""The count of a demo: what became of each of its orders, by the events that Kafka told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from statistics import median

from muster_cli.records import Record

_ENDS = {
    "order_completed": "completed",
    "order_failed": "failed",
    "order_cancelled": "cancelled",
}
_TURNS = {"order_suspended": "suspended", "order_resumed": "active"}
FINAL_STATES = ("completed", "failed", "cancelled", "refused")


class Tally:
    """Follows the orders with ``order_ids``; everybody else's are left out."""

    def __init__(self, order_ids: Iterable[str]) -> None:
        self.states = dict.fromkeys(order_ids, "sent")
        self.reasons: dict[str, str] = {}
        self.doubts: list[str] = []
        """What cannot be, if Muster keeps its promise; empty unless something is wrong."""
        self._accepted: dict[str, str] = {}
        self._durations_s: list[float] = []
        self._robots: dict[str, str] = {}
        self._work: Counter[str] = Counter()

    def on_event(self, record: Record) -> None:
        """Take in an event of the log."""
        order_id, kind = record["order_id"], record["type"]
        if order_id not in self.states:
            return
        if kind == "order_accepted":
            if order_id in self._accepted:
                self.doubts.append(f"order {order_id!r} was accepted twice")
            self._accepted[order_id] = record["time"]
            self.states[order_id] = "waiting"
        elif kind == "task_assigned":
            self.states[order_id] = "active"
            self._robots[order_id] = record["robot_id"]
        elif kind in _TURNS:
            self.states[order_id] = _TURNS[kind]
            self._give_reason(order_id, record)
        elif kind in _ENDS:
            self._on_end(order_id, _ENDS[kind], record)

    def on_refused(self, order_id: str, reason: str) -> None:
        """Take in that the order was not accepted."""
        if order_id in self.states and order_id not in self._accepted:
            self.states[order_id] = "refused"
            self.reasons[order_id] = reason

    def _on_end(self, order_id: str, state: str, record: Record) -> None:
        if self.states[order_id] in FINAL_STATES:
            self.doubts.append(f"order {order_id!r} ended twice")
            return
        self.states[order_id] = state
        self._give_reason(order_id, record)
        if state == "completed":
            self._work[self._robots.get(order_id, "?")] += 1
            began = self._accepted.get(order_id)
            if began is not None:
                self._durations_s.append(_seconds_between(began, record["time"]))

    def _give_reason(self, order_id: str, record: Record) -> None:
        """Keep why an order is not on its way to completion; forget it when it is again."""
        self.reasons.pop(order_id, None)
        reason = record["data"].get("reason")
        if reason and self.states[order_id] not in ("active", "completed"):
            self.reasons[order_id] = reason

    @property
    def accepted(self) -> int:
        """Orders that Muster has promised to see through."""
        return len(self._accepted)

    @property
    def is_done(self) -> bool:
        """Whether every order has ended."""
        return all(state in FINAL_STATES for state in self.states.values())

    @property
    def is_success(self) -> bool:
        """Whether every order was accepted and completed, and nothing odd was seen."""
        done = self.counts()["completed"] == len(self.states) == self.accepted
        return done and not self.doubts

    def counts(self) -> Counter[str]:
        """Orders by state."""
        return Counter(self.states.values())

    def compare(self, states: Mapping[str, str]) -> None:
        """Compare with what the scheduler itself says; a difference is a doubt."""
        for order_id, state in self.states.items():
            told = states.get(order_id, "unknown")
            if state in FINAL_STATES and state not in ("refused", told):
                self.doubts.append(
                    f"order {order_id!r} is {state} by Kafka and {told} by the scheduler"
                )

    def summary(self, elapsed_s: float) -> str:
        """How it went, in a sentence; empty when nothing was completed."""
        if not self._durations_s:
            return ""
        rate = len(self._durations_s) / max(elapsed_s, 1e-9) * 60
        work = ", ".join(f"{robot} {number}" for robot, number in sorted(self._work.items()))
        return (
            f"{len(self._durations_s)} orders in {elapsed_s:.0f} s ({rate:.0f} a minute); from "
            f"accepted to completed {median(self._durations_s):.1f} s at the median, "
            f"{max(self._durations_s):.1f} s at most; {work}"
        )

    def last_line(self) -> str:
        """The line that a demo ends with."""
        counts = self.counts()
        return (
            f"demo: {self.accepted} accepted, {counts['completed']} completed, "
            f"{counts['failed']} failed, {counts['cancelled']} cancelled"
        )


def _seconds_between(earlier: str, later: str) -> float:
    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))

    return (moment(later) - moment(earlier)).total_seconds()
