"""What traffic knows of one robot."""

from __future__ import annotations

from dataclasses import dataclass, field

from muster_core.ids import RobotId
from muster_core.traffic.inputs import Motion

NOT_URGENT_NS = 1 << 63
NO_HURRY_NS = NOT_URGENT_NS - 1


Urgency = tuple[int, RobotId]
"""Who goes first, the lesser one: since when it has had its goal (steady, ns), and its name."""


@dataclass(slots=True, kw_only=True)
class Track:
    """One robot's right of way.

    :param window: the vertices that it holds, in the order of its way; never empty.
    :param first: the number of ``window[0]`` on its way.
    :param at: the number of the vertex reached last.
    :param is_claim_open: whether its agent has begun anew and cannot be believed yet; then
        ``window`` and its numbers are those of the agent before.
    :param shown: the number of the last vertex that its newest report shows as released.
    :param surroundings: vertices held for its sake because nobody knows quite where it is.
    :param want: the vertex after the last one held, that it waits for.
    :param is_goal_taken: whether it cannot get to its goal before another has left that, so that
        until then it is in no hurry.
    :param is_held_back: whether others are to get there first, so that it keeps its distance.
    :param refuge: where it waits meanwhile, out of everybody's way.
    :param called_ns: since when somebody wants to get to the dead end that the robot stands in.
    :param is_patient: whether it has not stood for too long since it has its goal.
    :param is_pushed: whether it wants that for another's sake.
    :param inherited: the urgency of the one that it makes way for.
    """

    robot_id: RobotId
    session: int
    number: int
    window: list[int]
    first: int
    at: int
    heard_ns: int
    moved_ns: int
    shown: int = 0
    goal: int | None = None
    goal_since_ns: int = NOT_URGENT_NS
    motion: Motion = Motion.MOVABLE
    is_current: bool = False
    is_claim_open: bool = False
    is_silent: bool = False
    astray: str = ""
    surroundings: frozenset[int] = frozenset()
    want: int | None = None
    is_pushed: bool = False
    inherited: Urgency | None = None
    is_goal_taken: bool = False
    is_held_back: bool = False
    refuge: int | None = None
    called_ns: int = NOT_URGENT_NS
    is_blocked: bool = False
    blocked_ns: int | None = None
    blockers: tuple[RobotId, ...] = ()
    is_patient: bool = True
    is_halted: bool = False
    shows_halted: bool = False
    sent_ns: int = 0
    troubles: dict[str, str] = field(default_factory=dict)

    @property
    def head(self) -> int:
        """The last vertex that it may drive to."""
        return self.window[-1]

    @property
    def destination(self) -> int | None:
        """Where it drives to: its goal, or where it waits until that is free."""
        return self.goal if self.refuge is None else self.refuge

    @property
    def head_number(self) -> int:
        """The number of :attr:`head` on its way."""
        return self.first + len(self.window) - 1

    @property
    def is_at_rest(self) -> bool:
        """Whether it stands at the end of what was released to it, as far as is known."""
        return self.at == self.head_number

    @property
    def is_drivable(self) -> bool:
        """Whether it will drive what it is given."""
        return (
            self.is_current
            and not self.is_silent
            and not self.astray
            and not self.is_halted
            and self.motion is Motion.MOVABLE
        )

    @property
    def own_urgency(self) -> Urgency:
        """By its own goal."""
        since_ns = NO_HURRY_NS if self.is_goal_taken else self.goal_since_ns
        return min(since_ns, self.called_ns), self.robot_id

    @property
    def urgency(self) -> Urgency:
        """By its own goal, or that of the one it makes way for."""
        own = self.own_urgency
        return own if self.inherited is None else min(own, self.inherited)

    def has_passed(self, vertex: int) -> bool:
        """Whether ``vertex`` is behind it on its way: it will leave it by driving on."""
        return vertex != self.head and vertex in self.window
