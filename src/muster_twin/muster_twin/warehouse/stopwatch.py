"""What each part of the twin costs in computing: measured, and never looked at by any decision."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

MEASURED_EVERY = 8
"""Of so many turns one is measured and counts for all: asking for the CPU's time takes as long as a
short turn does."""


class Stopwatch:
    """Seconds of CPU spent by name; what a part spends within another counts for the inner one."""

    def __init__(self) -> None:
        self.spent_s: Counter[str] = Counter()
        self._begun: Counter[str] = Counter()
        self._depth = 0
        self._is_measuring = False
        self._inner_s = [0.0]

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Count what happens within for ``name``."""
        if not self._depth:
            self._is_measuring = self._begun[name] % MEASURED_EVERY == 0
            self._begun[name] += 1
        self._depth += 1
        try:
            if self._is_measuring:
                yield from self._measured(name)
            else:
                yield
        finally:
            self._depth -= 1

    def _measured(self, name: str) -> Iterator[None]:
        self._inner_s.append(0.0)
        began_s = time.process_time()
        try:
            yield
        finally:
            took_s = time.process_time() - began_s
            own_s = took_s - self._inner_s.pop()
            self.spent_s[name] += own_s * MEASURED_EVERY  # type: ignore[assignment]
            self._inner_s[-1] += took_s
