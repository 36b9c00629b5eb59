"""What happened before something went wrong, in words and in short."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from muster_twin.simulation.history import Happening, Source
from muster_twin.simulation.run import Result

STORY_LINES_MAX = 30
_GIT_TIMEOUT_S = 5.0


def tell(result: Result) -> Iterator[str]:
    """The lines of a failed seed's story: what it is, what does not hold, and how it came about."""
    violation = result.violation
    assert violation is not None
    yield f"seed {result.seed} fails at commit {commit()}"
    yield from describe(result)
    yield f"  {violation}"
    wanted = frozenset(about for about in violation.about if about)
    lines = list(_relevant(result.happenings, wanted))
    if len(lines) > STORY_LINES_MAX:
        yield f"  the last {STORY_LINES_MAX} of {len(lines)} things that concern this:"
    for line in lines[-STORY_LINES_MAX:]:
        yield f"  {line}"
    yield f"  again, and all of it: muster simulate --seed {result.seed} --trace"


def describe(result: Result) -> Iterator[str]:
    """What the seed is about."""
    plan = result.plan
    troubles = "; ".join(fault.kind.value for fault in plan.faults) or "none"
    led = "with traffic" if plan.has_traffic else "without traffic"
    yield (
        f"  {plan.robots} robots {led}, {plan.schedulers} schedulers, {len(plan.wishes)} wishes, "
        f"{plan.trouble_s:.0f} s of troubles: {troubles}"
    )


def trace(result: Result) -> Iterator[str]:
    """Everything that happened, a line each."""
    yield from (f"  {happening}" for happening in result.happenings)


def commit() -> str:
    """What this program was made from; ``unknown`` outside its repository."""
    try:
        done = subprocess.run(
            ("git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"),
            cwd=Path(__file__).resolve().parent,
            capture_output=True,
            text=True,
            timeout=_GIT_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()


def _relevant(happenings: Iterable[Happening], wanted: frozenset[str]) -> Iterator[Happening]:
    for happening in happenings:
        if happening.source is Source.MESSAGE:
            continue
        concerns = wanted.intersection(happening.about)
        # What befell a process, and what concerns nobody in particular, may always matter.
        if concerns or (happening.source is Source.FAULT and _is_general(happening)):
            yield happening


def _is_general(happening: Happening) -> bool:
    about = happening.about[0] if happening.about else ""
    return not about or about.startswith("scheduler")
