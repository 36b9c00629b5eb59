"""What a person reads at the end of a run."""

from __future__ import annotations

from collections.abc import Iterator

from muster_cli.chaos.checker import Verdict
from muster_cli.chaos.history import History
from muster_cli.chaos.progress import Progress
from muster_cli.chaos.tale import tell

VIOLATIONS_MAX = 40
TALES_MAX = 5


def report_lines(
    verdict: Verdict, history: History, *, progress: Progress, answers: int
) -> Iterator[str]:
    """The run in numbers, then what cannot be, then the stories of the first offending orders.

    :param answers: how often a person answered.
    """
    yield from (f"  {line}" for line in progress.summary())
    ends = ", ".join(f"{count} {end}" for end, count in sorted(verdict.ends.items()))
    repeated = len(history.orders) - verdict.orders
    yield (
        f"  orders: {ends or 'none ended'}; {repeated} were sent twice; "
        f"a person answered for {answers}"
    )
    for violation in verdict.violations[:VIOLATIONS_MAX]:
        about = violation.order_id or "the run"
        yield f"✘ {violation.invariant} {violation.kind.value}: {about} {violation.sentence}"
    if len(verdict.violations) > VIOLATIONS_MAX:
        yield f"✘ and {len(verdict.violations) - VIOLATIONS_MAX} more"
    offenders = dict.fromkeys(each.order_id for each in verdict.violations if each.order_id)
    for order_id in list(offenders)[:TALES_MAX]:
        yield from tell(history, order_id)
