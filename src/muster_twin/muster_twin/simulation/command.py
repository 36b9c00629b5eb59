"""`muster simulate`: whole fleets from seeds, until something does not hold."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

import typer

from muster_twin.simulation.run import Result, run_seed, run_seeds
from muster_twin.simulation.story import describe, tell, trace

SEEDS_DEFAULT = "1..1000"
SEEDS_MAX = 10_000_000
JOBS_MAX = 64
FAILURES_TOLD_MAX = 5
"""Stories told of one run; further seeds that fail are counted."""
PROGRESS_PERIOD_S = 10.0


def simulate(
    seed: int | None = typer.Option(
        None, "--seed", min=0, metavar="N", help="One seed, and what it is about."
    ),
    seeds: str = typer.Option(
        SEEDS_DEFAULT, "--seeds", metavar="A..B", help="All seeds from A to B."
    ),
    jobs: int = typer.Option(
        0, "--jobs", min=0, max=JOBS_MAX, help="Processes; 0 = one for each core."
    ),
    is_traced: bool = typer.Option(
        False, "--trace", help="Print all that happens; with --seed only."
    ),
) -> None:
    """Simulate fleets in which everything fails, and check after every event what must hold.

    A seed is a whole fleet: production's schedulers, agents and gateway on a virtual clock, with a
    network, disks and robots that fail as the seed says. The same seed and the same commit are the
    same run. Ends with 1 when something does not hold.
    """
    if seed is not None:
        _simulate_one(seed, is_traced=is_traced)
        return
    if is_traced:
        raise typer.BadParameter("--trace is for one seed; add --seed N")
    _simulate_many(parse_seeds(seeds), jobs or os.cpu_count() or 1)


def parse_seeds(text: str) -> range:
    """The seeds in ``A..B``, both included.

    :raises typer.BadParameter: when it is no such thing.
    """
    first, dots, last = text.partition("..")
    if not (dots and first.isdecimal() and last.isdecimal()) or int(first) > int(last):
        raise typer.BadParameter(f"--seeds is {text!r}; it must be A..B, as in {SEEDS_DEFAULT}")
    seeds = range(int(first), int(last) + 1)
    if len(seeds) > SEEDS_MAX:
        raise typer.BadParameter(f"--seeds has {len(seeds)} seeds; at most {SEEDS_MAX} at once")
    return seeds


def _simulate_one(seed: int, *, is_traced: bool) -> None:
    result = run_seed(seed, keeps_history=True)
    if is_traced:
        _print(trace(result))
    if result.violation is not None:
        _print(tell(result))
        raise typer.Exit(1)
    print(f"seed {seed} holds: {result.simulated_s:.0f} simulated s, {result.events} events")
    _print(describe(result))


def _simulate_many(seeds: range, jobs: int) -> None:
    began_s = told_s = time.monotonic()
    failed, done, simulated_s = 0, 0, 0.0
    for result in run_seeds(seeds, jobs=jobs):
        done += 1
        simulated_s += result.simulated_s
        if result.violation is not None:
            failed += 1
            _tell_failure(result, failed)
        if time.monotonic() - told_s >= PROGRESS_PERIOD_S:
            told_s = time.monotonic()
            print(f"{done} of {len(seeds)} seeds, {failed} failed", flush=True)
    took_s = time.monotonic() - began_s
    print(
        f"{done} seeds, {failed} failed: {simulated_s / 3600:.1f} simulated hours in {took_s:.0f} s"
        f" ({done / took_s * 60:.0f} seeds a minute, {jobs} jobs)"
    )
    if failed:
        raise typer.Exit(1)


def _tell_failure(result: Result, failed: int) -> None:
    """Run a seed that failed again, for its story: the run that found it kept none."""
    if failed > FAILURES_TOLD_MAX:
        print(f"seed {result.seed} fails: {result.violation}", flush=True)
        return
    again = run_seed(result.seed, keeps_history=True)
    if again.violation != result.violation:
        print(f"seed {result.seed} is not the same run twice: {result.violation}", flush=True)
        return
    _print(tell(again))


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)
    print(end="", flush=True)
