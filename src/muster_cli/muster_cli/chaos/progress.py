"""How far a run is, and for how long nothing was heard after each blow. It judges nothing."""

from __future__ import annotations

import signal
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from muster_cli.chaos.checker import ENDS
from muster_cli.chaos.draws import Blow, Part
from muster_cli.records import Record


@dataclass(frozen=True, slots=True)
class Fallen:
    """A blow that fell.

    :param at_s: from the start of the run.
    :param part: what it hit, which is not what it was drawn for when none of that ran.
    """

    at_s: float
    blow: Blow
    part: Part


class Progress:
    """Follows the events as they come to Kafka."""

    def __init__(self, orders: int) -> None:
        self.orders = orders
        self.fallen: list[Fallen] = []
        self.suspended: dict[str, str] = {}
        """Orders that wait for a person, and the robots that have or may have the items."""
        self._accepted: set[str] = set()
        self._ended: set[str] = set()
        self._news_s: list[float] = [0.0]

    @property
    def kills(self) -> int:
        """How many processes were killed; those that only stood still do not count."""
        return sum(fallen.blow.signal is signal.SIGKILL for fallen in self.fallen)

    @property
    def ended(self) -> int:
        """Orders that have ended."""
        return len(self._ended)

    @property
    def is_done(self) -> bool:
        """Whether every order has ended."""
        return self.ended >= self.orders

    def on_event(self, record: Record, elapsed_s: float) -> None:
        """Take in an event; ``elapsed_s`` from the start of the run."""
        order_id, kind = record["order_id"], record["type"]
        if self._news_s[-1] != elapsed_s:
            self._news_s.append(elapsed_s)
        if kind == "order_accepted":
            self._accepted.add(order_id)
        elif kind == "order_suspended":
            self.suspended[order_id] = record["robot_id"]
        elif kind in ("order_resumed", "order_resolved"):
            self.suspended.pop(order_id, None)
        elif kind in ENDS:
            self._ended.add(order_id)
            self.suspended.pop(order_id, None)

    def words(self, sent: int) -> str:
        """How far the orders are."""
        text = f"{sent} sent, {len(self._accepted)} accepted, {self.ended} ended"
        return text + (f", {len(self.suspended)} ask a person" if self.suspended else "")

    def summary(self) -> list[str]:
        """A line for each part that was hit: how often, and how long nothing was heard."""
        silences: defaultdict[Part, list[float]] = defaultdict(list)
        stops: defaultdict[Part, list[float]] = defaultdict(list)
        for fallen, until_s in self._spans():
            silence_s = self._longest_silence_s(fallen.at_s, until_s)
            (stops if fallen.blow.still_s else silences)[fallen.part].append(silence_s)
        lines = []
        for part in Part:
            told = [
                f"{len(found)} {name} (longest without news {max(found):.1f} s, "
                f"median {median(found):.1f} s)"
                for name, found in (("killed", silences[part]), ("stood still", stops[part]))
                if found
            ]
            if told:
                lines.append(f"{part.value:<10} {', '.join(told)}")
        return lines

    def _spans(self) -> list[tuple[Fallen, float]]:
        """Each blow, with the time at which the next one fell."""
        end_s = self._news_s[-1]
        nexts = [later.at_s for _, later in pairwise(self.fallen)]
        return list(zip(self.fallen, [*nexts, end_s], strict=True)) if self.fallen else []

    def _longest_silence_s(self, from_s: float, until_s: float) -> float:
        """The longest pause between two events that began before the second moment.

        What lies before the first moment does not count: that blow was not its cause.
        """
        return max(
            (
                after_s - max(before_s, from_s)
                for before_s, after_s in pairwise(self._news_s)
                if after_s > from_s and before_s < until_s
            ),
            default=0.0,
        )
