"""The numbers of an agent's reports, which order them and tell when each was made."""

from __future__ import annotations

from muster_core.clock import Instant
from muster_core.robot import INCARNATIONS_MAX, make_report_number, split_report_number

_NS_PER_MS = 1_000_000


class ReportNumbers:
    """Numbers the reports of one start of the agent.

    :param incarnation: the agent's starts so far, this one included.
    :param now: when it started.
    """

    def __init__(self, incarnation: int, now: Instant) -> None:
        self._incarnation = incarnation % INCARNATIONS_MAX
        self._start_ns = now.steady_ns
        self._newest = make_report_number(self._incarnation, 0)

    def next(self, now: Instant) -> int:
        """The number of a report made now: greater than all before it.

        Of reports within one millisecond all but the first are numbered as if made later, by a
        millisecond each: far less than the share of a lease that is kept back for such.
        """
        elapsed_ms = (now.steady_ns - self._start_ns) // _NS_PER_MS
        self._newest = max(make_report_number(self._incarnation, elapsed_ms), self._newest + 1)
        return self._newest

    def is_made(self, number: int) -> bool:
        """Whether this start of the agent has made a report of that number or a later one."""
        return split_report_number(number)[0] == self._incarnation and number <= self._newest

    def is_foreign(self, number: int) -> bool:
        """Whether the number is greater than any that this agent can have made, ever."""
        return number > self._newest

    def made_ns(self, number: int) -> int:
        """When the report was made, on the steady clock, ns."""
        assert self.is_made(number)
        return self._start_ns + split_report_number(number)[1] * _NS_PER_MS
