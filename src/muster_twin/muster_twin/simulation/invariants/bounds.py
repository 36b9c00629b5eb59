"""I9: what has a bound keeps it."""

from __future__ import annotations

from muster_twin.simulation.processes.agent import AgentProcess
from muster_twin.simulation.processes.gateway import GatewayProcess
from muster_twin.simulation.processes.process import Process
from muster_twin.simulation.processes.scheduler import SchedulerProcess
from muster_twin.simulation.witness import Invariant


class Bounded(Invariant):
    """The bounds that can be seen from outside, after each turn."""

    name = "I9"
    claim = "every queue keeps its bound"

    def turn_ended(self, process: Process) -> None:
        """See :class:`Invariant`."""
        if isinstance(process, SchedulerProcess) and process.engine is not None:
            core = process.engine.core
            # Probes of barred robots come on top of what intake bounds.
            open_max = core.config.orders_open_max + len(core.ledger.robots)
            self._check(process, "open orders", core.ledger.orders_open, open_max)
        elif isinstance(process, AgentProcess):
            state, config = process.core.state, process.config
            self._check(process, "outcomes", len(state.outcomes), config.outcomes_kept_max)
            remembered_max = config.attempts_remembered_max + config.outcomes_kept_max
            self._check(process, "attempts", len(state.ended), remembered_max)
        elif isinstance(process, GatewayProcess):
            status, gateway = process.core.status(process.now()), process.config
            orders, events = status.orders, status.events
            self._check(process, "orders", orders["in_flight"], gateway.orders_in_flight_max)
            self._check(process, "events", events["in_flight"], gateway.events_in_flight_max)

    def _check(self, process: Process, what: str, count: int, bound: int) -> None:
        if count > bound:
            self.fail(f"{process.name} has {count} {what}, and the bound is {bound}", process.name)
