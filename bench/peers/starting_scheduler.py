"""What a scheduler does with its log before it can lead: open it and build the state.

Reports the number of events and the state's hash when it is ready.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from muster_core.log import SqliteLog
from muster_core.scheduler.config import SchedulerConfig
from muster_scheduler.storage import load


class Warnings:
    """Says on stdout what a node would log."""

    def warning(self, words: str, **ids: Any) -> None:
        """Print it."""
        print(words, ids, flush=True)


def main(path: str) -> None:
    log = SqliteLog(Path(path))
    ledger = load(log, SchedulerConfig(), Warnings())
    # The hash is for the benchmark, so it is taken after the report that ends the start.
    print("@", ledger.seq, flush=True)
    print("@", ledger.state_hash(), flush=True)
    log.close()


if __name__ == "__main__":
    main(sys.argv[1])
