"""What a scheduler has while another leads: the log, and the state that follows from it.

It follows the leader's log as it grows, so that taking over needs only the last few events.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from muster_core.ids import RobotId
from muster_core.log import SqliteLog
from muster_core.scheduler.codec import replay
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.ledger import Ledger
from muster_core.site import Site
from muster_scheduler.storage import load


class Standby:
    """The log at ``path`` and the ledger folded from it."""

    def __init__(self, path: Path, config: SchedulerConfig, logs: Any) -> None:
        self._path = path
        self._config = config
        self._logs = logs
        self._ledger: Ledger | None = None

    def open(self, resources: ExitStack) -> None:
        """Open the log and fold it; ``resources`` closes it.

        :raises LogError: when the log is damaged or of another kind.
        """
        self.log = SqliteLog(self._path)
        resources.callback(self.log.close)
        self._ledger = load(self.log, self._config, self._logs)

    def follow(self) -> Collection[RobotId]:
        """Take in the next page of what the leader has written; the robots that it knows of.

        :raises LogError: when it cannot be read or does not follow.
        """
        ledger = self._current()
        self.log.catch_up()
        replay(self.log.read(ledger.seq + 1), ledger)
        return ledger.robots

    def take_over(self) -> Ledger:
        """The state after every event of the log, for the one who leads now.

        It is the leader's to change, and may then be ahead of the log; the next one is folded anew.

        :raises LogError: as ``open``.
        """
        ledger = self._current()
        self.log.catch_up()
        replay(self.log.entries(ledger.seq + 1), ledger)
        self._ledger = None
        return ledger

    def _current(self) -> Ledger:
        if self._ledger is None:
            self.log.catch_up()
            self._ledger = load(self.log, self._config, self._logs)
        return self._ledger

    def missing_place(self, site: Site) -> str:
        """Which place of an open order ``site`` does not have, in a sentence; empty when it has.

        Such an order waits until the site has the place, or somebody cancels it.
        """
        ledger = self._ledger
        for place, order_id in ledger.places().items() if ledger is not None else ():
            if not site.has_place(place):
                return (
                    f"site {site.name!r} has no place {place!r}, which the open order "
                    f"{order_id!r} needs; was the scheduler started with another site?"
                )
        return ""
