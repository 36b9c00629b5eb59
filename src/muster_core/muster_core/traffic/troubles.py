"""What is the matter with whom, as traffic has told it and people should see it."""

from __future__ import annotations

from collections.abc import Sequence

from muster_core.ids import RobotId
from muster_core.traffic.effects import TellTrouble, TroubleKind

TROUBLES_MAX = 1000
"""Troubles that are kept; the oldest is forgotten beyond it, and told again when it comes back."""


class Troubles:
    """The troubles that are not over. One thread changes them, and any may read."""

    def __init__(self) -> None:
        self._sentences: dict[tuple[RobotId, TroubleKind], str] = {}

    def __len__(self) -> int:
        return len(self._sentences)

    def take(self, told: TellTrouble) -> bool:
        """Take in what traffic tells; whether it is news, and worth a line in the log."""
        key = (told.robot_id, told.kind)
        if told.is_over:
            return self._sentences.pop(key, None) is not None
        is_news = self._sentences.pop(key, None) != told.sentence
        self._sentences[key] = told.sentence
        if len(self._sentences) > TROUBLES_MAX:
            del self._sentences[next(iter(self._sentences))]
        return is_news

    def hear(self, robot_id: RobotId) -> None:
        """The robot was heard, and what it said could be used."""
        for kind in (TroubleKind.UNHEARD, TroubleKind.REFUSED):
            self._sentences.pop((robot_id, kind), None)

    def remove(self, robot_id: RobotId) -> None:
        """The robot is off the site."""
        for kind in TroubleKind:
            self._sentences.pop((robot_id, kind), None)

    def of(self, robot_id: RobotId) -> tuple[str, ...]:
        """What is the matter with one robot, gravest kinds first."""
        found = (self._sentences.get((robot_id, kind)) for kind in TroubleKind)
        return tuple(sentence for sentence in found if sentence)

    def robots(self) -> Sequence[RobotId]:
        """The robots that something is the matter with, by name."""
        return sorted({robot_id for robot_id, _ in list(self._sentences)})

    def newest(self) -> str:
        """The sentence told last; empty when all is well."""
        return next(reversed(list(self._sentences.values())), "")
