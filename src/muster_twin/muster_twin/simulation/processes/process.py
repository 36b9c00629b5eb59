"""A simulated process: an inbox, turns, and crashes between any two things that it does."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from random import Random
from typing import Any

from muster_core.clock import NS_PER_S, Instant
from muster_core.errors import MusterError
from muster_core.ids import RobotId
from muster_twin.simulation.clock import Clock
from muster_twin.simulation.disk import CrashedError, Pause
from muster_twin.simulation.history import History, Source
from muster_twin.simulation.messages import Response
from muster_twin.simulation.network import Network
from muster_twin.simulation.timeline import Timeline
from muster_twin.simulation.witness import Violation, Witness


class Machinery:
    """What all simulated processes share.

    :param schedulers: the names of all schedulers, leading or not.
    :param robots: the names of all agents, which are their robots'.
    :param traffics: the names of all traffics, deciding or not; none where robots find their own
        way.
    """

    def __init__(
        self,
        timeline: Timeline,
        chance: Random,
        history: History,
        *,
        witness: Witness,
        schedulers: tuple[str, ...],
        robots: tuple[RobotId, ...],
        traffics: tuple[str, ...],
    ) -> None:
        self.timeline = timeline
        self.chance = chance
        self.history = history
        self.witness = witness
        self.schedulers = schedulers
        self.robots = robots
        self.traffics = traffics
        # Those that are up: who publishes something reaches the subscribers that are there.
        self.traffics_up: list[str] = []
        self.network = Network(timeline, chance, history)
        # Is told of each process that has ended.
        self.on_down: Callable[[Process], None] = lambda _: None


class Process:
    """One process. What it knows is gone with a crash; its disk and its clock are not.

    Sub-classes give ``open`` (build everything anew) and ``handle`` (one turn of the loop).

    :param tick_s: how long it waits at most for its next turn, by the true time.
    """

    inbox_max = 1000
    # How long a message waits for its turn at most on a good day, s.
    turn_delay_s_max = 0.01
    # Where a crash is worth something, and how much.
    pauses: tuple[Pause, ...] = (Pause.SEND,)

    def __init__(self, name: str, machinery: Machinery, clock: Clock, *, tick_s: float) -> None:
        self.name = name
        self.clock = clock
        self.is_up = False
        # Switched off: nobody starts it.
        self.is_off = False
        self.starts = 0
        self.turns = 0
        self.overflows = 0
        self.is_in_turn = False
        self.stalled_until_ns = 0
        self._machinery = machinery
        self._timeline = machinery.timeline
        self._tick_s = tick_s
        self._inbox: list[Any] = []
        self._turn_ns = 0
        self._doom: int | None = None
        self._doomed_at: Pause | None = None
        machinery.network.attach(name, self.receive)

    # What sub-classes do

    def open(self) -> None:
        """Build everything from what is on disk."""

    def handle(self, batch: list[Any]) -> None:
        """Take in what waited, which may be nothing, and do what comes of it."""
        raise NotImplementedError

    def ends_by(self, error: MusterError) -> bool:
        """Whether the process may end by itself because of ``error``."""
        return False

    def close(self) -> None:
        """The process is gone; for what is beyond it."""

    # What befalls it

    def start(self) -> None:
        """Start it, unless it runs or is switched off."""
        if self.is_up or self.is_off:
            return
        self.is_up = True
        self.starts += 1
        self.turns = 0
        self._inbox.clear()
        self._doom = None
        self.stalled_until_ns = 0
        self._note("{} starts")
        if self._survives(self.open):
            self._machinery.witness.tell("opened", self)
            self._plan_turn(self._timeline.now_ns + int(self._tick_s * NS_PER_S))

    def crash(self, why: str = "is killed") -> None:
        """End it at once. Nothing of it is left but its disk."""
        if not self.is_up:
            return
        self._machinery.witness.tell("crashed", self)
        self.is_up = False
        self._note("{} {}", why)
        self.close()
        self._machinery.on_down(self)

    def switch_off(self) -> None:
        """End it, and have nobody start it before it is switched on."""
        self.is_off = True
        self.crash("is switched off")

    def switch_on(self) -> None:
        """Have it start again."""
        self.is_off = False
        self.start()

    def doom(self, pauses: int, kind: Pause | None = None) -> None:
        """Have it crash after it has done so many more things: between any two effects.

        :param kind: what is counted; None = everything.
        """
        self._doom, self._doomed_at = pauses, kind

    def stall(self, duration_s: float) -> None:
        """Have it take no turn for a while, as when it is stopped or its machine swaps."""
        self.stalled_until_ns = self._timeline.now_ns + int(duration_s * NS_PER_S)
        self._note("{} stalls for {:.1f} s", duration_s)
        self._plan_turn(self.stalled_until_ns)

    def relieve(self) -> None:
        """Let it go on undisturbed: it neither stalls nor is it doomed any more."""
        self._doom = None
        if self.stalled_until_ns > self._timeline.now_ns:
            self.stalled_until_ns = 0
            self._plan_turn(self._timeline.now_ns)

    def receive(self, message: Any) -> None:
        """Take a message into the inbox; it is lost while the process is down."""
        if not self.is_up:
            return
        if isinstance(message, Response):
            if message.start != self.starts:
                return  # a process before this one has asked
            message = message.content
        if len(self._inbox) >= self.inbox_max:
            self.overflows += 1
            return
        self._inbox.append(message)
        if len(self._inbox) == 1:
            delay_s = self._machinery.chance.uniform(0, self.turn_delay_s_max)
            soon_ns = max(self._timeline.now_ns, self.stalled_until_ns) + int(delay_s * NS_PER_S)
            if soon_ns < self._turn_ns:
                self._plan_turn(soon_ns)

    def pause(self, kind: Pause) -> None:
        """Called between any two things that the process does: it may be killed here."""
        if self._doom is None or (self._doomed_at is not None and kind is not self._doomed_at):
            return
        if self._doom == 0:
            self._doomed_at = None  # whatever the dying process still tries, it does not do
            raise CrashedError
        self._doom -= 1

    def now(self) -> Instant:
        """This moment by the clocks of its machine."""
        return self.clock.now()

    def send(self, target: str, message: Any) -> None:
        """Send a message over the network."""
        self.pause(Pause.SEND)
        self._machinery.network.send(self.name, target, message)

    def _plan_turn(self, time_ns: int) -> None:
        self._turn_ns = time_ns
        start = self.starts
        self._timeline.at(time_ns, lambda: self._turn(start, time_ns))

    def _turn(self, start: int, planned_ns: int) -> None:
        if not self.is_up or start != self.starts or planned_ns != self._turn_ns:
            return  # another turn was planned instead
        if self._timeline.now_ns < self.stalled_until_ns:
            self._plan_turn(self.stalled_until_ns)
            return
        batch, self._inbox = self._inbox, []
        if self._survives(lambda: self.handle(batch)):
            self.turns += 1
            self._machinery.witness.tell("turn_ended", self)
            self._plan_turn(self._timeline.now_ns + int(self._tick_s * NS_PER_S))

    def _survives(self, act: Callable[[], None]) -> bool:
        self.is_in_turn = True
        try:
            act()
        except CrashedError:
            self.crash()
        except Exception as error:
            if not (isinstance(error, MusterError) and self.ends_by(error)):
                self._report_bug(error)
            self.crash(f"ends: {error}")
        self.is_in_turn = False
        return self.is_up

    def _report_bug(self, error: Exception) -> None:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.filename.rpartition('/')[2]}:{place.lineno} ({place.name})"
        what = f"{self.name} ended by {type(error).__name__} in {where}: {error}"
        claim = "no process ends by an error of its own"
        self._machinery.witness.report(Violation("I0", claim, what, (self.name,)))

    def _note(self, text: str, *values: object) -> None:
        self._machinery.history.note(Source.FAULT, (self.name,), text, self.name, *values)
