"""Which lifecycle node is asked what next: the supervisor's decisions, without ROS and clocks.

Going up, a stage's nodes are configured and activated when the stages before it are settled: each
node active, or failed once, or waited for long enough. One broken robot therefore delays the rest
and does not stop it. After that each node is watched by itself: one that lost its state, because
its process began anew, is brought back. Going down is the reverse, without second attempts.

Rules for editors: times are seconds of one monotonic clock, given as ``now_s``; every request has a
deadline, which is kept here and not by the one who sends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from muster_bringup.config import SupervisorConfig, parse_managed_nodes

WATCH_S_PER_NODE = 0.05
"""A large fleet is watched less often, so that watching costs the same."""


class NodeState(str, Enum):
    """A node's lifecycle state, as far as it is known."""

    ABSENT = "not running"
    SILENT = "not answering"
    UNCONFIGURED = "unconfigured"
    INACTIVE = "inactive"
    ACTIVE = "active"
    CHANGING = "in transition"
    FINALIZED = "finalized"


class Verb(str, Enum):
    """What can be asked of a node."""

    GET_STATE = "get_state"
    CONFIGURE = "configure"
    ACTIVATE = "activate"
    DEACTIVATE = "deactivate"
    CLEANUP = "cleanup"


class Answer(str, Enum):
    """How a transition ended."""

    DONE = "done"
    FAILED = "failed"


class Direction(str, Enum):
    """Where the nodes are taken."""

    UP = "up"
    DOWN = "down"


NEXT_UP = {NodeState.UNCONFIGURED: Verb.CONFIGURE, NodeState.INACTIVE: Verb.ACTIVATE}
NEXT_DOWN = {NodeState.ACTIVE: Verb.DEACTIVATE, NodeState.INACTIVE: Verb.CLEANUP}
AFTER = {
    Verb.CONFIGURE: NodeState.INACTIVE,
    Verb.ACTIVATE: NodeState.ACTIVE,
    Verb.DEACTIVATE: NodeState.INACTIVE,
    Verb.CLEANUP: NodeState.UNCONFIGURED,
}


@dataclass(frozen=True, slots=True)
class Request:
    """Ask ``node`` for ``verb``. The answer bears the same ``number``; another is out of date."""

    node: str
    verb: Verb
    number: int


@dataclass(frozen=True, slots=True)
class Report:
    """How far the nodes are.

    :param problems: of each node that is not active, what is known, in words.
    :param restarts: how often a node that was active was found without its state.
    """

    active: int
    managed: int
    problems: dict[str, str]
    restarts: int

    @property
    def is_active(self) -> bool:
        """Whether all nodes are."""
        return self.active == self.managed


@dataclass(slots=True, eq=False)
class _Node:
    name: str
    stage: int
    changed_s: float
    state: NodeState = NodeState.ABSENT
    pending: Request | None = None
    deadline_s: float = 0.0
    unanswered: Verb | None = None
    unanswered_until_s: float = 0.0
    question_due_s: float = 0.0
    retry_due_s: float = 0.0
    failures: int = 0
    reason: str = ""
    was_active: bool = False
    was_activated: bool = False
    is_down: bool = False


class BringUp:
    """Takes nodes up, keeps them up, and takes them down. Ask ``requests``, tell the answers."""

    def __init__(self, config: SupervisorConfig, now_s: float) -> None:
        self._config = config
        self._nodes = {
            name: _Node(name, stage, now_s)
            for stage, names in enumerate(parse_managed_nodes(config.managed_nodes))
            for name in names
        }
        self._stages = 1 + max(node.stage for node in self._nodes.values())
        self._direction = Direction.UP
        self._open_stage = 0
        self._open_stage_since_s = now_s
        self._down_deadline_s = 0.0
        self._number = 0
        self._restarts = 0

    @property
    def nodes(self) -> tuple[str, ...]:
        """The names, in the order of bring-up."""
        return tuple(self._nodes)

    def requests(self, now_s: float) -> list[Request]:
        """What to ask now: transitions before questions, of each node one thing at a time."""
        self._expire(now_s)
        self._open_stages(now_s)
        idle = [node for node in self._nodes.values() if node.pending is None]
        free = self._config.requests_in_flight_max - (len(self._nodes) - len(idle))
        going = max((node.stage for node in self._nodes.values() if not node.is_down), default=0)
        wanted = []
        for node in idle:
            if self._direction is Direction.UP:
                verb = self._next_verb_up(node, now_s)
            else:
                verb = self._next_verb_down(node, going)
            if verb is not None:
                wanted.append((verb is Verb.GET_STATE, node.question_due_s, verb, node))
        wanted.sort(key=lambda entry: entry[:2])
        return [self._ask(node, verb, now_s) for *_, verb, node in wanted[: max(0, free)]]

    def on_state(self, request: Request, state: NodeState, now_s: float) -> None:
        """The node's state as it told, or ABSENT when there was nobody to ask."""
        node = self._answered(request)
        if node is not None:
            self._enter(node, state, now_s)

    def on_transition(self, request: Request, answer: Answer, now_s: float) -> None:
        """How a transition ended, as the node told."""
        node = self._answered(request)
        if node is None:
            return
        if answer is Answer.DONE:
            self._enter(node, AFTER[request.verb], now_s)
        else:
            self._fail(node, f"{request.verb.value} failed", now_s)
            # Where a failed transition leaves a node is for the node to say.
            node.question_due_s = now_s
            node.state = NodeState.CHANGING

    def on_reason(self, name: str, reason: str) -> None:
        """The node told why its last transition failed; other nodes' reasons are ignored."""
        node = self._nodes.get(name)
        if node is not None and node.state is not NodeState.ACTIVE:
            node.reason = reason

    def go_down(self, now_s: float) -> None:
        """Take the nodes down from now on, in reverse order. A second call changes nothing."""
        if self._direction is Direction.DOWN:
            return
        self._direction = Direction.DOWN
        self._down_deadline_s = now_s + self._config.down_timeout_s
        for node in self._nodes.values():
            node.is_down = node.pending is None and _is_at_rest(node.state)

    def is_down(self, now_s: float) -> bool:
        """Whether everything is down, or down for as far as there was time."""
        if self._direction is Direction.UP:
            return False
        return now_s >= self._down_deadline_s or all(node.is_down for node in self._nodes.values())

    def report(self) -> Report:
        """How far the nodes are."""
        problems = {
            node.name: f"{node.state.value}: {node.reason}" if node.reason else node.state.value
            for node in self._nodes.values()
            if node.state is not NodeState.ACTIVE
        }
        managed = len(self._nodes)
        return Report(managed - len(problems), managed, problems, self._restarts)

    def _next_verb_up(self, node: _Node, now_s: float) -> Verb | None:
        verb = NEXT_UP.get(node.state)
        if verb is not None and node.stage <= self._open_stage and now_s >= node.retry_due_s:
            return verb
        return Verb.GET_STATE if now_s >= node.question_due_s else None

    def _next_verb_down(self, node: _Node, going: int) -> Verb | None:
        """The nodes that go down now are those of the highest stage that is not down."""
        if node.is_down or node.stage != going:
            return None
        return NEXT_DOWN.get(node.state, Verb.GET_STATE)

    def _open_stages(self, now_s: float) -> None:
        while self._open_stage < self._stages - 1:
            is_settled = all(
                node.state is NodeState.ACTIVE or node.failures
                for node in self._nodes.values()
                if node.stage == self._open_stage
            )
            waited_s = now_s - self._open_stage_since_s
            if not is_settled and waited_s < self._config.stage_timeout_s:
                return
            self._open_stage += 1
            self._open_stage_since_s = now_s

    def _ask(self, node: _Node, verb: Verb, now_s: float) -> Request:
        self._number += 1
        node.was_activated |= verb is Verb.ACTIVATE
        node.pending = Request(node.name, verb, self._number)
        node.deadline_s = now_s + self._config.answer_timeout_s
        return node.pending

    def _answered(self, request: Request) -> _Node | None:
        node = self._nodes[request.node]
        if node.pending != request:
            return None
        node.pending = None
        return node

    def _expire(self, now_s: float) -> None:
        for node in self._nodes.values():
            if node.pending is None or now_s < node.deadline_s:
                continue
            verb = node.pending.verb
            node.pending = None
            if verb is not Verb.GET_STATE:
                # It may take long, or the answer was lost; the node's state will tell which.
                node.unanswered = verb
                node.unanswered_until_s = now_s + self._config.transition_timeout_s
            if node.unanswered is not None and now_s < node.unanswered_until_s:
                self._enter(node, NodeState.CHANGING, now_s)
            else:
                self._enter(node, NodeState.SILENT, now_s)

    def _enter(self, node: _Node, state: NodeState, now_s: float) -> None:
        if node.unanswered is not None and state is not NodeState.CHANGING:
            if state is not AFTER[node.unanswered]:
                self._fail(node, f"{node.unanswered.value} was not answered", now_s)
            node.unanswered = None
        if state is not node.state:
            node.changed_s = now_s
        node.state = state
        if self._direction is Direction.DOWN:
            node.is_down = _is_at_rest(state)
        elif state is NodeState.ACTIVE:
            if not node.was_activated:
                # The fleet was up before, and this supervisor began anew: it need not go by stages.
                self._open_stage = self._stages - 1
            node.was_active = True
            node.failures, node.retry_due_s, node.reason = 0, 0.0, ""
        elif node.was_active and state in NEXT_UP:
            node.was_active = False
            self._restarts += 1
        node.question_due_s = now_s + self._period_s(node, now_s)

    def _fail(self, node: _Node, reason: str, now_s: float) -> None:
        node.failures += 1
        node.reason = node.reason if node.reason.startswith(reason) else reason
        node.is_down = self._direction is Direction.DOWN
        doubled_s = self._config.retry_s_min * 2 ** min(node.failures - 1, 30)
        node.retry_due_s = now_s + min(doubled_s, self._config.retry_s_max)

    def _period_s(self, node: _Node, now_s: float) -> float:
        """Seldom when nothing is expected to happen: it is active, or has long been as it is."""
        is_fresh = now_s - node.changed_s < self._config.stage_timeout_s
        if is_fresh and node.state is not NodeState.ACTIVE:
            return self._config.start_period_s
        return max(self._config.watch_period_s, WATCH_S_PER_NODE * len(self._nodes))


def _is_at_rest(state: NodeState) -> bool:
    return state not in NEXT_DOWN and state is not NodeState.CHANGING
