"""I7: Kafka gets the log in its order, each event once, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from muster_core.gateway.records import LoggedEvent
from muster_core.log import LogEntry
from muster_twin.simulation.witness import Invariant


class ExportedOnce(Invariant):
    """What Kafka stores is the next event of the log, byte for byte.

    :param log: what is durable of it.
    """

    name = "I7"
    claim = "Kafka gets the log in its order, each event once, and nothing else"

    def __init__(self, log: Sequence[LogEntry]) -> None:
        super().__init__()
        self._log = log
        self._stored = 0

    def kafka_grew(self, event: LoggedEvent) -> None:
        """See :class:`Invariant`."""
        self._stored += 1
        if event.seq != self._stored:
            self.fail(f"Kafka gets event {event.seq} where event {self._stored} belongs", "gateway")
        elif event.seq > len(self._log):
            self.fail(f"Kafka gets event {event.seq}, and the log has no such event", "gateway")
        elif event.data.encode() != self._log[event.seq - 1].body:
            self.fail(f"Kafka gets another event {event.seq} than the log has", "gateway")

    def ended(self) -> None:
        """See :class:`Invariant`."""
        if self._stored != len(self._log):
            what = f"Kafka has {self._stored} of {len(self._log)} events, long after all troubles"
            self.fail(what, "gateway")
