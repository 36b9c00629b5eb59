"""Traffic's core: who may drive where, so that robots neither collide nor lock each other in.

A library in the manner of the scheduler's core: no clock and no I/O. ``step`` takes in one input,
``ready`` hands out what came of all of them. The same inputs at the same instants always give the
same outputs.

**Why nobody collides (I8), with no log and no common clock.** A robot drives only to vertices that
were released to it, and goes on holding each of them until it reports that it has left it. Traffic
releases a vertex only if nobody holds it, and takes a robot to hold everything that it was given
until the robot itself says otherwise; so what traffic believes to be held is never less than what
robots may drive to, however long messages take, and whichever of them are lost, repeated or
overtaken. What is held need not be written down, for each robot knows it of itself. A new traffic
(with a greater epoch) therefore begins by calling the roll. An agent that has answered obeys no
release of an older epoch, so what it reported is all that it may drive to. Until all known robots
have answered, or ``hearing_s_max`` has passed, nothing is released. Only a robot that is still
unheard by then needs somebody's memory: what ``RobotKnown`` says of it is held (``book`` is what a
shell may keep for that), and where nobody remembers anything, people are told that nobody knows
where it stands. A person can have a robot that will not be heard again removed.

Who is stopped, silent or astray keeps what it holds, and others go round. When traffic is away,
robots come to the end of what was released to them and stand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from muster_core.clock import NS_PER_S, Instant
from muster_core.ids import RobotId
from muster_core.traffic import inputs as inp
from muster_core.traffic.config import TrafficConfig
from muster_core.traffic.distances import FAR
from muster_core.traffic.effects import (
    CallRoll,
    Effect,
    Release,
    TellTrouble,
    TrafficReady,
    TroubleKind,
)
from muster_core.traffic.graph import MS_PER_S
from muster_core.traffic.hearing import Hearing
from muster_core.traffic.holdings import Holdings
from muster_core.traffic.inputs import Motion
from muster_core.traffic.locksmith import Locksmith
from muster_core.traffic.map import TrafficMap
from muster_core.traffic.right_of_way import RightOfWay
from muster_core.traffic.track import Track
from muster_core.traffic.ways import Ways


class TrafficCore:
    """Everything that traffic decides by itself.

    :param epoch: of this start; greater than that of any traffic that these agents have seen.
    """

    def __init__(
        self, config: TrafficConfig, map_: TrafficMap, *, epoch: int, now: Instant
    ) -> None:
        self.config = config
        self.epoch = epoch
        self.tracks: dict[RobotId, Track] = {}
        self._started_ns = now.steady_ns
        self._round_due_ns = now.steady_ns
        self._roll_due_ns = now.steady_ns
        self._repeat_due_ns = now.steady_ns
        self._number = 0
        self._is_open = False
        self._expected: dict[RobotId, tuple[str, ...]] = {}
        self._effects: list[Effect] = []
        self._use(map_)
        self._handlers: dict[type, Callable[[Any, Instant], None]] = {
            inp.RobotReported: self._on_robot_reported,
            inp.RobotKnown: self._on_robot_known,
            inp.RobotRemoved: self._on_robot_removed,
            inp.MapChanged: self._on_map_changed,
        }

    def _use(self, map_: TrafficMap) -> None:
        config = self.config
        self.map = map_
        self.holdings = Holdings(map_)
        self._ways = Ways(map_, bytes_max=config.distance_bytes_max)
        self.right_of_way = RightOfWay(
            map_,
            self.tracks,
            self.holdings,
            ways=self._ways,
            stretch_vertices_max=config.stretch_vertices_max,
            stretch_cost_max=int(config.stretch_s * MS_PER_S),
        )
        self._locksmith = Locksmith(config, self.right_of_way, map_, tracks=self.tracks)
        self._hearing = Hearing(config, map_, self.holdings, tracks=self.tracks)

    @property
    def is_open(self) -> bool:
        """Whether traffic releases anything yet."""
        return self._is_open

    def book(self) -> dict[RobotId, tuple[str, ...]]:
        """What each robot is taken to hold; see :class:`RobotKnown`."""
        names = self.map.names
        known = {
            robot_id: tuple(names[vertex] for vertex in track.window)
            for robot_id, track in self.tracks.items()
        }
        return {**self._expected, **known}

    @property
    def reports_dropped(self) -> int:
        """Reports that were older than what is known already."""
        return self._hearing.stale

    @property
    def manoeuvres_started(self) -> int:
        """How often robots had to be led out of a lock."""
        return self._locksmith.started

    def step(self, event: inp.Input, now: Instant) -> None:
        """Take in one input. What follows from it comes out of ``ready``."""
        self._handlers[type(event)](event, now)

    def ready(self, now: Instant) -> TrafficReady:
        """What is to be sent by now. Call it at least every ``repeat_s``."""
        if now.steady_ns >= self._roll_due_ns:
            self._call_roll(now)
        if self._is_open and now.steady_ns >= self._round_due_ns:
            self._round_due_ns = now.steady_ns + _ns(self.config.round_s)
            self._decide_anew(now)
        self._send_releases(now)
        effects, self._effects = tuple(self._effects), []
        return TrafficReady(effects)

    # Inputs

    def _on_robot_known(self, event: inp.RobotKnown, now: Instant) -> None:
        track = self.tracks.get(event.robot_id)
        if not self._is_open and (track is None or not track.is_current):
            self._expected[event.robot_id] = event.held

    def _on_robot_reported(self, event: inp.RobotReported, now: Instant) -> None:
        report = event.report
        if report.robot_id not in self.tracks and len(self.tracks) >= self.config.robots_max:
            self._refuse(report, f"robots_max is {self.config.robots_max}; allow more")
            return
        before = self.tracks.get(report.robot_id)
        stood = None if before is None else (before.session, before.head)
        heard = self._hearing.take(report, epoch=self.epoch, now_ns=now.steady_ns)
        if heard.refusal:
            self._refuse(report, heard.refusal)
        track = self.tracks.get(report.robot_id)
        if track is None or not heard.is_news:
            return
        if stood not in (None, (track.session, track.head)):
            # It goes on from elsewhere than what it waits for leads on from.
            self._locksmith.lose(track)
            self.right_of_way.give_up(track)
        if track.is_current:
            self._expected.pop(report.robot_id, None)
        self._locksmith.left(track, heard.left)
        if heard.is_astray_changed:
            self._halt_near_astray()
            self._tell(
                track, TroubleKind.ASTRAY, f"{track.astray}; it is stopped" if track.astray else ""
            )
        self._tell(track, TroubleKind.SILENT, "")
        if self._is_open:
            if heard.is_goal_new:
                self.right_of_way.lines.join(track, now.steady_ns)
            self.right_of_way.freed(heard.freed)
            self._locksmith.advance(now.steady_ns)
            self.right_of_way.advance_one(track)

    def _refuse(self, report: inp.TrafficReport, reason: str) -> None:
        sentence = f"the report of {report.robot_id} cannot be used: {reason}"
        self._effects.append(TellTrouble(TroubleKind.REFUSED, report.robot_id, sentence))

    def _on_robot_removed(self, event: inp.RobotRemoved, now: Instant) -> None:
        self._expected.pop(event.robot_id, None)
        track = self.tracks.get(event.robot_id)
        if track is None:
            return
        self._locksmith.lose(track)
        self.right_of_way.give_up(track)
        freed = self.holdings.leave(track.robot_id, (*track.window, *track.surroundings))
        for kind in TroubleKind:
            self._tell(track, kind, "")
        del self.tracks[event.robot_id]
        self.right_of_way.changed.discard(event.robot_id)
        self._halt_near_astray()
        if self._is_open:
            self.right_of_way.freed(freed)

    def _on_map_changed(self, event: inp.MapChanged, now: Instant) -> None:
        """Carry over what robots hold; a robot on a vertex that is gone is astray."""
        old = self.map
        self._locksmith.give_up_all()
        for track in self.tracks.values():
            self.right_of_way.give_up(track)
        self._use(event.map)
        for track in list(self.tracks.values()):
            self._hearing.carry_over(track, old)
            if track.robot_id in self.tracks:
                sentence = f"{track.astray}; it is stopped" if track.astray else ""
                self._tell(track, TroubleKind.ASTRAY, sentence)
        self._halt_near_astray()
        self._round_due_ns = now.steady_ns

    # Time

    def _call_roll(self, now: Instant) -> None:
        self._roll_due_ns = now.steady_ns + _ns(self.config.repeat_s)
        if not self._is_open:
            waited_ns = now.steady_ns - self._started_ns
            is_over = waited_ns >= _ns(self.config.hearing_s_max)
            if is_over:
                self._begin_without_unheard(now)
            is_complete = waited_ns >= _ns(self.config.hearing_s_min) and not self._expected
            is_complete &= all(track.is_current for track in self.tracks.values())
            self._is_open = is_over or is_complete
        if not self._is_open or not all(track.is_current for track in self.tracks.values()):
            self._effects.append(CallRoll(self.epoch))

    def _begin_without_unheard(self, now: Instant) -> None:
        """Hold what is remembered of robots that have not answered, and tell of them."""
        for robot_id, held in sorted(self._expected.items()):
            self._hearing.remember(robot_id, held, now.steady_ns)
            where = f"{', '.join(held)} stays held for it" if held else "nothing is held for it"
            sentence = (
                f"robot {robot_id} has not said where it is for {self.config.hearing_s_max:g} s "
                f"since traffic started; {where}: see that nobody drives into it, or remove it"
            )
            self._effects.append(TellTrouble(TroubleKind.UNHEARD, robot_id, sentence))
        self._expected.clear()

    def _decide_anew(self, now: Instant) -> None:
        for track in self.tracks.values():
            self._watch(track, now)
        self._ways.avoid(*self._obstacles(now))
        self._locksmith.watch(now.steady_ns)
        self.right_of_way.decide_anew(now.steady_ns)
        self._locksmith.work(now.steady_ns)
        locked = self._locksmith.locked
        for track in self.tracks.values():
            # Who drives is neither locked in nor without a way.
            if track.is_blocked or track.troubles:
                self._tell(track, TroubleKind.LOCKED, locked.get(track.robot_id, ""))
                self._tell_if_unreachable(track)

    def _watch(self, track: Track, now: Instant) -> None:
        silent_s = (now.steady_ns - track.heard_ns) / NS_PER_S
        if silent_s > self.config.silence_s_max and not track.is_silent:
            track.is_silent = True
            self._locksmith.lose(track)
            names = ", ".join(self.map.names[vertex] for vertex in dict.fromkeys(track.window))
            self._tell(
                track,
                TroubleKind.SILENT,
                f"robot {track.robot_id} is silent; {names} stays held until it is heard, "
                f"or removed by a person",
            )
        if not track.is_blocked:
            track.blocked_ns = None
        elif track.blocked_ns is None:
            track.blocked_ns = now.steady_ns
        elif now.steady_ns - track.blocked_ns > _ns(self.config.patience_s):
            track.is_patient = False

    def _obstacles(self, now: Instant) -> tuple[frozenset[int], frozenset[int]]:
        """Vertices whose holders stand for nobody knows how long, and those that will move on."""
        hard: set[int] = set()
        soft: set[int] = set()
        moving: set[int] = set()
        for track in self.tracks.values():
            held = {*track.window, *track.surroundings}
            if track.is_drivable:
                moving |= held
            elif track.motion is Motion.BUSY and not (track.is_silent or track.astray):
                if now.steady_ns - track.moved_ns > _ns(self.config.patience_s):
                    soft |= held
            elif not track.is_halted or track.astray:
                hard |= held
        return frozenset(hard - moving), frozenset(soft - moving)

    def _tell_if_unreachable(self, track: Track) -> None:
        goal = track.goal
        sentence = ""
        if goal is None or not track.is_drivable or track.head == goal:
            pass
        elif self._ways.to(goal, track.head)[track.head] >= FAR:
            here = self.map.names[track.head]
            sentence = (
                f"robot {track.robot_id} cannot get from {here} to {self.map.names[goal]} as "
                f"things are; free the way or send it elsewhere"
            )
        self._tell(track, TroubleKind.UNREACHABLE, sentence)

    def _halt_near_astray(self) -> None:
        """Stop robots that may drive to where a robot is that nobody knows the place of."""
        unsafe: dict[int, set[RobotId]] = {}
        for track in self.tracks.values():
            for vertex in track.surroundings:
                unsafe.setdefault(vertex, set()).add(track.robot_id)
        for track in self.tracks.values():
            ahead = track.window[track.at - track.first + 1 :]
            is_halted = bool(track.astray) or any(
                unsafe.get(vertex, set()) - {track.robot_id} for vertex in ahead
            )
            if is_halted != track.is_halted:
                track.is_halted = is_halted
                self.right_of_way.changed.add(track.robot_id)
                if is_halted:
                    self._locksmith.lose(track)

    # Effects

    def _send_releases(self, now: Instant) -> None:
        due = self.right_of_way.changed
        if now.steady_ns >= self._repeat_due_ns:
            self._repeat_due_ns = now.steady_ns + _ns(self.config.repeat_s / 2)
            due |= {track.robot_id for track in self.tracks.values() if self._is_late(track, now)}
        for robot_id in sorted(due):
            track = self.tracks[robot_id]
            self._effects.append(self._release(track))
            track.sent_ns = now.steady_ns
        due.clear()

    def _is_late(self, track: Track, now: Instant) -> bool:
        """Whether the robot does not show what was sent to it some time ago."""
        is_shown = track.shown == track.head_number and track.shows_halted == track.is_halted
        is_due = now.steady_ns - track.sent_ns >= _ns(self.config.repeat_s)
        return is_due and not is_shown and not track.is_silent

    def _release(self, track: Track) -> Release:
        self._number += 1
        return Release(
            robot_id=track.robot_id,
            session=track.session,
            epoch=self.epoch,
            number=self._number,
            first=track.first,
            vertices=tuple(self.map.names[vertex] for vertex in track.window),
            is_halted=track.is_halted,
        )

    def _tell(self, track: Track, kind: TroubleKind, sentence: str) -> None:
        """Tell a trouble when it begins and when it is over; an empty sentence is no trouble."""
        if bool(sentence) == (kind.value in track.troubles):
            return
        if sentence:
            track.troubles[kind.value] = sentence
        else:
            del track.troubles[kind.value]
        is_over = not sentence
        self._effects.append(TellTrouble(kind, track.robot_id, sentence, is_over))


def _ns(duration_s: float) -> int:
    return int(duration_s * NS_PER_S)
