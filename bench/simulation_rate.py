"""How fast whole fleets are simulated, on two cores.

Seeds a minute, beside the thousand that 10,000 seeds in ten minutes take; and simulated time in a
second, beside real time. The seeds are one after the other, so they are of all kinds.
"""

from __future__ import annotations

import os
import time

from figure import Better, Figure

from muster_twin.simulation.run import run_seeds

SEEDS, SEEDS_QUICK = 2000, 100
JOBS_MAX = 2
SEEDS_PER_MINUTE_MIN = 1000.0
S_PER_HOUR = 3600


def measure(is_quick: bool) -> list[Figure]:
    """The rate of seeds, and of simulated time."""
    seeds = SEEDS_QUICK if is_quick else SEEDS
    jobs = min(JOBS_MAX, os.cpu_count() or 1)
    began_s = time.monotonic()
    results = list(run_seeds(range(seeds), jobs=jobs))
    took_s = time.monotonic() - began_s
    assert len(results) == seeds and all(result.violation is None for result in results)
    simulated_s = sum(result.simulated_s for result in results)
    events = sum(result.events for result in results)
    note = f"{seeds} seeds, {jobs} jobs, {took_s:.0f} s; {events / took_s:.0f} simulated events/s"
    return [
        Figure(
            name="simulation_rate",
            value=seeds / took_s * 60,
            unit="seeds/min",
            baseline=SEEDS_PER_MINUTE_MIN,
            better=Better.HIGHER,
            target=1.0,
            note=note,
        ),
        Figure(
            name="simulated_time",
            value=simulated_s / S_PER_HOUR / took_s,
            unit="hours/s",
            baseline=1 / S_PER_HOUR,
            better=Better.HIGHER,
            note=f"{simulated_s / S_PER_HOUR:.1f} simulated hours; the baseline is real time",
        ),
    ]
