"""A network that loses, delays, reorders and doubles messages, and cuts processes off."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from muster_twin.simulation.history import History, Source
from muster_twin.simulation.timeline import Timeline

Receive = Callable[[Any], None]

DELAY_S_MIN, DELAY_S_MAX = 0.001, 0.02
"""How long a message takes on a good day, s."""

KEPT_MAX = 256
"""Messages kept for a process that is cut off, as reliable writers do; beyond it the oldest go."""


@dataclass(slots=True)
class Weather:
    """How bad the network is. All zero: every message arrives once, and soon.

    :param loss: share of messages that never arrive, 0 to 1.
    :param doubling: share of messages that are sent twice; each copy may be lost.
    :param second_s_max: how long the second copy takes at most, s.
    :param lateness: share of messages that take up to ``late_s_max``.
    :param late_s_max: s.
    """

    loss: float = 0.0
    doubling: float = 0.0
    second_s_max: float = 0.0
    lateness: float = 0.0
    late_s_max: float = 0.0


@dataclass(slots=True)
class Cut:
    """A process that is cut off.

    :param is_mute: nobody hears it.
    :param is_deaf: it hears nobody.
    :param keeps: whether what was sent meanwhile arrives when the cut is healed; else it is lost.
    """

    is_mute: bool
    is_deaf: bool
    keeps: bool
    kept: deque[tuple[str, str, Any]] = field(default_factory=lambda: deque(maxlen=KEPT_MAX))


class Network:
    """Takes messages from one process to another."""

    def __init__(self, timeline: Timeline, chance: Random, history: History) -> None:
        self._timeline = timeline
        self._chance = chance
        self._history = history
        self._receivers: dict[str, Receive] = {}
        self._cuts: dict[str, Cut] = {}
        self.weather = Weather()
        self.lost = 0

    def attach(self, name: str, receive: Receive) -> None:
        """Have ``name``'s messages delivered to ``receive``."""
        self._receivers[name] = receive

    def cut(self, name: str, cut: Cut) -> None:
        """Cut a process off, unless it is."""
        self._cuts.setdefault(name, cut)

    def heal(self, name: str, cut: Cut | None = None) -> None:
        """Connect a process again; with ``cut``, only if that is the cut that it has."""
        present = self._cuts.get(name)
        if present is None or (cut is not None and cut is not present):
            return
        del self._cuts[name]
        for source, target, message in present.kept:
            self._send_copy(source, target, message, 0.0)

    def send(self, source: str, target: str, message: Any) -> None:
        """Send a message. Nobody learns whether it arrives."""
        weather, chance = self.weather, self._chance
        cut = self._cuts.get(source)
        if cut is not None and cut.is_mute:
            self._hold_back(cut, source, target, message)
            return
        is_late = bool(weather.lateness) and chance.random() < weather.lateness
        self._send_copy(source, target, message, weather.late_s_max if is_late else 0.0)
        if weather.doubling and chance.random() < weather.doubling:
            self._send_copy(source, target, message, weather.second_s_max)

    def _send_copy(self, source: str, target: str, message: Any, late_s_max: float) -> None:
        weather, chance = self.weather, self._chance
        if weather.loss and chance.random() < weather.loss:
            self._lose(source, target, message)
            return
        delay_s = chance.uniform(DELAY_S_MIN, max(DELAY_S_MAX, late_s_max))

        def deliver() -> None:
            cut = self._cuts.get(target)
            if cut is not None and cut.is_deaf:
                self._hold_back(cut, source, target, message)
            else:
                self._receivers[target](message)

        self._timeline.after(delay_s, deliver)

    def _hold_back(self, cut: Cut, source: str, target: str, message: Any) -> None:
        if cut.keeps:
            cut.kept.append((source, target, message))
        else:
            self._lose(source, target, message)

    def _lose(self, source: str, target: str, message: Any) -> None:
        self.lost += 1
        words = ("{} to {}: lost {}", source, target, message)
        self._history.note(Source.MESSAGE, (source, target), *words)
