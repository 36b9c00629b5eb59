"""What each part of the twin costs in computing: measured, and never looked at by any decision."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Seconds of CPU spent by name; what a part spends within another counts for the inner one."""

    def __init__(self) -> None:
        self.spent_s: Counter[str] = Counter()
        self.turns: Counter[str] = Counter()
        self._inner_s = [0.0]

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Count what happens within for ``name``."""
        self._inner_s.append(0.0)
        began_s = time.process_time()
        try:
            yield
        finally:
            took_s = time.process_time() - began_s
            self.spent_s[name] += took_s - self._inner_s.pop()  # type: ignore[assignment]
            self.turns[name] += 1
            self._inner_s[-1] += took_s
