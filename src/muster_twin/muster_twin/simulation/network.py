"""A network that loses, delays, reorders and doubles messages, and cuts processes off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from muster_twin.simulation.history import History, Source
from muster_twin.simulation.timeline import Timeline

Receive = Callable[[Any], None]

DELAY_S_MIN, DELAY_S_MAX = 0.001, 0.02
"""How long a message takes on a good day, s."""


@dataclass(slots=True)
class Weather:
    """How bad the network is. All zero: every message arrives once, soon, in order of its delay.

    :param loss: share of messages that never arrive, 0 to 1.
    :param doubling: share of messages that arrive twice, the second time later.
    :param lateness: share of messages that take up to ``late_s_max``.
    :param late_s_max: s.
    """

    loss: float = 0.0
    doubling: float = 0.0
    lateness: float = 0.0
    late_s_max: float = 0.0


class Network:
    """Takes messages from one process to another.

    ``mute`` are processes that nobody hears, ``deaf`` those that hear nobody; a message on its way
    to a process that has become deaf meanwhile is lost, too.
    """

    def __init__(self, timeline: Timeline, chance: Random, history: History) -> None:
        self._timeline = timeline
        self._chance = chance
        self._history = history
        self._receivers: dict[str, Receive] = {}
        self.weather = Weather()
        self.mute: set[str] = set()
        self.deaf: set[str] = set()
        self.lost = 0

    def attach(self, name: str, receive: Receive) -> None:
        """Have ``name``'s messages delivered to ``receive``."""
        self._receivers[name] = receive

    def send(self, source: str, target: str, message: Any) -> None:
        """Send a message. Nobody learns whether it arrives."""
        weather, chance = self.weather, self._chance
        if source in self.mute or (weather.loss and chance.random() < weather.loss):
            self._lose(source, target, message)
            return
        self._deliver_later(source, target, message)
        if weather.doubling and chance.random() < weather.doubling:
            self._deliver_later(source, target, message)

    def _deliver_later(self, source: str, target: str, message: Any) -> None:
        weather, chance = self.weather, self._chance
        delay_s = chance.uniform(DELAY_S_MIN, DELAY_S_MAX)
        if weather.lateness and chance.random() < weather.lateness:
            delay_s = chance.uniform(DELAY_S_MAX, weather.late_s_max)

        def deliver() -> None:
            if target in self.deaf:
                self._lose(source, target, message)
            else:
                self._receivers[target](message)

        self._timeline.after(delay_s, deliver)

    def _lose(self, source: str, target: str, message: Any) -> None:
        self.lost += 1
        words = ("{} to {}: lost {}", source, target, message)
        self._history.note(Source.MESSAGE, (source, target), *words)
