"""I6: the fold of what is on disk is the state."""

from __future__ import annotations

from muster_core.agent import fold_journal
from muster_core.errors import MusterError
from muster_core.log import MemoryLog
from muster_core.scheduler.codec import fold
from muster_core.scheduler.ledger import Ledger
from muster_twin.simulation.processes.agent import AgentProcess
from muster_twin.simulation.processes.process import Process
from muster_twin.simulation.processes.scheduler import SchedulerProcess
from muster_twin.simulation.witness import Invariant


class FoldIsState(Invariant):
    """Looked at when a process is about to lose its memory, when one leads, and at the end.

    A process that is killed in the middle of a turn may be ahead of its disk; that is no state.
    """

    name = "I6"
    claim = "the fold of what is on disk is the state"

    def __init__(self) -> None:
        super().__init__()
        self._processes: dict[str, Process] = {}
        self._hashes: dict[int, str] = {}

    def opened(self, process: Process) -> None:
        """See :class:`Invariant`."""
        self._processes[process.name] = process

    def took_over(self, process: Process, ledger: Ledger) -> None:
        """See :class:`Invariant`. What a predecessor had at the same event must be what it has."""
        self._compare(process.name, ledger)

    def crashed(self, process: Process) -> None:
        """See :class:`Invariant`."""
        if isinstance(process, SchedulerProcess):
            self._check_scheduler(process)
        elif isinstance(process, AgentProcess) and process.turns and not process.is_in_turn:
            self._check_agent(process)

    def ended(self) -> None:
        """See :class:`Invariant`."""
        for process in self._processes.values():
            if process.is_up:
                self.crashed(process)

    def _check_scheduler(self, process: SchedulerProcess) -> None:
        engine, entries = process.engine, process.disk.entries
        if engine is None or engine.core.ledger.seq != process.written_seq:
            return
        ledger, config = engine.core.ledger, engine.core.config
        self._compare(process.name, ledger)
        log, remembered_max = MemoryLog(entries[: ledger.seq]), config.orders_remembered_max
        try:
            told = fold(log, orders_remembered_max=remembered_max).state_hash()
        except MusterError as error:
            self.fail(f"the log cannot be folded: {error}", process.name)
            return
        if told != ledger.state_hash():
            what = f"{process.name} has another state at event {ledger.seq} than its log tells"
            self.fail(what, process.name)

    def _compare(self, name: str, ledger: Ledger) -> None:
        state_hash = ledger.state_hash()
        if self._hashes.setdefault(ledger.seq, state_hash) != state_hash:
            self.fail(f"{name} has another state at event {ledger.seq} than one before it", name)

    def _check_agent(self, process: AgentProcess) -> None:
        remembered_max = process.config.attempts_remembered_max
        journal = MemoryLog(process.disk.entries)
        try:
            told = fold_journal(journal, attempts_remembered_max=remembered_max)
        except MusterError as error:
            self.fail(f"the journal of {process.name} cannot be folded: {error}", process.name)
            return
        if told != process.core.state:
            self.fail(f"{process.name} has another state than its journal tells", process.name)
