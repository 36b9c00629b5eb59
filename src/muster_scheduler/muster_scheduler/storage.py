"""The scheduler's log on disk: where it is."""

from __future__ import annotations

import os
from pathlib import Path

from muster_core.errors import LogError
from muster_core.scheduler.codec import fold, to_entries, to_record

LOG_NAME = "scheduler.log"

__all__ = ["LOG_NAME", "fold", "log_path", "to_entries", "to_record"]


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
