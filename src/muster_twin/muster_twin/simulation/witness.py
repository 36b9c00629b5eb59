"""Who is told of everything that happens, and says when something must not have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from muster_core.agent.inputs import LeasesReceived, TaskOffered
from muster_core.agent.records import AgentRecord
from muster_core.events import Record
from muster_core.gateway.records import LoggedEvent
from muster_core.ids import RobotId
from muster_core.robot import RobotReport
from muster_core.scheduler.effects import Reply
from muster_core.scheduler.ledger import Ledger
from muster_core.task import Step
from muster_core.traffic.effects import Release
from muster_twin.simulation.floor import Work
from muster_twin.simulation.messages import Asker

if TYPE_CHECKING:
    from muster_twin.simulation.body import Body
    from muster_twin.simulation.processes.process import Process


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must never happen has.

    :param invariant: its name, as in DESIGN: ``I1`` to ``I11``; ``I0`` when a process ended by an
        error of its own.
    :param claim: what should have held.
    :param what: what is the case instead.
    :param about: ids of the orders, robots and processes concerned.
    """

    invariant: str
    claim: str
    what: str
    about: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.invariant} does not hold ({self.claim}): {self.what}"


class Invariant:
    """One claim, checked from what is seen outside the cores.

    Sub-classes give the hooks that they need, and call ``fail`` where the claim does not hold.
    """

    name = ""
    claim = ""

    def __init__(self) -> None:
        self.report: Callable[[Violation], None] = lambda _: None

    def fail(self, what: str, *about: str) -> None:
        """Say that the claim does not hold."""
        self.report(Violation(self.name, self.claim, what, about))

    def recorded(self, record: Record) -> None:
        """An event has become durable; the facts do not have it yet."""

    def noted(self, robot_id: RobotId, record: AgentRecord) -> None:
        """A record has become durable in an agent's journal."""

    def reply_left(self, asker: Asker, reply: Reply) -> None:
        """A scheduler has answered."""

    def agent_heard(self, robot_id: RobotId, message: TaskOffered | LeasesReceived) -> None:
        """An agent takes in a message of a scheduler."""

    def release_heard(self, release: Release) -> None:
        """An agent takes in a release that is meant for its robot."""

    def report_made(self, robot_id: RobotId, report: RobotReport) -> None:
        """An agent tells of its robot."""

    def step_begun(self, body: Body, step: Step, work: Work | None) -> None:
        """A body begins a step."""

    def step_ended(self, body: Body, step: Step, work: Work | None) -> None:
        """A body has ended a step, in whatever way."""

    def body_moved(self, body: Body) -> None:
        """A body is at other vertices than before."""

    def kafka_grew(self, event: LoggedEvent) -> None:
        """Kafka has stored an event."""

    def offset_committed(self, offset: int) -> None:
        """The gateway has let Kafka forget the orders before ``offset``."""

    def turn_ended(self, process: Process) -> None:
        """A process has done a turn."""

    def opened(self, process: Process) -> None:
        """A process has started."""

    def took_over(self, process: Process, ledger: Ledger) -> None:
        """A scheduler that leads from now on has folded its log."""

    def crashed(self, process: Process) -> None:
        """A process is about to lose all that it knows."""

    def ended(self) -> None:
        """The simulation is over: faults have stopped and all had time to end well."""


HOOKS = (
    "recorded", "noted", "reply_left", "agent_heard", "report_made", "step_begun",
    "step_ended", "body_moved", "release_heard", "kafka_grew", "offset_committed", "turn_ended",
    "opened", "took_over", "crashed", "ended",
)  # fmt: skip


class Witness:
    """Tells every invariant what happens. ``violation`` is the first that did not hold.

    Each hook of :class:`Invariant` is a method of the witness, too.
    """

    def __init__(self, invariants: Iterable[Invariant]) -> None:
        self.violation: Violation | None = None
        self._checks: dict[str, tuple[Callable[..., None], ...]] = {}
        self.invariants = tuple(invariants)
        for invariant in self.invariants:
            invariant.report = self.report
        for hook in HOOKS:
            idle = getattr(Invariant, hook)
            self._checks[hook] = tuple(
                getattr(invariant, hook)
                for invariant in self.invariants
                if getattr(type(invariant), hook) is not idle
            )

    def report(self, violation: Violation) -> None:
        """Keep the first violation; what follows from it is no news."""
        if self.violation is None:
            self.violation = violation

    def tell(self, hook: str, *seen: Any) -> None:
        """Have all invariants that care look at something that just happened."""
        for check in self._checks[hook]:
            check(*seen)
