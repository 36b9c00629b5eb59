"""I8: no two robots hold a vertex, nor swap along an edge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from muster_core.agent.records import AgentRecord, TrafficEpochSeen
from muster_core.ids import RobotId
from muster_core.task import Step
from muster_core.traffic.effects import Release
from muster_twin.simulation.body import Body
from muster_twin.simulation.floor import Work
from muster_twin.simulation.processes.agent import AgentProcess
from muster_twin.simulation.processes.process import Process
from muster_twin.simulation.witness import Invariant


class KeptApart(Invariant):
    """Seen from where bodies truly are and may yet get to, and from what their agents hold.

    A body on an edge is at both of its ends, so two that swap along an edge, or follow each other
    too closely, are found as well. Checked whenever a body is elsewhere and whenever an agent has
    done a turn, for nothing else changes either. And what a deposed traffic releases is held by
    nobody, whether or not another is there already.

    :param agent_of: the agent of a robot, up or down.
    """

    name = "I8"
    claim = "no two robots hold a vertex, nor swap along an edge"

    def __init__(
        self, bodies: Mapping[RobotId, Body], agent_of: Callable[[RobotId], AgentProcess]
    ) -> None:
        super().__init__()
        self._bodies = bodies
        self._agent_of = agent_of
        self._held: dict[RobotId, frozenset[str]] = {}
        self._epochs: dict[RobotId, int] = defaultdict(int)
        # Of each robot, what releases name that it has heard in this turn: what it must not hold
        # by that, and what it may.
        self._void: dict[RobotId, set[str]] = defaultdict(set)
        self._good: dict[RobotId, set[str]] = defaultdict(set)

    def noted(self, robot_id: RobotId, record: AgentRecord) -> None:
        """See :class:`Invariant`."""
        if isinstance(record, TrafficEpochSeen):
            self._epochs[robot_id] = record.epoch

    def release_heard(self, release: Release) -> None:
        """See :class:`Invariant`."""
        robot_id = release.robot_id
        is_over = release.epoch < self._epochs[robot_id]
        heard = self._void if is_over else self._good
        # What it holds already, or is at, it need not hold by this.
        held = (*self._agent_of(robot_id).core.held, *self._bodies[robot_id].occupied)
        heard[robot_id].update(set(release.vertices).difference(held))

    def body_moved(self, body: Body) -> None:
        """See :class:`Invariant`."""
        for other in self._bodies.values():
            both = set(other.occupied).intersection(body.occupied)
            if other is not body and both:
                what = f"{body.robot_id} and {other.robot_id} are both at {min(both)}"
                self.fail(what, body.robot_id, other.robot_id)
        self._look(body)

    def turn_ended(self, process: Process) -> None:
        """See :class:`Invariant`."""
        if isinstance(process, AgentProcess):
            self._look(self._bodies[process.robot_id])
            self._look_for_void(process)

    def crashed(self, process: Process) -> None:
        """See :class:`Invariant`. What an agent told its body in its last turn may be new."""
        self.turn_ended(process)

    def step_begun(self, body: Body, step: Step, work: Work | None) -> None:
        """See :class:`Invariant`. Nobody works on its way: its place is another's soon."""
        if body.next_vertex:
            what = f"{body.robot_id} begins {step.verb} between {' and '.join(body.occupied)}"
            self.fail(what, body.robot_id)

    def _look_for_void(self, agent: AgentProcess) -> None:
        robot_id = agent.robot_id
        void, good = self._void.pop(robot_id, set()), self._good.pop(robot_id, set())
        taken = (void - good).intersection(agent.core.held)
        if taken:
            what = f"{robot_id} holds {', '.join(sorted(taken))}, which a deposed traffic released"
            self.fail(what, robot_id)

    def _look(self, body: Body) -> None:
        robot_id = body.robot_id
        agent = self._agent_of(robot_id)
        held = frozenset(body.claimed)
        if agent.is_up:
            held = held.union(agent.core.held)
        if held == self._held.get(robot_id):
            return
        self._held[robot_id] = held
        for other_id, others in self._held.items():
            both = held & others
            if other_id != robot_id and both:
                what = f"{robot_id} and {other_id} both hold {', '.join(sorted(both))}"
                self.fail(what, robot_id, other_id)
