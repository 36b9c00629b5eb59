"""What a scheduler has permitted an agent: until when it may go on, and how far.

All of it is lost in a restart, and must be granted anew. A grant says which of the agent's reports
its scheduler had heard; it is worth what is left of the lease since that report, so that it may
come late, twice or out of order and never gives more than the scheduler thinks.
"""

from __future__ import annotations

from collections import Counter

from muster_core.agent.inputs import Grant
from muster_core.agent.lease import Lease
from muster_core.agent.report_numbers import ReportNumbers
from muster_core.clock import Instant
from muster_core.ids import AttemptId, RobotId

_NOBODYS = AttemptId("")


class Permission:
    """The grants of one attempt at a time.

    :param lease: not granted yet.
    :param counts: where grants that are worth nothing are counted.
    """

    def __init__(self, lease: Lease, numbers: ReportNumbers, counts: Counter[str]) -> None:
        self._lease = lease
        self._numbers = numbers
        self._counts = counts
        self._attempt_id = _NOBODYS
        self._steps_permitted = 0
        # The scheduler has heard a report of this robot that this agent has not made.
        self.is_from_another = False

    def hear(self, heard_report: int) -> None:
        """Take note of which report of this robot the scheduler says it has heard."""
        self.is_from_another = self._numbers.is_foreign(heard_report)
        if self.is_from_another:
            self._counts["foreign_grants"] += 1

    def await_grant(self, attempt_id: AttemptId, duration_s: float, now: Instant) -> None:
        """Wait for a grant of the attempt for so long; no step may begin before."""
        self._attempt_id, self._steps_permitted = attempt_id, 0
        self._lease.await_grant(duration_s, now)

    def is_worth_something(self, grant: Grant, duration_s: float, now: Instant) -> bool:
        """Whether anything is left of a lease of ``duration_s`` that ``grant`` gives."""
        return self._end_ns(grant, duration_s) > now.steady_ns

    def begin(self, grant: Grant, duration_s: float) -> None:
        """Take ``grant``, which is worth something, as the first one of its attempt."""
        self._attempt_id, self._steps_permitted = grant.attempt_id, 0
        self._lease.is_granted = False
        self._take(grant, duration_s)

    def extend(self, grant: Grant, duration_s: float, now: Instant) -> None:
        """Take a further grant; one of another attempt, or worth nothing, changes nothing."""
        if grant.attempt_id != self._attempt_id:
            return
        if self.is_worth_something(grant, duration_s, now):
            self._take(grant, duration_s)
        else:
            self._counts["grants_void"] += 1

    def end(self) -> None:
        """The attempt has ended."""
        self._attempt_id, self._steps_permitted = _NOBODYS, 0
        self._lease.is_granted = False

    def believed_s(self, duration_s: float) -> float:
        """See :meth:`Lease.believed_s`."""
        return self._lease.believed_s(duration_s)

    def covers(self, step_index: int) -> bool:
        """Whether the step may begin, as far as the scheduler is asked."""
        return self._lease.is_granted and step_index < self._steps_permitted

    def is_over(self, now: Instant) -> bool:
        """Whether the attempt must end: its lease ran out, or no grant of it came in time."""
        return bool(self._attempt_id) and self._lease.is_over(now)

    def why_over(self) -> str:
        """Why the attempt must end, in words."""
        if self._lease.is_granted:
            return "the lease ran out and was not granted again"
        return "the lease was not granted again after the agent's restart"

    def warning(self, robot_id: RobotId) -> str:
        """What a person should look into; empty when there is nothing."""
        if not self.is_from_another:
            return ""
        return (
            f"the scheduler has heard reports of {robot_id!r} that this agent never made: "
            f"either another agent uses the same name, and one of them must get another; or this "
            f"agent's journal was lost or replaced by an older one"
        )

    def _take(self, grant: Grant, duration_s: float) -> None:
        self._lease.hold_until(self._end_ns(grant, duration_s))
        self._steps_permitted = max(grant.steps_permitted, self._steps_permitted)

    def _end_ns(self, grant: Grant, duration_s: float) -> int:
        """When the lease of ``grant`` ends; 0 when the report it names is none of this start's."""
        if not self._numbers.is_made(grant.heard_report):
            return 0
        return self._lease.end_ns(self._numbers.made_ns(grant.heard_report), duration_s)
