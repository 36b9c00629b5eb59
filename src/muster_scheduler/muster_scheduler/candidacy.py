"""A thread that campaigns for the lead and keeps it, whatever the other threads are busy with."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import Any

from muster_core.clock import NS_PER_S, Instant
from muster_core.leadership import Candidate, LeadershipError
from muster_ros.clock import read_clock, real_s
from muster_scheduler.ending import OnEnd

JOIN_TIMEOUT_S = 5.0
STALL_S_MAX = 30.0
"""How long the loop may take over one turn. A process whose loop hangs longer ends: it would keep
the lead for ever."""


class Candidacy:
    """A candidate with a clock.

    It has a thread of its own because a start that folds a long log, or a disk that is slow, must
    not cost the lead.

    :param period_s: how often it looks, s.
    :param on_end: called from the thread when this candidate led and does not lead any more, or
        when the loop hangs.
    """

    def __init__(self, candidate: Candidate, *, period_s: float, on_end: OnEnd, logs: Any) -> None:
        self.candidate = candidate
        self._period_s = period_s
        self._on_end = on_end
        self._logs = logs
        self._turned_ns: int | None = None
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="candidacy", daemon=True)

    def start(self, resources: ExitStack) -> None:
        """Campaign at once, and go on in the thread; ``resources`` ends it and resigns."""
        self.candidate.advance(read_clock())
        resources.callback(self._stop)
        self._thread.start()

    def tell_turned(self) -> None:
        """The loop goes round. It is watched from the first time on."""
        self._turned_ns = read_clock().steady_ns

    def _run(self) -> None:
        try:
            while not self._is_stopping.wait(real_s(self._period_s)):
                now = read_clock()
                self._check_turns(now)
                self.candidate.advance(now)
        except BaseException as error:
            self._on_end(error)

    def _check_turns(self, now: Instant) -> None:
        stall_ns = now.steady_ns - (self._turned_ns or now.steady_ns)
        if stall_ns > STALL_S_MAX * NS_PER_S:
            raise RuntimeError(f"the scheduler's loop has hung for {stall_ns / NS_PER_S:.0f} s")

    def _stop(self) -> None:
        self._is_stopping.set()
        if self._thread is not threading.current_thread():
            self._thread.join(JOIN_TIMEOUT_S)
        try:
            self.candidate.resign(read_clock())
        except LeadershipError as error:
            self._logs.warning("the lead runs out by itself", reason=str(error))
