"""The scheduler's log on disk: where it is, and how the state is built from it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from muster_core.errors import LogError
from muster_core.log import SqliteLog
from muster_core.long_lived import long_lived
from muster_core.scheduler.checkpoint import load_ledger
from muster_core.scheduler.codec import fold, to_entries, to_record
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.ledger import Ledger

LOG_NAME = "scheduler.log"

__all__ = ["LOG_NAME", "fold", "load", "log_path", "to_entries", "to_record"]


def log_path(data_dir: str, fleet: str) -> Path:
    """The log's file below ``data_dir``; when that is empty, below the fleet's state directory.

    :raises LogError: when the directory cannot be made.
    """
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    directory = Path(data_dir or f"{state}/muster{fleet}").expanduser()
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LogError(f"data_dir {str(directory)!r} cannot be made: {error.strerror}") from error
    return directory / LOG_NAME


def load(log: SqliteLog, config: SchedulerConfig, logs: Any) -> Ledger:
    """The state after every event of the log, quickly when there is a checkpoint that fits it.

    :raises LogError: naming the first event that cannot be taken in; then there is no state.
    """
    remembered_max = config.orders_remembered_max

    def new() -> Ledger:
        return Ledger(orders_remembered_max=remembered_max)

    with long_lived():
        ledger, warning = load_ledger(log, new, orders_remembered_max=remembered_max)
    if warning:
        logs.warning("checkpoint not used, log folded from its first event", reason=warning)
    return ledger
