"""How fast a history becomes a state, and how long a scheduler with a long log takes to start.

The rate: events of a log folded a second of CPU, beside decoding the very same events without
folding them; in memory, in turns. The start: from the start of a process to the state after
1,000,000 events that are on the disk, with a checkpoint; beside it the 3 s that it may take.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from figure import Better, Figure, spread
from fleet import SITE
from processes import start_peer

from muster_core.log import LogEntry, SqliteLog
from muster_core.scheduler import checkpoint
from muster_core.scheduler.codec import replay, to_entries, to_record
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.ledger import Ledger
from muster_core.site import load_site
from muster_core.testing.history import make_records

ROOT = Path(__file__).resolve().parent.parent
EVENTS_FOLDED, ROUNDS = 100_000, 9
EVENTS_FOLDED_QUICK, ROUNDS_QUICK = 20_000, 3
RATIO_MIN = 0.3
EVENTS_LOGGED, EVENTS_LOGGED_QUICK = 1_000_000, 100_000
EVENTS_PER_APPEND = 5000
STARTS = 3
START_S_MAX = 3.0
START_TIMEOUT_S = 120.0
CHECKPOINT_TIMEOUT_S = 300.0
REMEMBERED_MAX = SchedulerConfig().orders_remembered_max


def measure(is_quick: bool) -> list[Figure]:
    """The rate, and the start."""
    return [_measure_rate(is_quick), _measure_start(is_quick)]


def _measure_rate(is_quick: bool) -> Figure:
    events = EVENTS_FOLDED_QUICK if is_quick else EVENTS_FOLDED
    rounds = ROUNDS_QUICK if is_quick else ROUNDS
    entries = to_entries(list(make_records(events, load_site(SITE))))
    folded_s, decoded_s = [], []
    gc.disable()  # as at a start
    for _ in range(rounds):
        folded_s.append(_cpu_s(lambda: _fold(entries)))
        decoded_s.append(_cpu_s(lambda: _decode(entries)))
    gc.enable()
    ratios = [decoded / folded for folded, decoded in zip(folded_s, decoded_s, strict=True)]
    return Figure(
        name="replay_rate",
        value=events * rounds / sum(folded_s),
        unit="events/s",
        baseline=events * rounds / sum(decoded_s),
        better=Better.HIGHER,
        target=RATIO_MIN,
        note=f"{rounds} x {events} events; ratio of each round {spread(ratios)}",
    )


def _fold(entries: list[LogEntry]) -> Ledger:
    ledger = Ledger(orders_remembered_max=REMEMBERED_MAX)
    replay(entries, ledger)
    return ledger


def _decode(entries: list[LogEntry]) -> None:
    for entry in entries:
        to_record(entry)


def _cpu_s(work: Callable[[], object]) -> float:
    began_s = time.process_time()
    made = work()
    took_s = time.process_time() - began_s
    del made  # a scheduler keeps it, so taking it down again is no part of the work
    return took_s


def _measure_start(is_quick: bool) -> Figure:
    events = EVENTS_LOGGED_QUICK if is_quick else EVENTS_LOGGED
    disk = ROOT / "build"
    disk.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=disk) as directory:
        path = Path(directory) / "scheduler.log"
        _write_log(path, events)
        folded_s, truth = _start(path, events)
        command = [sys.executable, "-m", checkpoint.__name__, str(path)]
        command.append(f"--orders-remembered-max={REMEMBERED_MAX}")
        subprocess.run(command, check=True, timeout=CHECKPOINT_TIMEOUT_S)
        starts_s = []
        for _ in range(STARTS):
            took_s, state = _start(path, events)
            assert state == truth, "the checkpoint changed the state"
            starts_s.append(took_s)
    return Figure(
        name="start_with_checkpoint",
        value=sum(starts_s) / STARTS,
        unit="s",
        baseline=START_S_MAX,
        better=Better.LOWER,
        target=1.0,
        note=f"{events} events, {STARTS} starts {spread(starts_s)} s; "
        f"without a checkpoint {folded_s:.2f} s",
    )


def _write_log(path: Path, events: int) -> None:
    log = SqliteLog(path)
    records = make_records(events, load_site(SITE))
    while page := to_entries(list(islice(records, EVENTS_PER_APPEND))):
        log.append(page)
    log.close()


def _start(path: Path, events: int) -> tuple[float, str]:
    """Seconds from the start of a process to the state of the log, and that state's hash."""
    began_s = time.perf_counter()
    with start_peer("starting_scheduler", str(path)) as peer:
        (seq,) = peer.report(START_TIMEOUT_S)
        took_s = time.perf_counter() - began_s
        assert int(seq) == events
        (state,) = peer.report(START_TIMEOUT_S)
    return took_s, state
